using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Nics;

/// <summary>How a <see cref="PcapNic"/> plays a capture.</summary>
public sealed record PcapNicOptions
{
    public ReplayTiming Timing { get; init; } = ReplayTiming.AsRecorded;

    /// <summary>The time of the stack at which the first packet is due; none takes that of the first Receive.</summary>
    public long? StartAt { get; init; }

    /// <summary>The interface of the capture to play; none plays all.</summary>
    public int? Interface { get; init; }

    public MacAddress Address { get; init; } = new(0x0200_0000_000A);

    /// <summary>Bytes of the largest network packet, for what is sent; what is played may be longer.</summary>
    public int Mtu { get; init; } = 1500;

    /// <summary>Frames of the receive ring and packets of the transmit ring, 1 to 4096.</summary>
    public int RingSize { get; init; } = 256;

    /// <summary>Where to write what the stack sends; none forgets it. It stays the caller's, to flush and to dispose.</summary>
    public CaptureWriter? Transmitted { get; init; }

    internal void Validate()
    {
        MemoryWireOptions.RequireRange(RingSize, 1, 4096, nameof(RingSize));
        MemoryWireOptions.RequireRange(Mtu, MemoryWireOptions.MinimumMtu, MemoryWireOptions.MaximumMtu, nameof(Mtu));
    }
}

public enum ReplayTiming
{
    /// <summary>Packets come with the distances they were captured with, in the time the caller hands in.</summary>
    AsRecorded,

    /// <summary>Packets come as soon as there are frames for them.</summary>
    AsFastAsPossible,
}

/// <summary>
/// A NIC that receives the Ethernet packets of a capture. Nothing is missed: a packet waits until there are frames for it.
/// A capture that is damaged ends the replay there, see <see cref="Failure"/>.
/// </summary>
public sealed class PcapNic : Nic
{
    private readonly PcapQueue queue;
    private readonly CaptureReader reader;
    private bool isOpen;

    /// <param name="reader">The capture, which the NIC disposes of.</param>
    public PcapNic(CaptureReader reader, PcapNicOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(reader);
        options ??= new PcapNicOptions();
        options.Validate();
        this.reader = reader;
        Options = options;
        queue = new PcapQueue(reader, options);
    }

    public PcapNicOptions Options { get; }

    public override NicFeatures Features => NicFeatures.ScatterGather;

    public override MacAddress Address => Options.Address;

    public override int Mtu => Options.Mtu;

    public override bool IsLinkUp => true;

    public override int Revision => 0;

    public override int QueueCount => 1;

    /// <summary>Whether the last packet has been played.</summary>
    public bool IsAtEnd => queue.IsAtEnd;

    /// <summary>Why the replay ended before the end of the file, or null.</summary>
    public CaptureFormatException? Failure => queue.Failure;

    /// <summary>Packets played.</summary>
    public long Played => queue.Played;

    /// <summary>Packets passed over, because they were of another interface or not of Ethernet.</summary>
    public long Skipped => queue.Skipped;

    /// <summary>Packets that were captured in part only, and played as far as they go.</summary>
    public long CutShort => queue.CutShort;

    public override NicQueue Open(int queue, Arena arena)
    {
        ArgumentNullException.ThrowIfNull(arena);
        ArgumentOutOfRangeException.ThrowIfNotEqual(queue, 0);
        if (isOpen)
        {
            throw new InvalidOperationException("The capture is open already: it has one queue.");
        }

        isOpen = true;
        this.queue.Attach(arena);
        return this.queue;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            reader.Dispose();
        }
    }
}
