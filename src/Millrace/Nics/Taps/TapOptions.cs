using Millrace.Headers;

namespace Millrace.Nics;

/// <summary>How a <see cref="TapNic"/> is opened.</summary>
public sealed record TapOptions
{
    /// <summary>The interface's name in the kernel; <c>%d</c> in it takes the first number that is free.</summary>
    public string Name { get; init; } = "tap%d";

    /// <summary>
    /// Queues, each for a worker; with more than one the interface is a multi-queue one, and the kernel spreads flows over them by a
    /// hash of its own, and sends a flow where it was last answered from.
    /// </summary>
    public int Queues { get; init; } = 1;

    /// <summary>Frames of the receive ring and packets of the transmit ring, 64 to 4096.</summary>
    public int RingSize { get; init; } = 256;

    /// <summary>
    /// What the NIC offers to the stack. Switched off, finished checksums and segments come and go. The kernel sends
    /// unsegmented packets only if checksums and segmentation are on, and <see cref="LargeReceive"/> is.
    /// </summary>
    public NicFeatures Features { get; init; } =
        NicFeatures.ReceiveChecksum | NicFeatures.TransmitChecksum | NicFeatures.ScatterGather | NicFeatures.TcpSegmentation;

    /// <summary>Take unsegmented TCP packets of up to 64 KiB from the kernel, as one packet over several frames.</summary>
    public bool LargeReceive { get; init; } = true;

    /// <summary>
    /// The address of this end; none takes one that is made from the kernel's own random one. It must differ from that: the
    /// kernel's is the other end of the cable.
    /// </summary>
    public MacAddress? Address { get; init; }

    /// <summary>Bytes of the largest network packet, set in the kernel; none leaves it as it is.</summary>
    public int? Mtu { get; init; }

    /// <summary>Sets the interface up in the kernel, unless it is.</summary>
    public bool BringUp { get; init; } = true;

    /// <summary>An IPv4 address with prefix for the kernel's end, such as <c>10.0.0.1/24</c>; none leaves it as it is.</summary>
    public string? KernelAddress { get; init; }

    /// <summary>How often link and MTU are looked at.</summary>
    public long LookEveryNanoseconds { get; init; } = 100_000_000;

    internal (uint Address, int PrefixLength)? ParseKernelAddress()
    {
        if (KernelAddress is null)
        {
            return null;
        }

        var parts = KernelAddress.Split('/');
        if (parts.Length != 2 || !InetAddress.TryParse(parts[0], out var address) || !address.IsIpv4
            || !int.TryParse(parts[1], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var prefix)
            || prefix > 32)
        {
            throw new FormatException($"'{KernelAddress}' is not an IPv4 address with its prefix; write one as 10.0.0.1/24");
        }

        return (address.Ipv4, prefix);
    }

    internal void Validate()
    {
        MemoryWireOptions.RequireRange(Queues, 1, 256, nameof(Queues));
        MemoryWireOptions.RequireRange(RingSize, 64, 4096, nameof(RingSize));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(LookEveryNanoseconds);
        if ((Features & NicFeatures.ReceiveHash) != 0)
        {
            throw new ArgumentException("A TAP does not tell the hash of a packet: leave ReceiveHash out.", nameof(Features));
        }

        const NicFeatures needed = NicFeatures.TransmitChecksum | NicFeatures.ScatterGather;
        if ((Features & NicFeatures.TcpSegmentation) != 0 && (Features & needed) != needed)
        {
            throw new ArgumentException("TcpSegmentation implies TransmitChecksum and ScatterGather: offer all three.", nameof(Features));
        }
    }
}
