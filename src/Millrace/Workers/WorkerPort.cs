using System.Numerics;
using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;
using Millrace.Nics;

namespace Millrace.Workers;

/// <summary>Where a packet goes on that crosses to another worker.</summary>
internal enum CrossingKind : byte
{
    /// <summary>Behind [Rps]: the backlog of the worker (softnet_data's input_pkt_queue).</summary>
    Backlog,

    /// <summary>Behind the network layer: to the worker that has the flow's connection.</summary>
    Owner,
}

/// <summary>
/// One worker's side of its group: what it has received from the others, and its way to them. Used by the worker alone, but for
/// what others put into its rings.
/// </summary>
public sealed partial class WorkerPort
{
    /// <summary>Packets a ring between workers holds.</summary>
    public const int RingPackets = 1024;

    private const int NoticeCapacity = 1024;

    // a table that is loaded must not hold up the packets of the others for as long as it takes
    private const int ChangesPerPoll = 1024;

    private readonly Arena arena;
    private readonly Ledger ledger;
    private readonly CrossingRing[] rings = [new(RingPackets), new(RingPackets)];
    private readonly long[] ends = new long[2];
    private readonly NoticeRing notices = new(NoticeCapacity);
    private readonly ChangeLog.Reader changes;
    private readonly HomeRing?[] homecomers;
    private readonly Lender?[] lenders;
    private readonly INetworkStack stack;
    private readonly int[] packetOf;
    private readonly ushort[] framesAbroad;
    private readonly int lendable;
    private long[]? finishedBefore;
    private ulong kicks;
    private int changesTaken;
    private long polls;
    private int lentFrames;
    private volatile bool closed;
    private int asleep;
    private bool left;

    /// <summary>Joins the group; called by the generated constructor.</summary>
    /// <exception cref="ArgumentException">The group has another number of workers than the stack declares.</exception>
    public WorkerPort(WorkerGroup group, int worker, int workerCount, Arena arena, Ledger ledger, INetworkStack stack)
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentNullException.ThrowIfNull(arena);
        ArgumentNullException.ThrowIfNull(ledger);
        ArgumentNullException.ThrowIfNull(stack);
        if (group.Count != workerCount)
        {
            throw new ArgumentException($"The stack declares {workerCount} workers, but its group has {group.Count}: make it with new WorkerGroup({workerCount}).", nameof(group));
        }

        Group = group;
        Worker = worker;
        this.arena = arena;
        this.ledger = ledger;
        this.stack = stack;
        arena.PrepareToBorrow();
        lendable = arena.Quota(Share.Crossing);
        packetOf = new int[arena.Capacity + 1];
        framesAbroad = new ushort[arena.Capacity + 1];
        homecomers = new HomeRing?[workerCount];
        lenders = new Lender?[workerCount];
        for (var i = 0; i < workerCount; i++)
        {
            homecomers[i] = i == worker ? null : new HomeRing(arena.Capacity);
        }

        changes = group.Changes.ReadFromHere(worker);
        group.Join(this);
    }

    public WorkerGroup Group { get; }

    /// <summary>This worker's number.</summary>
    public int Worker { get; }

    /// <summary>The flow hash of the group.</summary>
    public FlowHash Hash => Group.Hash;

    /// <summary>Whether this worker has a queue of its own.</summary>
    public bool HasQueue { get; private set; }

    /// <summary>Packets that wait in this worker's rings.</summary>
    public int WaitingPackets => rings[0].Count + rings[1].Count;

    /// <summary>Packets that wait in this worker's backlog.</summary>
    public int Backlog => rings[(int)CrossingKind.Backlog].Count;

    /// <summary>Polls that have begun; a worker that is awake and whose number stands still is stalled.</summary>
    public long Polls => Volatile.Read(ref polls);

    /// <summary>Times this worker woke another.</summary>
    public long Kicks { get; private set; }

    /// <summary>Notices that found the ring of their receiver full.</summary>
    public long LostNotices => notices.Lost;

    /// <summary>Whether the worker has faulted: it takes nothing any more.</summary>
    public bool IsClosed => closed;

    /// <summary>
    /// Frames of this worker that lie in rings of others or are looked at there. Bounded by as many as a worker may borrow, which
    /// its receive share has on top of the ring's: one that stands still must not take the frames that the NIC is to fill.
    /// </summary>
    public int LentFrames => lentFrames;

    /// <summary>Whether the worker sleeps in its NIC.</summary>
    public bool IsAsleep => Volatile.Read(ref asleep) != 0;

    /// <summary>When there is work: never, or at once.</summary>
    public long NextDeadline => HasWork ? 0 : long.MaxValue;

    /// <summary>Whether others have given it anything that it has not looked at. Any thread.</summary>
    public bool HasWork
    {
        get
        {
            if (WaitingPackets != 0 || !notices.IsEmpty || changes.IsBehind || HasToTransmit)
            {
                return true;
            }

            foreach (var ring in homecomers)
            {
                if (ring is { IsEmpty: false })
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Begins a poll: takes home what the others have freed.</summary>
    public void BeginPoll()
    {
        Volatile.Write(ref polls, polls + 1);
        changesTaken = 0;
        foreach (var ring in homecomers)
        {
            while (ring is not null && ring.TryTake(out var frame))
            {
                TakeHome(frame);
            }
        }
    }

    /// <summary>
    /// Notes how far the rings are read in this poll. Called behind the NIC's receive, the ring of the earlier stage first: what
    /// another worker had finished before it let a later packet of the same flow come here is then within the cut.
    /// </summary>
    public void Cut()
    {
        if (finishedBefore is not null)
        {
            NoteFinished(finishedBefore);
        }

        for (var i = 0; i < rings.Length; i++)
        {
            ends[i] = rings[i].Added;
        }
    }

    /// <summary>Has each <see cref="Cut"/> note how far the others have finished their backlogs, for <see cref="FinishedBefore"/>.</summary>
    internal void WatchBacklogs() => finishedBefore = new long[Group.Count];

    /// <summary>
    /// How far a worker had finished its backlog before this poll's cut; its own is finished as far as the cut, because that
    /// comes before the burst. Not as it is at the moment: what a worker finishes behind the cut may have put packets
    /// into this worker's rings behind the cut, and these would be overtaken by a later one that stays here.
    /// </summary>
    internal long FinishedBefore(int worker) => worker == Worker ? ends[(int)CrossingKind.Backlog] : finishedBefore![worker];

    private void NoteFinished(long[] finished)
    {
        for (var i = 0; i < finished.Length; i++)
        {
            // a worker that has left has dropped what it had
            finished[i] = Group[i]?.rings[(int)CrossingKind.Backlog].Finished ?? long.MaxValue;
        }
    }

    /// <summary>Ends a poll: others may see how far it came, and those that were given something are woken, once each.</summary>
    public void EndPoll()
    {
        foreach (var ring in rings)
        {
            ring.Finish();
        }

        if (kicks != 0)
        {
            Kick();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Kick()
    {
        // what was put into rings must be visible before the sleeper is looked at
        Interlocked.MemoryBarrier();
        for (var left = kicks; left != 0; left &= left - 1)
        {
            if (Group[BitOperations.TrailingZeroCount(left)] is { } other && other.IsAsleep)
            {
                Kicks++;
                other.stack.Wake();
            }
        }

        kicks = 0;
    }

    /// <summary>Whether the worker may sleep; if so, others wake it from now on.</summary>
    public bool TrySleep()
    {
        Interlocked.Exchange(ref asleep, 1);
        if (!HasWork)
        {
            return true;
        }

        Volatile.Write(ref asleep, 0);
        return false;
    }

    /// <summary>The worker is awake.</summary>
    public void Awake() => Volatile.Write(ref asleep, 0);

    internal int WaitingAt(int worker, CrossingKind kind) => Group[worker] is { } other ? other.rings[(int)kind].Count : int.MaxValue;

    /// <summary>
    /// Gives a packet of the loop to another worker; it comes out there behind the stage of this kind.
    /// </summary>
    /// <param name="position">Where it lies in that worker's ring, for <see cref="FinishedBefore"/>.</param>
    /// <returns>
    /// False if that ring is full, too many frames are with others already, or the worker is not there: the packet is still the loop's.
    /// </returns>
    internal bool TrySteer(int worker, CrossingKind kind, Frame packet, int offset, EtherType etherType, IpProtocol protocol, out long position)
    {
        position = 0;
        if (Group[worker] is not { closed: false } other || !TryLend(packet, out var frames))
        {
            return false;
        }

        var wirePackets = arena.Metadata(packet).WirePackets;
        arena.MoveChain(packet, Holders.Loop, Holders.Crossing);
        var crossing = new Crossing { Head = packet, Offset = (ushort)offset, EtherType = etherType, Protocol = protocol, Lender = (byte)Worker };
        if (!other.rings[(int)kind].TryAdd(in crossing, out position))
        {
            arena.MoveChain(packet, Holders.Crossing, Holders.Loop);
            lentFrames -= frames;
            return false;
        }

        ledger.SteeredOut += wirePackets;
        kicks |= 1UL << worker;
        return true;
    }

    /// <summary>Whether a packet lies in a ring, within the cut of this poll.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool HasSteered(CrossingKind kind) => rings[(int)kind].Taken < ends[(int)kind];

    /// <summary>
    /// Takes the next packet that another worker gave to this one, in borrowed frames of the loop's. One for which there are no
    /// frames is dropped: were it to wait, what comes behind it in another ring, or by the NIC, would overtake it.
    /// </summary>
    /// <returns>False if there is none.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal bool TryTakeSteered(CrossingKind kind, out ResumedPacket packet)
    {
        var ring = rings[(int)kind];
        while (HasSteered(kind))
        {
            ref readonly var crossing = ref ring.Peek();
            if (!TryBorrow(Group[crossing.Lender]!, crossing.Head, Holders.Loop, out var own))
            {
                DropSteered(in crossing);
                ring.Remove();
                continue;
            }

            packet = new ResumedPacket { Frame = own, Offset = crossing.Offset, EtherType = crossing.EtherType, Protocol = crossing.Protocol };
            ring.Remove();
            ledger.SteeredIn += arena.Metadata(own).WirePackets;
            return true;
        }

        packet = default;
        return false;
    }

    private void DropSteered(in Crossing crossing)
    {
        var lender = Group[crossing.Lender]!;
        var wirePackets = lender.arena.Metadata(crossing.Head).WirePackets;
        ledger.SteeredIn += wirePackets;
        ledger.DropIngress(DropReason.NoMemory, wirePackets);
        ReturnChain(lender, crossing.Head);
    }

    /// <summary>Tells all the others what the control plane changed here. It reaches them, in the order in which it was told.</summary>
    public void TellChange(in WorkerNotice notice)
    {
        Group.Changes.Add(in notice, Worker);
        changes.SkipOwn();
        for (var i = 0; i < Group.Count; i++)
        {
            kicks |= i != Worker ? 1UL << i : 0;
        }
    }

    /// <summary>Tells all the others what was learnt here, and will be learnt again if a ring has no room for it.</summary>
    public void Tell(in WorkerNotice notice)
    {
        for (var i = 0; i < Group.Count; i++)
        {
            if (i != Worker)
            {
                Tell(i, in notice);
            }
        }
    }

    /// <summary>Tells one worker, at once if it sleeps.</summary>
    public void Tell(int worker, in WorkerNotice notice)
    {
        if (Group[worker] is { } other)
        {
            other.notices.Add(in notice);
            kicks |= 1UL << worker;
        }
    }

    /// <summary>Takes what this worker was told next, of changes no more than some in a poll.</summary>
    public bool TryTakeNotice(out WorkerNotice notice)
    {
        if (notices.TryTake(out notice))
        {
            return true;
        }

        return changes.IsBehind && changesTaken++ < ChangesPerPoll && changes.TryTake(out notice);
    }

    /// <summary>Hands an error to the worker whose flow it is about; called by the loop before its own transports hear of it.</summary>
    /// <returns>Whether it is another worker's.</returns>
    public bool TryPass(in TransportError error)
    {
        if (error.Protocol != IpProtocol.Tcp)
        {
            return false;
        }

        var owner = Group.Owners.OwnerOf(HashOf(error.Local, error.Remote));
        if (owner < 0 || owner == Worker)
        {
            return false;
        }

        Tell(owner, new WorkerNotice(WorkerNoticeKind.TransportError, Error: error));
        return true;
    }

    /// <summary>The hash of what a flow's other end sends here.</summary>
    public uint HashOf(InetEndpoint local, InetEndpoint remote) => Hash.Of(remote.Address, local.Address, remote.Port, local.Port);

    /// <summary>Makes a flow this worker's.</summary>
    /// <returns>False if flows that share its place are another's.</returns>
    public bool TryClaim(InetEndpoint local, InetEndpoint remote) => Group.Owners.TryClaim(HashOf(local, remote), Worker);

    public void GiveUp(InetEndpoint local, InetEndpoint remote) => Group.Owners.Release(HashOf(local, remote));

    /// <summary>Whether a flow may become this worker's.</summary>
    /// <param name="straight">Whether what its other end sends must come in by this worker's own queue.</param>
    public bool IsHome(InetEndpoint local, InetEndpoint remote, int networkInterface, bool straight)
    {
        var hash = HashOf(local, remote);
        return Group.Owners.IsOpenTo(hash, Worker)
            && (!straight || !HasQueue || stack.Interfaces[networkInterface].Nic.Rss is not { } table || table.QueueOf(hash) == Worker);
    }
}
