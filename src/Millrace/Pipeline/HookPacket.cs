using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace;

/// <summary>
/// A packet as a hook sees it: the same at all five points, in the loop and in the methods behind it. It is passed by value and
/// says where the packet lies, so that the loop's own <see cref="Packet"/> need not be exposed.
/// </summary>
/// <remarks>
/// A hook may write the packet's bytes, and then owes the checksums; it may not change where it begins or ends. A merged packet
/// (GRO) or one that is cut later (GSO) is one packet here, as it is in Linux.
/// </remarks>
public readonly ref struct HookPacket
{
    private readonly ref FrameMetadata metadata;
    private readonly short input;
    private readonly short output;

    /// <param name="input">Index of the interface it came in by, -1 for none.</param>
    /// <param name="output">Index of the interface it goes out by, -1 if that is not known yet.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public HookPacket(Frame frame, ref FrameMetadata metadata, int input, int output)
    {
        Frame = frame;
        this.metadata = ref metadata;
        this.input = (short)input;
        this.output = (short)output;
    }

    /// <summary>The first frame of the packet.</summary>
    public Frame Frame { get; }

    public ref readonly FrameMetadata Metadata => ref metadata;

    /// <summary>Index of the interface it came in by; -1 for a packet that was made here.</summary>
    public int Input => input;

    /// <summary>Index of the interface it goes out by; -1 at PRE_ROUTING and LOCAL_IN.</summary>
    public int Output => output;

    /// <summary>Packets of the wire it stands for.</summary>
    public int WirePackets => metadata.WirePackets;

    /// <summary>Bytes from the network header to the end of the packet, over all its frames.</summary>
    public int TotalLength => metadata.TotalLength - (metadata.NetworkOffset - metadata.DataOffset);

    /// <summary>The network header and what follows it in the first frame.</summary>
    public Span<byte> Network
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Arena.Slot(in metadata).Slice(metadata.NetworkOffset, metadata.DataOffset + metadata.DataLength - metadata.NetworkOffset);
    }

    /// <summary>What follows the network header in the first frame: of a later fragment not a transport header.</summary>
    public Span<byte> Transport
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            var network = Network;
            return network.Slice(Ipv4Header.HeaderLength(network));
        }
    }

    public InetAddress Source => InetAddress.FromIpv4(Ipv4Header.Source(Network));

    public InetAddress Destination => InetAddress.FromIpv4(Ipv4Header.Destination(Network));

    public IpProtocol Protocol => Ipv4Header.Protocol(Network);

    /// <summary>Whether it is a piece of a datagram.</summary>
    public bool IsFragment => Ipv4Header.IsFragment(Network);
}
