using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Millrace.Headers;

/// <summary>
/// The TCP header as it lies on the wire (RFC 9293 §3.1). A view judges nothing but length: every accessor needs the
/// twenty bytes of <see cref="MinimumLength"/> to be there.
/// <code>
///  0      source port (2)             destination port (2)
///  4      sequence number (4)
///  8      acknowledgment number (4)
/// 12      data offset (4 bits), reserved (4 bits), flags (1)   window (2)
/// 16      checksum (2)                urgent pointer (2)
/// 20      options (0 to 40)
/// </code>
/// </summary>
public static class TcpHeader
{
    public const int MinimumLength = 20;

    /// <summary>Data offset is four bits of 32-bit words.</summary>
    public const int MaximumLength = 60;

    /// <summary>Offset of the checksum field.</summary>
    public const int ChecksumOffset = 16;

    private const int SourcePortOffset = 0;
    private const int DestinationPortOffset = 2;
    private const int SequenceOffset = 4;
    private const int AcknowledgmentOffset = 8;
    private const int DataOffsetOffset = 12;
    private const int FlagsOffset = 13;
    private const int WindowOffset = 14;
    private const int UrgentPointerOffset = 18;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort SourcePort(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt16BigEndian(header.Slice(SourcePortOffset, 2));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort DestinationPort(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt16BigEndian(header.Slice(DestinationPortOffset, 2));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static SequenceNumber Sequence(ReadOnlySpan<byte> header) => new(BinaryPrimitives.ReadUInt32BigEndian(header.Slice(SequenceOffset, 4)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static SequenceNumber Acknowledgment(ReadOnlySpan<byte> header) => new(BinaryPrimitives.ReadUInt32BigEndian(header.Slice(AcknowledgmentOffset, 4)));

    /// <summary>Bytes of header with options, as the data offset field says: 0 to 60.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int HeaderLength(ReadOnlySpan<byte> header) => (header[DataOffsetOffset] >> 4) * 4;

    public static TcpFlags Flags(ReadOnlySpan<byte> header) => (TcpFlags)header[FlagsOffset];

    /// <summary>The window field, not scaled.</summary>
    public static ushort Window(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt16BigEndian(header.Slice(WindowOffset, 2));

    public static ushort Checksum(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt16BigEndian(header.Slice(ChecksumOffset, 2));

    public static ushort UrgentPointer(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt16BigEndian(header.Slice(UrgentPointerOffset, 2));

    public static void WriteChecksum(Span<byte> header, ushort checksum) =>
        BinaryPrimitives.WriteUInt16BigEndian(header.Slice(ChecksumOffset, 2), checksum);

    public static void WriteSequence(Span<byte> header, SequenceNumber sequence) =>
        BinaryPrimitives.WriteUInt32BigEndian(header.Slice(SequenceOffset, 4), sequence.Value);

    public static void WriteFlags(Span<byte> header, TcpFlags flags) => header[FlagsOffset] = (byte)flags;

    /// <summary>Writes the twenty bytes before the options; the urgent pointer is zero.</summary>
    /// <param name="ports">Source and destination, the first 32 bits.</param>
    /// <param name="control">Data offset, flags and window, the fourth 32 bits.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(Span<byte> header, uint ports, SequenceNumber sequence, SequenceNumber acknowledgment, uint control, ushort checksum)
    {
        var bytes = header.Slice(0, MinimumLength);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.Slice(SourcePortOffset, 8), ((ulong)ports << 32) | sequence.Value);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.Slice(AcknowledgmentOffset, 8), ((ulong)acknowledgment.Value << 32) | control);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.Slice(ChecksumOffset, 4), (uint)checksum << 16);
    }

    /// <summary>Writes the twenty bytes before the options; checksum and urgent pointer are zero.</summary>
    /// <param name="headerLength">Bytes with options, a multiple of 4.</param>
    public static void Write(
        Span<byte> header,
        ushort sourcePort,
        ushort destinationPort,
        SequenceNumber sequence,
        SequenceNumber acknowledgment,
        int headerLength,
        TcpFlags flags,
        ushort window)
    {
        BinaryPrimitives.WriteUInt16BigEndian(header.Slice(SourcePortOffset, 2), sourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(header.Slice(DestinationPortOffset, 2), destinationPort);
        BinaryPrimitives.WriteUInt32BigEndian(header.Slice(SequenceOffset, 4), sequence.Value);
        BinaryPrimitives.WriteUInt32BigEndian(header.Slice(AcknowledgmentOffset, 4), acknowledgment.Value);
        header[DataOffsetOffset] = (byte)(headerLength / 4 << 4);
        header[FlagsOffset] = (byte)flags;
        BinaryPrimitives.WriteUInt16BigEndian(header.Slice(WindowOffset, 2), window);
        BinaryPrimitives.WriteUInt32BigEndian(header.Slice(ChecksumOffset, 4), 0);
    }
}

/// <summary>The control bits (RFC 9293 §3.1, RFC 3168 §6.1).</summary>
[Flags]
public enum TcpFlags : byte
{
    None = 0,
    Fin = 1 << 0,
    Syn = 1 << 1,
    Rst = 1 << 2,
    Psh = 1 << 3,
    Ack = 1 << 4,
    Urg = 1 << 5,
    Ece = 1 << 6,
    Cwr = 1 << 7,
}
