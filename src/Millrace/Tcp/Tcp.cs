using System.Runtime.CompilerServices;
using Millrace.Interop;
using Millrace.Memory;
using Millrace.Sockets;

namespace Millrace.Tcp;

/// <summary>
/// TCP (RFC 9293) of one worker. It never transmits inside <see cref="Receive"/>: what a segment causes is noted at its
/// connection (<see cref="TcpPending"/>), the connection goes on the output list, and <see cref="FillOutbox"/> writes
/// segments at the end of the poll.
/// </summary>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl> : TcpSockets
    where TSettings : struct, ITcpSettings
    where TMemory : struct, ISocketMemorySettings
    where TSmallQueues : struct, ISmallQueuesSettings
    where TApplications : struct, ITcpApplications
    where TCongestionControl : unmanaged, ICongestionControl
{
    private const int None = -1;
    private const long Never = long.MaxValue;
    private const long Microsecond = 1_000;
    private const long Millisecond = 1_000_000;
    private const long Second = 1_000_000_000;

    // never readonly: a getter or handler call would copy them
    private TSettings settings;
    private TMemory memory;
    private TSmallQueues smallQueues;
    private TApplications applications;

    private readonly Arena arena;
    private readonly Outbox outbox;
    private readonly Entropy entropy;
    private readonly NetworkLayer network;
    private readonly int maxGsoSegments;

    private readonly NativeTable<TcpConnection> connections;

    /// <summary>The place that became free last, of those that were used; those from <see cref="unusedConnection"/> on never were.</summary>
    private int freeConnection = None;
    private int unusedConnection;
    private int freeConnectionCount;
    private readonly FlowTable<TcpFlows> flows;
    private readonly TimerWheel wheel;
    private readonly TimeWaitTable timeWaits;
    private readonly int[][] freeSlots;
    private readonly int[] freeSlotCounts;

    /// <summary>Slots that are free, of all applications; so many connections are kept for them.</summary>
    private int freeSlotCount;

    // the output list, through TcpConnection.NextListed
    private int outputHead = None;
    private int outputTail;
    private bool isOutputBlocked;

    private long challengeSecond;
    private long challengesLeft;

    private long now;

    /// <summary><see cref="now"/> in microseconds modulo 2^32, divided once a poll.</summary>
    private uint microseconds;
    private TcpNotices notices;
    private TcpCounters counters;

    /// <param name="maxGsoSegments">Segments a packet may stand for if something below cuts it (<see cref="IGsoSettings"/>).</param>
    /// <param name="workers">This worker's side of its group, where there are several.</param>
    /// <param name="sumsPayloads">
    /// Whether software finishes checksums: then payloads are summed while they are copied into the send queue (csum_and_copy_from_iter).
    /// </param>
    public Tcp(
        TSettings settings,
        TMemory memory,
        TSmallQueues smallQueues,
        Arena arena,
        Ledger ledger,
        Outbox outbox,
        Entropy entropy,
        NetworkLayer network,
        TApplications applications,
        int maxGsoSegments = ushort.MaxValue,
        Workers.WorkerPort? workers = null,
        bool sumsPayloads = false)
    {
        ArgumentNullException.ThrowIfNull(arena);
        ArgumentNullException.ThrowIfNull(ledger);
        ArgumentNullException.ThrowIfNull(outbox);
        ArgumentNullException.ThrowIfNull(entropy);
        ArgumentNullException.ThrowIfNull(network);
        this.settings = settings;
        this.memory = memory;
        this.smallQueues = smallQueues;
        this.applications = applications;
        this.arena = arena;
        this.outbox = outbox;
        this.entropy = entropy;
        this.network = network;
        this.workers = workers;
        this.maxGsoSegments = Math.Min(settings.MaxGsoSegments, maxGsoSegments);

        var count = applications.Count;
        var slotCount = 0;
        var backlogs = 0;
        freeSlots = new int[count][];
        freeSlotCounts = new int[count];
        for (var i = 0; i < count; i++)
        {
            var slots = applications.Connections(i);
            freeSlots[i] = new int[slots];
            freeSlotCounts[i] = slots;
            for (var slot = 0; slot < slots; slot++)
            {
                freeSlots[i][slot] = slots - 1 - slot;
            }

            slotCount += slots;
            var backlog = BacklogOf(applications.Backlog(i));

            // a backlog of n holds n + 1 (inet_csk_reqsk_queue_is_full)
            backlogs += 1 + (applications.Port(i) != 0 ? backlog : Math.Min(backlog, slots));
        }

        freeSlotCount = slotCount;
        connections = new NativeTable<TcpConnection>(slotCount + backlogs);
        socketOptions = new NativeTable<SocketOptions>(connections.Length);
        urgent = new NativeTable<UrgentData>(connections.Length);
        totals = new NativeTable<TcpTotals>(connections.Length);
        ownerIndexBits = OwnerIndexBits(connections.Length);
        transfers = new NativeTable<TcpTransfer<TCongestionControl>>(TransferCount);
        rates = new NativeTable<TransferRates>(TCongestionControl.NeedsRateSamples ? transfers.Length : 0);
        sentRates = new NativeTable<SentRate>(TCongestionControl.NeedsRateSamples ? arena.Capacity + 1 : 0);
        pacers = new NativeTable<Pacer>(connections.Length);
        departures = new DepartureQueue(connections.Length);
        freeConnectionCount = connections.Length;
        portCounters = new uint[settings.PortCounters];
        synCookies = new SynCookies(entropy);
        timeWaits = new TimeWaitTable(settings.MaxTimeWaitBuckets);
        fastOpenCache = new FastOpenCache(settings.FastOpenCacheEntries, entropy);
        fastOpenKeys = new FastOpenKeys(NewFastOpenKey());
        fastOpenResets = new FastOpenResets(backlogs);
        flows = new FlowTable<TcpFlows>(connections.Length + settings.MaxTimeWaitBuckets, entropy, new TcpFlows(connections, timeWaits));
        wheel = new TimerWheel(connections.Length);
        sendLinks = new int[arena.Capacity + 1];
        scoreboard = new SendScoreboard(arena, sendLinks);
        this.sumsPayloads = sumsPayloads;
        payloadSums = sumsPayloads ? arena.KeepPayloadSums() : [];
        guaranteedFrames = Math.Min(arena.Quota(Share.Sockets) / 2, slotCount * GuaranteedFramesEach);
        mostMemory = (long)(arena.Quota(Share.Sockets) - guaranteedFrames) * Arena.FrameTruesize;
        for (var i = 0; i < count; i++)
        {
            if (applications.Port(i) != 0 && !TryListen(i, (ushort)applications.Port(i), applications.Backlog(i), applications.FastOpenQueue(i)))
            {
                throw new ArgumentException($"Two TCP applications listen on port {applications.Port(i)}; give each a port of its own.", nameof(applications));
            }
        }
    }

    public override ref readonly TcpCounters Counters => ref counters;

    public override long ReservedBytes => connections.Bytes + transfers.Bytes + rates.Bytes + flows.Bytes + wheel.Bytes + timeWaits.Bytes
        + freeSlots.Sum(static slots => (long)slots.Length * sizeof(int)) + (freeSlotCounts.Length * sizeof(int))
        + listenerOfPort.Length + listeners.Bytes + (portCounters.Length * sizeof(uint))
        + fastOpenCache.Bytes + fastOpenResets.Bytes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SetTime(long now)
    {
        if (this.now != now)
        {
            this.now = now;
            microseconds = (uint)(now / Microsecond);
        }
    }

    public void PollStart(long now) => SetTime(now);

    /// <summary>Runs the timers that are due.</summary>
    public void Advance(long now)
    {
        SetTime(now);
        while (wheel.TryExpire(now, out var index))
        {
            Expire(index);
        }

        ExpireTimeWaits();
        if (departures.Next <= now)
        {
            RunDepartures();
        }
    }

    /// <summary>
    /// When there is work next. A connection that waits for room in the outbox does not count: the caller knows of it by the
    /// answer of <see cref="FillOutbox"/>.
    /// </summary>
    public long NextDeadline
    {
        get
        {
            var next = Math.Min(Math.Min(wheel.NextDeadline, timeWaits.NextExpiry), departures.Next);
            return outputHead != None && !isOutputBlocked ? Math.Min(next, now) : next;
        }
    }

    /// <summary>Writes the segments that are due into the outbox.</summary>
    /// <returns>Whether the outbox, or the reserve of frames, was full before all was written.</returns>
    public bool FillOutbox(long now)
    {
        SetTime(now);
        isOutputBlocked = false;
        while (outputHead != None)
        {
            var index = outputHead;
            ref var connection = ref connections[index];
            outputHead = connection.NextListed;
            connection.Traits &= ~TcpTraits.Listed;
            if (!Output(index))
            {
                // to the end of the list, so that one connection cannot keep the others from sending
                List(index);
                isOutputBlocked = true;
                return true;
            }
        }

        return false;
    }

    /// <summary>Puts a connection on the output list.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void List(int index) => List(index, ref connections[index]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void List(int index, ref TcpConnection connection)
    {
        if (!connection.Has(TcpTraits.Listed))
        {
            ListLast(index, ref connection);
        }
    }

    private void ListLast(int index, ref TcpConnection connection)
    {
        connection.Traits |= TcpTraits.Listed;
        connection.NextListed = None;
        if (outputHead == None)
        {
            outputHead = index;
        }
        else
        {
            connections[outputTail].NextListed = index;
        }

        outputTail = index;
    }

    private void Demand(int index, TcpPending pending)
    {
        connections[index].Pending |= pending;
        List(index);
    }

    /// <param name="hash">Of the key, in the table of flows; no flow there has the key.</param>
    private bool TryAllocateConnection(in FlowKey key, uint hash, out int index)
    {
        index = None;
        if (freeConnectionCount == 0)
        {
            return false;
        }

        if (!TryClaim(in key))
        {
            return false;
        }

        index = freeConnection == None ? unusedConnection : freeConnection;
        if (!flows.TryAdd(hash, index))
        {
            GiveUp(in key);
            index = None;
            return false;
        }

        ref var connection = ref connections[index];
        if (freeConnection == None)
        {
            unusedConnection++;
        }
        else
        {
            freeConnection = connection.Slot;
        }

        freeConnectionCount--;
        var generation = connection.Generation == int.MaxValue ? 1 : connection.Generation + 1;
        var listed = connection.Traits & TcpTraits.Listed;
        var next = connection.NextListed;
        Begin(out connection, in key);
        connection.NextListed = next;
        connection.Generation = generation;
        connection.Traits = TcpTraits.InUse | listed | (settings.NotSentLowat != int.MaxValue ? TcpTraits.NotSentLimited : TcpTraits.None);
        return true;
    }

    /// <summary>What every connection of a flow starts with.</summary>
    private void Begin(out TcpConnection connection, in FlowKey key)
    {
        connection = default;
        connection.LocalAddress = key.Local;
        connection.RemoteAddress = key.Remote;
        connection.LocalPort = key.LocalPort;
        connection.TransmitHash = TransmitHash(in key);
        connection.RemotePort = key.RemotePort;
        connection.Slot = None;
        connection.LastReceivedAt = now;
        connection.SoftError = TcpCloseReason.TimedOut;
        connection.Rtt = RttEstimator.New();
        connection.MssClamp = DefaultMss;
        connection.RcvBuf = memory.Rmem.Default;
        connection.SndBuf = memory.Wmem.Default;
        connection.ScalingRatio = InitialScalingRatio;
    }

    private void Transit(ref TcpConnection connection, TcpEvent happened) =>
        connection.State = TcpStateTable.Next(connection.State, happened);

    private uint TimestampNow(ref TcpConnection connection) => (uint)(now / Millisecond) + connection.TimestampOffset;
}

/// <summary>What the application is told when a segment is done with.</summary>
[Flags]
internal enum TcpNotices : byte
{
    None = 0,
    Connected = 1 << 0,
    Writable = 1 << 1,
    Received = 1 << 2,
    PeerClosed = 1 << 3,
}
