using Millrace.Headers;

namespace Millrace.Nics;

/// <summary>What a <see cref="MemoryWire"/> is like; fixed when it is made, but for link and MTU.</summary>
public sealed record MemoryWireOptions
{
    public WireMode Mode { get; init; } = WireMode.HandOver;

    /// <summary>Frames of each receive ring and packets of each transmit ring, 1 to 4096.</summary>
    public int RingSize { get; init; } = 256;

    /// <summary>
    /// Queues of end A, each for a worker, 1 to 64. What A receives is spread over them by <see cref="Nic.Rss"/>, which it has with
    /// more than one queue, or if <see cref="Features"/> offers <see cref="NicFeatures.ReceiveHash"/>.
    /// </summary>
    public int QueuesA { get; init; } = 1;

    /// <summary>Queues of end B, likewise.</summary>
    public int QueuesB { get; init; } = 1;

    /// <summary>The hash of both ends' tables; none takes the published key.</summary>
    public Toeplitz? Toeplitz { get; init; }

    /// <summary>Entries of both ends' tables: a power of two.</summary>
    public int RssEntries { get; init; } = RssTable.DefaultLength;

    /// <summary>Bytes of the largest network packet, 68 to 65521.</summary>
    public int Mtu { get; init; } = 1500;

    /// <summary>Bits a second and direction; 0 is unlimited. What counts is the frames from the Ethernet header on.</summary>
    public long BandwidthBitsPerSecond { get; init; }

    /// <summary>From the end of a packet's departure to its arrival.</summary>
    public long DelayNanoseconds { get; init; }

    public ImpairmentOptions Impairments { get; init; } = new();

    /// <summary>
    /// What both ends offer. As a virtual peer the wire takes unsegmented packets and partial checksums over as they are.
    /// <see cref="NicFeatures.ReceiveChecksum"/> makes it vouch for finished checksums without looking at them.
    /// </summary>
    public NicFeatures Features { get; init; } = NicFeatures.TransmitChecksum | NicFeatures.ScatterGather | NicFeatures.TcpSegmentation;

    /// <summary>
    /// A receiver that does not keep up holds the sender back (IEEE 802.3x does the same with PAUSE frames), so no packet
    /// is missed. Without, packets wait for posted frames up to the ring's size, and those beyond are missed.
    /// </summary>
    public bool FlowControl { get; init; } = true;

    /// <summary>Several threads poll the wire: one each end, or one each queue. Costs a lock a burst and a compare-and-swap a packet.</summary>
    public bool Concurrent { get; init; }

    /// <summary>Frames a direction of the wire's own memory, for packets that it must copy: delayed ones of the copying mode, duplicates, corrupted ones.</summary>
    public int BufferFrames { get; init; } = 4096;

    public MacAddress AddressA { get; init; } = new(0x0200_0000_000A);

    public MacAddress AddressB { get; init; } = new(0x0200_0000_000B);

    internal void Validate()
    {
        RequireRange(RingSize, 1, 4096, nameof(RingSize));
        RequireRange(QueuesA, 1, MaximumQueues, nameof(QueuesA));
        RequireRange(QueuesB, 1, MaximumQueues, nameof(QueuesB));
        RequireRange(Mtu, MinimumMtu, MaximumMtu, nameof(Mtu));
        ArgumentOutOfRangeException.ThrowIfNegative(BandwidthBitsPerSecond);
        ArgumentOutOfRangeException.ThrowIfNegative(DelayNanoseconds);
        ArgumentOutOfRangeException.ThrowIfLessThan(BufferFrames, 64);
        Impairments.Validate();
        const NicFeatures needed = NicFeatures.TransmitChecksum | NicFeatures.ScatterGather;
        if ((Features & NicFeatures.TcpSegmentation) != 0 && (Features & needed) != needed)
        {
            throw new ArgumentException("TcpSegmentation implies TransmitChecksum and ScatterGather: offer all three.", nameof(Features));
        }
    }

    internal const int MinimumMtu = 68;

    internal const int MaximumQueues = 64;

    internal const int MaximumMtu = 65521;

    internal static void RequireRange(int value, int least, int most, string name)
    {
        if (value < least || value > most)
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} is from {least} to {most}.");
        }
    }
}

public enum WireMode
{
    /// <summary>
    /// No byte is copied: frames of the receiver show the sender's bytes, and the sender's packet is complete when the
    /// receiver has freed them. Whoever receives may rewrite headers, as a forwarder does, but not the payload nor the
    /// room around it: the sender may have to send it again.
    /// </summary>
    HandOver,

    /// <summary>Bytes are copied into the receiver's frames; the sender's packet is complete with its departure.</summary>
    Copying,
}

/// <summary>What became of the packets one end sent, in packets (an unsegmented one is one).</summary>
/// <param name="Sent">Accepted by Transmit.</param>
/// <param name="Delivered">Given to the other end by Receive, duplicates included.</param>
/// <param name="Missed">Found the receive ring and the places behind it full, or went to a queue that was closed.</param>
/// <param name="TooLong">Longer than the MTU, unsegmented ones by their segments.</param>
/// <param name="NoCarrier">Sent, or on the way, while the link was down.</param>
public readonly record struct WireCounters(
    long Sent, long Delivered, long Missed, long TooLong, long NoCarrier, ImpairmentCounters Impairments);
