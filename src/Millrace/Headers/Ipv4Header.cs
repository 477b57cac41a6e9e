using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Millrace.Headers;

/// <summary>
/// The IPv4 header (RFC 791 §3.1) as it lies on the wire. A view judges nothing but length: every accessor needs the
/// twenty bytes of <see cref="Length"/> to be there.
/// <code>
///  0      version (4 bits), header length in words (4 bits)
///  1      type of service: DSCP (6 bits), ECN (2 bits)
///  2      total length (2)
///  4      identification (2)
///  6      flags (3 bits), fragment offset in units of eight bytes (13 bits)
///  8      time to live (1)
///  9      protocol (1)
/// 10      header checksum (2)
/// 12      source (4)
/// 16      destination (4)
/// 20      options
/// </code>
/// </summary>
public static class Ipv4Header
{
    /// <summary>Bytes of a header without options.</summary>
    public const int Length = 20;

    /// <summary>Bytes of the longest header.</summary>
    public const int MaxLength = 60;

    /// <summary>Bytes of the longest datagram, header included.</summary>
    public const int MaxTotalLength = 65535;

    /// <summary>Version 4 and a header of twenty bytes.</summary>
    public const byte OrdinaryVersionAndLength = 0x45;

    public const ushort DontFragment = 0x4000;
    public const ushort MoreFragments = 0x2000;
    public const ushort FragmentOffsetMask = 0x1FFF;

    private const int VersionAndLengthOffset = 0;
    private const int TypeOfServiceOffset = 1;
    private const int TotalLengthOffset = 2;
    private const int IdentificationOffset = 4;
    private const int FragmentOffset = 6;
    private const int TimeToLiveOffset = 8;
    private const int ProtocolOffset = 9;
    private const int ChecksumOffset = 10;
    private const int SourceOffset = 12;
    private const int DestinationOffset = 16;

    public static byte VersionAndLength(ReadOnlySpan<byte> header) => header[VersionAndLengthOffset];

    public static int Version(ReadOnlySpan<byte> header) => header[VersionAndLengthOffset] >> 4;

    /// <summary>Bytes of the header as it says itself, 0 to 60.</summary>
    public static int HeaderLength(ReadOnlySpan<byte> header) => (header[VersionAndLengthOffset] & 0x0F) * 4;

    public static byte TypeOfService(ReadOnlySpan<byte> header) => header[TypeOfServiceOffset];

    public static int TotalLength(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt16BigEndian(header.Slice(TotalLengthOffset, 2));

    public static ushort Identification(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt16BigEndian(header.Slice(IdentificationOffset, 2));

    /// <summary>Flags and fragment offset together.</summary>
    public static ushort FragmentWord(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt16BigEndian(header.Slice(FragmentOffset, 2));

    /// <summary>Whether the packet is a piece of a datagram.</summary>
    public static bool IsFragment(ReadOnlySpan<byte> header) => (FragmentWord(header) & (MoreFragments | FragmentOffsetMask)) != 0;

    /// <summary>Where in the datagram's payload this packet's payload belongs, in bytes.</summary>
    public static int FragmentStart(ReadOnlySpan<byte> header) => (FragmentWord(header) & FragmentOffsetMask) * 8;

    public static byte TimeToLive(ReadOnlySpan<byte> header) => header[TimeToLiveOffset];

    public static IpProtocol Protocol(ReadOnlySpan<byte> header) => (IpProtocol)header[ProtocolOffset];

    public static uint Source(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt32BigEndian(header.Slice(SourceOffset, 4));

    public static uint Destination(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt32BigEndian(header.Slice(DestinationOffset, 4));

    /// <summary>Whether the checksum of a header of twenty bytes is right. The sum does not ask for the order of bytes (RFC 1071 §2 (B)).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsOrdinaryChecksumRight(ReadOnlySpan<byte> header)
    {
        var words = header.Slice(0, Length);
        var first = BinaryPrimitives.ReadUInt64LittleEndian(words);
        var second = BinaryPrimitives.ReadUInt64LittleEndian(words.Slice(8, 8));
        var sum = (ulong)(uint)first + (first >> 32) + (uint)second + (second >> 32) + BinaryPrimitives.ReadUInt32LittleEndian(words.Slice(16, 4));
        // halves added crosswise: the carry that a fold would take round falls into the upper half, which then is that of the fold
        var half = (uint)((sum + BitOperations.RotateLeft(sum, 32)) >> 32);
        return half + BitOperations.RotateLeft(half, 16) >= 0xFFFF_0000;
    }

    /// <summary>Writes a header of twenty bytes with its checksum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(
        Span<byte> header, byte typeOfService, int totalLength, ushort identification, ushort fragmentWord,
        byte timeToLive, IpProtocol protocol, uint source, uint destination)
    {
        var versionToLength = ((uint)OrdinaryVersionAndLength << 24) | ((uint)typeOfService << 16) | (ushort)totalLength;
        var identificationToFragment = ((uint)identification << 16) | fragmentWord;
        var timeToLiveAndProtocol = ((uint)timeToLive << 24) | ((uint)protocol << 16);
        var sum = (ulong)versionToLength + identificationToFragment + timeToLiveAndProtocol + source + destination;
        var checksum = (ushort)~InternetChecksum.Fold(sum);
        var words = header.Slice(0, Length);
        BinaryPrimitives.WriteUInt64BigEndian(words.Slice(VersionAndLengthOffset, 8), ((ulong)versionToLength << 32) | identificationToFragment);
        BinaryPrimitives.WriteUInt64BigEndian(words.Slice(TimeToLiveOffset, 8), ((ulong)(timeToLiveAndProtocol | checksum) << 32) | source);
        BinaryPrimitives.WriteUInt32BigEndian(words.Slice(DestinationOffset, 4), destination);
    }

    /// <summary>
    /// Counts the time to live down by one; the checksum follows without being summed anew (RFC 1624; ip_decrease_ttl adds the
    /// 0x0100 that the word has lost). The time to live must not be 0.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void DecrementTimeToLive(Span<byte> header)
    {
        // time to live, protocol and checksum are one word, read so that the carry of the checksum falls out at the top
        var words = header.Slice(TimeToLiveOffset, 4);
        var word = BinaryPrimitives.ReadUInt32LittleEndian(words);
        var checksum = (word >> 16) + 1;
        checksum += checksum >= 0xFFFF ? 1u : 0;
        BinaryPrimitives.WriteUInt32LittleEndian(words, (checksum << 16) | (ushort)(word - 1));
    }

    /// <summary>
    /// Makes the copy of a datagram's header the header of one of its fragments: total length, fragment word and checksum anew.
    /// Behind the first fragment only options with the copied flag stay; the others become no-operations (ip_options_fragment).
    /// </summary>
    /// <param name="header">The header with its options.</param>
    public static void MakeFragment(Span<byte> header, int totalLength, ushort fragmentWord)
    {
        if ((fragmentWord & FragmentOffsetMask) != 0)
        {
            Ipv4Option.KeepCopied(header.Slice(Length));
        }

        BinaryPrimitives.WriteUInt16BigEndian(header.Slice(TotalLengthOffset, 2), (ushort)totalLength);
        BinaryPrimitives.WriteUInt16BigEndian(header.Slice(FragmentOffset, 2), fragmentWord);
        BinaryPrimitives.WriteUInt16BigEndian(header.Slice(ChecksumOffset, 2), 0);
        BinaryPrimitives.WriteUInt16BigEndian(header.Slice(ChecksumOffset, 2), InternetChecksum.Compute(header));
    }

    /// <summary>
    /// Makes the header of a fragment that of the fragment's rest, without its first bytes of payload. The checksum is not renewed.
    /// </summary>
    /// <param name="count">Bytes, a multiple of 8.</param>
    public static void CutFront(Span<byte> header, int count)
    {
        BinaryPrimitives.WriteUInt16BigEndian(header.Slice(TotalLengthOffset, 2), (ushort)(TotalLength(header) - count));
        BinaryPrimitives.WriteUInt16BigEndian(header.Slice(FragmentOffset, 2), (ushort)(FragmentWord(header) + (count / 8)));
    }

    /// <summary>
    /// Makes the header of a first fragment the header of the whole datagram: total length, no fragment bits, ECN and
    /// checksum anew. Options stay.
    /// </summary>
    /// <param name="header">The header with its options.</param>
    public static void MakeWhole(Span<byte> header, int totalLength, byte typeOfService)
    {
        header[TypeOfServiceOffset] = typeOfService;
        BinaryPrimitives.WriteUInt16BigEndian(header.Slice(TotalLengthOffset, 2), (ushort)totalLength);
        BinaryPrimitives.WriteUInt16BigEndian(header.Slice(FragmentOffset, 2), 0);
        BinaryPrimitives.WriteUInt16BigEndian(header.Slice(ChecksumOffset, 2), 0);
        BinaryPrimitives.WriteUInt16BigEndian(header.Slice(ChecksumOffset, 2), InternetChecksum.Compute(header));
    }
}

/// <summary>Option types of the IPv4 header, copy flag and class included (RFC 791 §3.1).</summary>
public static class Ipv4Option
{
    public const byte EndOfList = 0;
    public const byte NoOperation = 1;
    public const byte LooseSourceRoute = 131;
    public const byte StrictSourceRoute = 137;

    private const byte CopiedFlag = 0x80;

    /// <summary>Overwrites options that only the first fragment carries; the options must have a form.</summary>
    internal static void KeepCopied(Span<byte> options)
    {
        while (options.Length > 0 && options[0] != EndOfList)
        {
            var length = options[0] == NoOperation || options.Length < 2 ? 1 : Math.Clamp(options[1], 1, options.Length);
            if ((options[0] & CopiedFlag) == 0)
            {
                options.Slice(0, length).Fill(NoOperation);
            }

            options = options.Slice(length);
        }
    }
}
