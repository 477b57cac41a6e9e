using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <summary>
/// Initial sequence numbers that say what a SYN said, so that whoever sent them need not remember it (net/ipv4/syncookies.c). In
/// 32 bits: a keyed hash of the flow, plus the peer's number, plus the minute in the upper 8, plus an index of a segment size hidden by a
/// hash of flow and minute in the lower 24. What else a SYN asks for is kept in the lower bits of the timestamp that its answer carries.
/// </summary>
internal sealed class SynCookies(Entropy entropy)
{
    /// <summary>How long a cookie is accepted, and two of which one may have been made in.</summary>
    public const long Lifetime = MaximumAge * Period;

    private const ulong Purpose = 0x5443_5020_434F_4F4B;
    private const long Period = 60_000_000_000;
    private const int MaximumAge = 2;
    private const int MinuteShift = 24;
    private const uint DataMask = (1u << MinuteShift) - 1;

    /// <summary>TSBITS: the timestamp is right but for these.</summary>
    private const int OptionBits = 6;
    private const uint OptionMask = (1u << OptionBits) - 1;
    private const uint ScaleMask = 0xF;
    private const uint NoScale = 0xF;
    private const uint SackBit = 1 << 4;
    private const uint EcnBit = 1 << 5;

    /// <summary>The common ones; a peer's is rounded down to one of them.</summary>
    private static ReadOnlySpan<ushort> SegmentSizes => [536, 1300, 1440, 1460];

    /// <param name="sequence">Of the peer's SYN.</param>
    /// <param name="segmentSize">What the SYN announced.</param>
    public SequenceNumber Make(in FlowKey key, SequenceNumber sequence, ushort segmentSize, long now)
    {
        var index = SegmentSizes.Length - 1;
        while (index > 0 && segmentSize < SegmentSizes[index])
        {
            index--;
        }

        var secret = key.Hash(entropy, Purpose);
        var minute = (uint)(now / Period);
        return new((uint)secret + sequence.Value + (minute << MinuteShift) + ((Hidden(secret, minute) + (uint)index) & DataMask));
    }

    /// <returns>The segment size that the SYN announced, rounded down; 0 if this is no cookie of the last two minutes.</returns>
    public ushort Read(in FlowKey key, SequenceNumber sequence, SequenceNumber cookie, long now)
    {
        var secret = key.Hash(entropy, Purpose);
        var minute = (uint)(now / Period);
        var rest = cookie.Value - (uint)secret - sequence.Value;
        var age = (minute - (rest >> MinuteShift)) & (uint.MaxValue >> MinuteShift);
        if (age >= MaximumAge)
        {
            return 0;
        }

        var index = (rest - Hidden(secret, minute - age)) & DataMask;
        return index < SegmentSizes.Length ? SegmentSizes[(int)index] : (ushort)0;
    }

    /// <summary>A timestamp not later than the given, whose lower bits say what else the SYN asked for.</summary>
    public static uint Stamp(uint timestamp, in TcpOptions options, bool hasEcn)
    {
        var stamp = (timestamp & ~OptionMask) | (options.HasWindowScale ? options.WindowScale : NoScale) | (options.HasSackPermitted ? SackBit : 0)
            | (hasEcn ? EcnBit : 0);
        return (int)(stamp - timestamp) > 0 ? stamp - (1u << OptionBits) : stamp;
    }

    /// <summary>What <see cref="Stamp"/> has kept, from the timestamp that the peer echoes.</summary>
    /// <returns>Whether it asked for notification of congestion.</returns>
    public static bool ReadStamp(uint stamp, ref TcpOptions options)
    {
        options.HasSackPermitted = (stamp & SackBit) != 0;
        options.HasWindowScale = (stamp & ScaleMask) != NoScale;
        options.WindowScale = options.HasWindowScale ? (byte)(stamp & ScaleMask) : (byte)0;
        return (stamp & EcnBit) != 0;
    }

    private uint Hidden(ulong secret, uint minute) => (uint)entropy.Hash(secret, minute, Purpose) & DataMask;
}
