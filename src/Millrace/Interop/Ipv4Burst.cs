using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Millrace.Headers;
using Millrace.Ip;
using Millrace.Memory;

namespace Millrace.Interop;

/// <summary>
/// Sends ordinary packets on eight at once: their headers are read as rows, turned into a vector for each word, and judged and changed
/// there. A burst is gone over twice, so that the memory that its destinations need is on its way before the first is looked up.
/// </summary>
internal static unsafe class Ipv4Burst
{
    /// <summary>Packets that are judged together: all are ordinary, or each is looked at by itself.</summary>
    public const int Lanes = 8;

    private const int Most = 64;
    private const int HeadersLength = EthernetHeader.Length + Ipv4Header.Length;

    // a row is the last bytes of the link header and the network header; what is before it is compared only
    private const int RowOffset = HeadersLength - (Lanes * sizeof(uint));
    private const int TimeToLiveOffset = EthernetHeader.Length + 8;

    /// <summary>Whether the processor has vectors for it. Where it has not, packets are sent on one by one.</summary>
    public static bool IsSupported
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Avx2.IsSupported;
    }

    // destination address, EtherType, version and header length
    private static Vector128<byte> LinkMask
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector128.Create(0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0).AsByte();
    }

    // place, and the word of WirePackets and GsoSize, of the metadata from PlaceOffset on
    private static Vector256<uint> MetadataMask
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector256.Create(~0u, ~0u, 0, 0, 0, 0, 0, ~0u);
    }

    /// <summary>The first sixteen bytes of an ordinary packet to a link address.</summary>
    public static Vector128<byte> Link(MacAddress address)
    {
        Span<byte> bytes = stackalloc byte[Vector128<byte>.Count];
        bytes.Clear();
        EthernetHeader.Write(bytes, address, default, EtherType.Ipv4);
        bytes[EthernetHeader.Length] = Ipv4Header.OrdinaryVersionAndLength;
        return Vector128.Create<byte>(bytes);
    }

    /// <summary>Sends on from the first packet to the last of an eight that is ordinary throughout.</summary>
    /// <param name="link">What <see cref="Link"/> says of the address they must be to.</param>
    /// <param name="refusedSources">Addresses, in network order, that no packet may come from.</param>
    /// <param name="turned">As long as the burst.</param>
    /// <returns>How many.</returns>
    public static int Forward(
        ReadOnlySpan<Frame> burst, Span<FrameMetadata> frames, Span<Frame> turned, Vector128<byte> link, ReadOnlySpan<uint> refusedSources, FibPages fib, long now)
    {
        var count = 0;
        while (burst.Length - count >= Lanes)
        {
            var part = burst.Slice(count, Math.Min(burst.Length - count, Most));
            var sent = ForwardPart(part, frames, turned.Slice(count, part.Length), link, refusedSources, fib, now);
            count += sent;
            if (sent < part.Length)
            {
                break;
            }
        }

        return count;
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int ForwardPart(
        ReadOnlySpan<Frame> burst, Span<FrameMetadata> frames, Span<Frame> turned, Vector128<byte> link, ReadOnlySpan<uint> refusedSources, FibPages fib, long now)
    {
        Unsafe.SkipInit(out Judged judged);
        fixed (FrameMetadata* table = frames)
        fixed (Frame* packets = burst)
        fixed (Frame* sent = turned)
        {
            var most = Math.Min(burst.Length, turned.Length);
            var ordinary = 0;
            while (most - ordinary >= Lanes && AreOrdinary(packets + ordinary, table, (uint)frames.Length, link, refusedSources, &judged, ordinary))
            {
                ordinary += Lanes;
            }

            if (fib.IsLarge)
            {
                for (var i = 0; i < ordinary; i++)
                {
                    fib.Prefetch(judged.Destinations[i]);
                }
            }

            return SendOn(packets, ordinary, table, &judged, sent, fib, now);
        }
    }

    /// <summary>Judges eight packets.</summary>
    /// <param name="judged">Gets at <paramref name="at"/> and behind what sending on needs.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool AreOrdinary(
        Frame* packets, FrameMetadata* table, uint slots, Vector128<byte> link, ReadOnlySpan<uint> refusedSources, Judged* judged, int at)
    {
        var place = FrameStore.Usual(Share.Receive, Holders.Loop);
        var usual = Vector256.Create((uint)place, (uint)(place >> 32), 0, 0, 0, 0, 0, 1);
        var unusual = Vector256<uint>.Zero;
        var unlike = Vector128<byte>.Zero;
        var row0 = Row(packets[0], table, slots, usual, link, ref unusual, ref unlike, judged->Data + at, out var extent0);
        var row1 = Row(packets[1], table, slots, usual, link, ref unusual, ref unlike, judged->Data + at + 1, out var extent1);
        var row2 = Row(packets[2], table, slots, usual, link, ref unusual, ref unlike, judged->Data + at + 2, out var extent2);
        var row3 = Row(packets[3], table, slots, usual, link, ref unusual, ref unlike, judged->Data + at + 3, out var extent3);
        Transpose(ref row0, ref row1, ref row2, ref row3);
        var row4 = Row(packets[4], table, slots, usual, link, ref unusual, ref unlike, judged->Data + at + 4, out var extent4);
        var row5 = Row(packets[5], table, slots, usual, link, ref unusual, ref unlike, judged->Data + at + 5, out var extent5);
        var row6 = Row(packets[6], table, slots, usual, link, ref unusual, ref unlike, judged->Data + at + 6, out var extent6);
        var row7 = Row(packets[7], table, slots, usual, link, ref unusual, ref unlike, judged->Data + at + 7, out var extent7);
        Transpose(ref row4, ref row5, ref row6, ref row7);

        // the lower halves of the rows were bytes 2 to 17, the upper ones 18 to 33
        var first = Vector256.Create(row3.GetLower(), row7.GetLower());
        var second = Vector256.Create(row0.GetUpper(), row4.GetUpper());
        var third = Vector256.Create(row1.GetUpper(), row5.GetUpper());
        var source = Vector256.Create(row2.GetUpper(), row6.GetUpper());
        var destination = Vector256.Create(row3.GetUpper(), row7.GetUpper());
        var extent = Vector256.Create(extent0, extent1, extent2, extent3, extent4, extent5, extent6, extent7);

        var length = Ipv4Lanes.TotalLength(first);
        var frameLength = length + Vector256.Create((uint)EthernetHeader.Length);
        var offset = extent & Vector256.Create(0xFFFFu);
        var dataLength = extent >>> 16;
        var wrong = Ipv4Lanes.IsChecksumWrong(first, second, third, source, destination)
            | Ipv4Lanes.IsLastHop(third)
            | Ipv4Lanes.IsNoUnicastSource(source)
            | Vector256.LessThan(length.AsInt32(), Vector256.Create(Ipv4Header.Length)).AsUInt32()
            | Vector256.GreaterThan(frameLength.AsInt32(), dataLength.AsInt32()).AsUInt32()
            | Vector256.GreaterThan((offset + dataLength).AsInt32(), Vector256.Create(Arena.Stride)).AsUInt32();
        foreach (var refused in refusedSources)
        {
            wrong |= Vector256.Equals(source, Vector256.Create(refused));
        }

        wrong |= unusual & MetadataMask;
        Ipv4Lanes.HostOrder(destination).Store(judged->Destinations + at);
        Ipv4Lanes.DecrementTimeToLive(third).Store(judged->Thirds + at);
        frameLength.Store(judged->FrameLengths + at);
        (offset | (frameLength << 16)).Store(judged->Extents + at);
        (offset + (offset << 16) + Vector256.Create((uint)(EthernetHeader.Length | (HeadersLength << 16)))).Store(judged->Headers + at);
        return wrong == Vector256<uint>.Zero && (unlike & LinkMask) == Vector128<byte>.Zero;
    }

    /// <summary>Reads a packet's headers, wherever its metadata say that they begin: a slot has room behind it for those of its last byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Row(
        Frame packet, FrameMetadata* table, uint slots, Vector256<uint> usual, Vector128<byte> link,
        ref Vector256<uint> unusual, ref Vector128<byte> unlike, ulong* address, out uint extent)
    {
        if ((uint)packet.Index >= slots)
        {
            Throw.FrameOutOfRange();
        }

        var metadata = table + (uint)packet.Index;
        unusual |= Vector256.Load((uint*)((byte*)metadata + FrameMetadata.PlaceOffset)) ^ usual;
        extent = *(uint*)((byte*)metadata + FrameMetadata.ExtentOffset);
        var data = (ulong)metadata->Buffer + (extent & (Arena.Stride - 1));
        *address = data;
        unlike |= Vector128.Load((byte*)data) ^ link;
        return Vector256.Load((uint*)(data + RowOffset));
    }

    /// <summary>Four rows become four columns, in both halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(ref Vector256<uint> a, ref Vector256<uint> b, ref Vector256<uint> c, ref Vector256<uint> d)
    {
        var ab = Avx2.UnpackLow(a, b).AsUInt64();
        var cd = Avx2.UnpackLow(c, d).AsUInt64();
        var abHigh = Avx2.UnpackHigh(a, b).AsUInt64();
        var cdHigh = Avx2.UnpackHigh(c, d).AsUInt64();
        a = Avx2.UnpackLow(ab, cd).AsUInt32();
        b = Avx2.UnpackHigh(ab, cd).AsUInt32();
        c = Avx2.UnpackLow(abHigh, cdHigh).AsUInt32();
        d = Avx2.UnpackHigh(abHigh, cdHigh).AsUInt32();
    }

    /// <summary>Writes what was judged, as long as the next hops take it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int SendOn(Frame* packets, int count, FrameMetadata* table, Judged* judged, Frame* sent, FibPages fib, long now)
    {
        var place = FrameStore.Usual(Share.Receive, Holders.TransmitRing);
        var root = fib.RootAddress;
        var nextHops = fib.NextHops;
        var shift = fib.Shift;
        for (nint i = 0; i < count; i++)
        {
            var entry = root[judged->Destinations[i] >> shift];
            if ((int)entry < 0)
            {
                entry = fib.EntryBehind(entry, judged->Destinations[i]);
            }

            var nextHop = nextHops + (entry & FibEntry.IndexMask);
            var length = judged->FrameLengths[i];
            if (length > (uint)nextHop->Mtu + EthernetHeader.Length)
            {
                return (int)i;
            }

            var data = (byte*)judged->Data[i];
            *(ulong*)data = nextHop->LinkHeader;
            *(ulong*)(data + EthernetHeader.Length - sizeof(ulong)) = nextHop->LinkHeaderEnd;
            *(uint*)(data + TimeToLiveOffset) = judged->Thirds[i];
            nextHop->UsedAt = now;

            var packet = packets[i];
            var metadata = table + (uint)packet.Index;
            *(ulong*)((byte*)metadata + FrameMetadata.PlaceOffset) = place;
            *(uint*)((byte*)metadata + FrameMetadata.ExtentOffset) = judged->Extents[i];
            metadata->TotalLength = (int)length;
            *(uint*)((byte*)metadata + FrameMetadata.HeadersOffset) = judged->Headers[i];
            metadata->VlanTci = 0;
            metadata->Interface = nextHop->Interface;
            sent[i] = packet;
        }

        return count;
    }

    /// <summary>What is known of a burst's packets between being judged and being sent.</summary>
    private struct Judged
    {
        public fixed uint Destinations[Most];

        /// <summary>Bytes from the link header on, without padding.</summary>
        public fixed uint FrameLengths[Most];

        /// <summary>Offset and length of the data, and offsets of network and transport header, as metadata have them.</summary>
        public fixed uint Extents[Most];
        public fixed uint Headers[Most];

        /// <summary>Time to live, protocol and checksum as they will be.</summary>
        public fixed uint Thirds[Most];

        /// <summary>Where their link headers lie.</summary>
        public fixed ulong Data[Most];
    }
}
