using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Ip;

/// <content>What is done for every packet that is sent on: inlined into the loop.</content>
internal sealed partial class Ipv4Forwarder
{
    private bool HasMoreRefusedSources { get; set; }

    /// <summary>
    /// Sends on the packet that nearly every packet of a router is: no options, whole header, right checksum, time to live left, one
    /// frame's worth for the next hop, whose link address is known, from where a packet may come from. It says no more than "look closer" about all
    /// others, and has not touched them, but for padding that it cut off.
    /// </summary>
    /// <param name="packet">At its network header; its link header lies right before.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryForward(ref Packet packet, long now)
    {
        var data = packet.Data;
        if (data.Length < Ipv4Header.Length)
        {
            return false;
        }

        var header = data.Slice(0, Ipv4Header.Length);
        ref var nextHop = ref fib.NextHopOf(Ipv4Header.Destination(header));
        var length = Ipv4Header.TotalLength(header);
        ref var metadata = ref packet.Metadata;
        if (Ipv4Header.VersionAndLength(header) != Ipv4Header.OrdinaryVersionAndLength
            || length > nextHop.Mtu
            || length < Ipv4Header.Length
            || Ipv4Header.TimeToLive(header) <= 1
            || metadata.GsoSize != 0
            || !Ipv4Header.IsOrdinaryChecksumRight(header)
            || !MayComeFrom(Ipv4Header.Source(header))
            || packet.TotalLength < length)
        {
            return false;
        }

        var link = Arena.Data(ref metadata);
        if (link.Length - data.Length != EthernetHeader.Length || !IsToThisHost(link, metadata.Interface) || !TryTrim(ref packet, length))
        {
            return false;
        }

        Ipv4Header.DecrementTimeToLive(header);
        nextHop.WriteLinkHeader(link);
        nextHop.UsedAt = now;
        metadata.TransportOffset = (ushort)(packet.Offset + Ipv4Header.Length);
        metadata.Interface = nextHop.Interface;
        metadata.Flags &= ~FrameFlags.Vlan;
        metadata.VlanTci = 0;
        return true;
    }

    /// <summary>
    /// Lets the table's memory for a burst be on its way, if it is so large that it is not near: a destination is read where it lies without
    /// options and tags.
    /// </summary>
    public void Prefetch(ReadOnlySpan<Frame> burst, Span<FrameMetadata> frames)
    {
        if (!fib.IsLarge)
        {
            return;
        }

        foreach (var packet in burst)
        {
            ReadOnlySpan<byte> frame = Arena.Data(ref frames[packet.Index]);
            if (frame.Length >= HeadersLength)
            {
                fib.Prefetch(Ipv4Header.Destination(frame.Slice(EthernetHeader.Length, Ipv4Header.Length)));
            }
        }
    }

    /// <summary>RFC 1812 §5.3.7: a unicast address, and not one of this host.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool MayComeFrom(uint source) =>
        // from 1.0.0.0 up to the multicast addresses
        source - 0x0100_0000 < 0xDF00_0000
        && !Ipv4Kind.IsLoopback(source)
        && !Vector256.EqualsAny(Vector256.Create(source), refusedSources)
        && !(HasMoreRefusedSources && IsOfThisHost(source));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool IsOfThisHost(uint source) => links.Own(source) || links.Broadcast(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsToThisHost(ReadOnlySpan<byte> link, int networkInterface) =>
        (BinaryPrimitives.ReadUInt64LittleEndian(link) & MacBytes.Mask) == linkAddresses[networkInterface];

    /// <summary>Cuts link-layer padding off; a chain with padding is not ordinary.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryTrim(ref Packet packet, int length)
    {
        if (packet.TotalLength == length)
        {
            return true;
        }

        if (packet.TotalLength != packet.Length)
        {
            return false;
        }

        packet.Trim(length);
        return true;
    }

    /// <summary>The first six of eight bytes of a frame, as they are read at once.</summary>
    private static class MacBytes
    {
        public const ulong Mask = 0xFFFF_FFFF_FFFF;

        public static ulong Of(MacAddress address)
        {
            Span<byte> bytes = stackalloc byte[sizeof(ulong)];
            bytes.Clear();
            address.Write(bytes);
            return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        }
    }
}
