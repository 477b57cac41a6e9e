using Millrace.Headers;

namespace Millrace.Nics;

/// <summary>
/// A wire in memory between two stacks: two NICs, with finite bandwidth, delay and impairments if asked for, all in the
/// time its callers hand in. One thread polls both ends, unless <see cref="MemoryWireOptions.Concurrent"/>. An end may have several
/// queues; what arrives is spread over them by the end's <see cref="Nic.Rss"/>.
/// </summary>
public sealed class MemoryWire : IDisposable
{
    private int mtu;
    private bool isUp = true;
    private int revision;

    public MemoryWire()
        : this(new MemoryWireOptions())
    {
    }

    public MemoryWire(MemoryWireOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Options = options;
        mtu = options.Mtu;
        var gate = new WireGate(options.Concurrent);
        var gateFromB = options.Concurrent ? new WireGate(concurrent: true) : gate;
        var (rssA, rssB) = (TableFor(options.QueuesA), TableFor(options.QueuesB));
        var fromA = new WireDirection(this, gate, stream: 0, options.QueuesA, options.QueuesB, rssB);
        var fromB = new WireDirection(this, gateFromB, stream: 1, options.QueuesB, options.QueuesA, rssA);
        A = new WireEnd(this, options.AddressA, options.QueuesA, rssA, fromA, fromB);
        B = new WireEnd(this, options.AddressB, options.QueuesB, rssB, fromB, fromA);
    }

    public MemoryWireOptions Options { get; }

    public WireEnd A { get; }

    public WireEnd B { get; }

    /// <summary>Bytes of the largest network packet; may be set while packets pass.</summary>
    public int Mtu
    {
        get => Volatile.Read(ref mtu);
        set
        {
            MemoryWireOptions.RequireRange(value, MemoryWireOptions.MinimumMtu, MemoryWireOptions.MaximumMtu, nameof(Mtu));
            Volatile.Write(ref mtu, value);
            Interlocked.Increment(ref revision);
        }
    }

    /// <summary>The carrier; packets on their way are lost when it goes.</summary>
    public bool IsUp
    {
        get => Volatile.Read(ref isUp);
        set
        {
            Volatile.Write(ref isUp, value);
            Interlocked.Increment(ref revision);
            if (!value)
            {
                Cut(A.Outgoing);
                Cut(B.Outgoing);
            }
        }
    }

    internal int Revision => Volatile.Read(ref revision);

    public void Dispose()
    {
        A.Dispose();
        B.Dispose();
    }

    private static void Cut(WireDirection direction)
    {
        using var entry = direction.Gate.Enter();
        direction.Cut();
    }

    private RssTable? TableFor(int queues) => queues > 1 || (Options.Features & NicFeatures.ReceiveHash) != 0
        ? new RssTable(queues, Options.RssEntries, Options.Toeplitz)
        : null;
}

/// <summary>One end of a <see cref="MemoryWire"/>.</summary>
public sealed class WireEnd : Nic
{
    private readonly MemoryWire wire;
    private readonly WireDirection incoming;
    private readonly WireQueue?[] queues;

    internal WireEnd(MemoryWire wire, MacAddress address, int queueCount, RssTable? rss, WireDirection outgoing, WireDirection incoming)
    {
        this.wire = wire;
        this.incoming = incoming;
        queues = new WireQueue?[queueCount];
        Outgoing = outgoing;
        Address = address;
        Rss = rss;
    }

    public override NicFeatures Features => wire.Options.Features | (Rss is null ? NicFeatures.None : NicFeatures.ReceiveHash);

    public override MacAddress Address { get; }

    public override int Mtu => wire.Mtu;

    public override bool IsLinkUp => wire.IsUp;

    public override int Revision => wire.Revision;

    public override int QueueCount => queues.Length;

    public override RssTable? Rss { get; }

    /// <summary>What became of the packets this end sent, by any of its queues.</summary>
    public WireCounters Counters
    {
        get
        {
            using var entry = Outgoing.Gate.Enter();
            return Outgoing.Counters;
        }
    }

    internal WireDirection Outgoing { get; }

    public override NicQueue Open(int queue, Memory.Arena arena)
    {
        ArgumentNullException.ThrowIfNull(arena);
        ArgumentOutOfRangeException.ThrowIfNegative(queue);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(queue, queues.Length);
        if (queues[queue] is not null)
        {
            throw new InvalidOperationException(queues.Length == 1
                ? "This end of the wire is open already: a stack each."
                : $"Queue {queue} of this end of the wire is open already: a worker each.");
        }

        return queues[queue] = new WireQueue(wire.Options, queue, arena, Outgoing, incoming);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var queue in queues)
            {
                queue?.Close();
            }

            Outgoing.Dispose();
        }
    }
}
