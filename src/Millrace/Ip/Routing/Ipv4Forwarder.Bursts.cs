using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Interop;
using Millrace.Memory;

namespace Millrace.Ip;

/// <content>
/// The same for a burst that comes right from the NIC. A loop that does nothing else keeps what it needs in registers, and the headers
/// of link and network are one span, tested together.
/// </content>
internal sealed partial class Ipv4Forwarder
{
    private const int HeadersLength = EthernetHeader.Length + Ipv4Header.Length;

    // EtherType, version and header length; the type of service between them and the rest may be any
    private const uint OrdinaryForm = 0x0800_4500;
    private const uint FormMask = 0xFFFF_FF00;
    private const int FormOffset = EthernetHeader.Length - sizeof(ushort);

    /// <summary>Sends packets on as the loop does, from the first to the last before one that has to be looked at closer.</summary>
    /// <param name="turned">Takes those that were sent on.</param>
    /// <returns>How many.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public int Forward(ReadOnlySpan<Frame> burst, Span<FrameMetadata> frames, Span<Frame> turned, int networkInterface, long now)
    {
        burst = burst.Slice(0, Math.Min(burst.Length, turned.Length));
        var together = Ipv4Burst.IsSupported
            ? Ipv4Burst.Forward(burst, frames, turned, ordinaryLinks[networkInterface], refusedOnWire, fib.Pages, now)
            : 0;
        return together == burst.Length ? together : together + ForwardOneByOne(burst.Slice(together), frames, turned.Slice(together), networkInterface, now);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private int ForwardOneByOne(ReadOnlySpan<Frame> burst, Span<FrameMetadata> frames, Span<Frame> turned, int networkInterface, long now)
    {
        Prefetch(burst, frames);
        var count = 0;
        while (count < burst.Length && TryForward(ref frames[burst[count].Index], networkInterface, now))
        {
            count++;
        }

        burst.Slice(0, count).CopyTo(turned);
        return count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryForward(ref FrameMetadata metadata, int networkInterface, long now)
    {
        int dataLength = metadata.DataLength;
        if (!FrameStore.IsUsual(in metadata, Share.Receive, Holders.Loop) || dataLength < HeadersLength)
        {
            return false;
        }

        var headers = Arena.Slot(in metadata).Slice(metadata.DataOffset, HeadersLength);
        var header = headers.Slice(EthernetHeader.Length, Ipv4Header.Length);
        if (!IsToThisHost(headers, networkInterface)
            || (BinaryPrimitives.ReadUInt32BigEndian(headers.Slice(FormOffset, sizeof(uint))) & FormMask) != OrdinaryForm
            || !Ipv4Header.IsOrdinaryChecksumRight(header)
            || !MayComeFrom(Ipv4Header.Source(header))
            || Ipv4Header.TimeToLive(header) <= 1)
        {
            return false;
        }

        ref var nextHop = ref fib.NextHopOf(Ipv4Header.Destination(header));
        var length = Ipv4Header.TotalLength(header);
        if (length > nextHop.Mtu || length < Ipv4Header.Length || length > dataLength - EthernetHeader.Length)
        {
            return false;
        }

        Ipv4Header.DecrementTimeToLive(header);
        nextHop.WriteLinkHeader(headers);
        nextHop.UsedAt = now;
        metadata.Interface = nextHop.Interface;
        var offset = metadata.DataOffset;
        // without link-layer padding
        FrameStore.SetExtent(ref metadata, offset, (uint)(EthernetHeader.Length + length));
        metadata.NetworkOffset = (ushort)(offset + EthernetHeader.Length);
        metadata.TransportOffset = (ushort)(offset + HeadersLength);
        metadata.VlanTci = 0;
        metadata.Holders = Holders.TransmitRing;
        return true;
    }
}
