using Millrace.Headers;

namespace Millrace.Nics;

/// <summary>
/// A wire in memory between two stacks: two NICs, with finite bandwidth, delay and impairments if asked for, all in the
/// time its callers hand in. One thread polls both ends, unless <see cref="MemoryWireOptions.Concurrent"/>.
/// </summary>
public sealed class MemoryWire : IDisposable
{
    private readonly WireGate gate;
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
        gate = new WireGate(options.Concurrent);
        var fromA = new WireDirection(this, gate, stream: 0);
        var fromB = new WireDirection(this, gate, stream: 1);
        A = new WireEnd(this, options.AddressA, gate, fromA, fromB);
        B = new WireEnd(this, options.AddressB, gate, fromB, fromA);
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
            using var entry = gate.Enter();
            Volatile.Write(ref isUp, value);
            Interlocked.Increment(ref revision);
            if (!value)
            {
                A.Outgoing.Cut();
                B.Outgoing.Cut();
            }
        }
    }

    internal int Revision => Volatile.Read(ref revision);

    public void Dispose()
    {
        A.Dispose();
        B.Dispose();
    }
}

/// <summary>One end of a <see cref="MemoryWire"/>.</summary>
public sealed class WireEnd : Nic
{
    private readonly MemoryWire wire;
    private readonly WireGate gate;
    private readonly WireDirection incoming;
    private WireQueue? queue;

    internal WireEnd(MemoryWire wire, MacAddress address, WireGate gate, WireDirection outgoing, WireDirection incoming)
    {
        this.wire = wire;
        this.gate = gate;
        this.incoming = incoming;
        Outgoing = outgoing;
        Address = address;
    }

    public override NicFeatures Features => wire.Options.Features;

    public override MacAddress Address { get; }

    public override int Mtu => wire.Mtu;

    public override bool IsLinkUp => wire.IsUp;

    public override int Revision => wire.Revision;

    public override int QueueCount => 1;

    /// <summary>What became of the packets this end sent.</summary>
    public WireCounters Counters
    {
        get
        {
            using var entry = gate.Enter();
            return Outgoing.Counters;
        }
    }

    internal WireDirection Outgoing { get; }

    public override NicQueue Open(int queue, Memory.Arena arena)
    {
        ArgumentNullException.ThrowIfNull(arena);
        ArgumentOutOfRangeException.ThrowIfNotEqual(queue, 0);
        if (this.queue is not null)
        {
            throw new InvalidOperationException("This end of the wire is open already: a stack each.");
        }

        using var entry = gate.Enter();
        return this.queue = new WireQueue(wire.Options, gate, arena, Outgoing, incoming);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            queue?.Close();
            Outgoing.Dispose();
        }
    }
}
