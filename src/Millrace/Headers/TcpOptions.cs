using System.Buffers.Binary;

namespace Millrace.Headers;

/// <summary>The options of one segment that this stack knows (RFC 9293 §3.2, RFC 7323), validated.</summary>
public struct TcpOptions
{
    /// <summary>NOP, NOP, kind 8, length 10: how nearly every segment carries timestamps (RFC 7323 appendix A).</summary>
    public const uint AlignedTimestampsWord = 0x0101_080A;

    /// <summary>Bytes that timestamps take with their padding.</summary>
    public const int AlignedTimestampsLength = 12;

    /// <summary>The largest shift count (RFC 7323 §2.3).</summary>
    public const int MaximumWindowScale = 14;

    private const byte EndOfList = 0;
    private const byte NoOperation = 1;
    private const byte MaximumSegmentSizeKind = 2;
    private const byte WindowScaleKind = 3;
    private const byte SackPermittedKind = 4;
    private const byte SackKind = 5;
    private const byte TimestampsKind = 8;

    private const int MaximumSegmentSizeLength = 4;
    private const int WindowScaleLength = 3;
    private const int TimestampsLength = 10;
    private const int SackPermittedLength = 2;
    private const int SackHeaderLength = 2;

    /// <summary>NOP, NOP, kind 5: what stands before the blocks of selective acknowledgment, then the length.</summary>
    public const int AlignedSackHeaderLength = 4;

    /// <summary>Bytes of a block.</summary>
    public const int SackBlockLength = 8;

    /// <summary>Bytes; 0 if the option is absent.</summary>
    public ushort MaximumSegmentSize;

    public byte WindowScale;

    public bool HasWindowScale;

    public bool HasTimestamps;

    /// <summary>Selective acknowledgments may be sent (RFC 2018 §2).</summary>
    public bool HasSackPermitted;

    /// <summary>Blocks of selective acknowledgment (RFC 2018 §3).</summary>
    public byte SackCount;

    /// <summary>Where the first of them is in the options.</summary>
    public byte SackOffset;

    /// <summary>TSval.</summary>
    public uint TimestampValue;

    /// <summary>TSecr.</summary>
    public uint TimestampEcho;

    /// <summary>
    /// Reads options. One that is malformed ends the reading and what was read before it counts, as in Linux
    /// (net/ipv4/tcp_input.c, tcp_parse_options).
    /// </summary>
    /// <param name="isSyn">Segment size and window scale count on a SYN only.</param>
    public static TcpOptions Read(ReadOnlySpan<byte> options, bool isSyn)
    {
        var read = default(TcpOptions);
        var length = options.Length;
        while (options.Length > 0)
        {
            var kind = options[0];
            if (kind == NoOperation)
            {
                options = options[1..];
                continue;
            }

            if (kind == EndOfList || options.Length < 2 || options[1] < 2 || options[1] > options.Length)
            {
                break;
            }

            read.Take(options[..options[1]], length - options.Length, isSyn);
            options = options[options[1]..];
        }

        return read;
    }

    /// <summary>Writes the options of a SYN in Linux's order: segment size, SACK permitted and timestamps, NOP and window scale.</summary>
    /// <returns>Bytes written, a multiple of 4.</returns>
    public readonly int WriteSyn(Span<byte> destination)
    {
        destination[0] = MaximumSegmentSizeKind;
        destination[1] = MaximumSegmentSizeLength;
        BinaryPrimitives.WriteUInt16BigEndian(destination.Slice(2, 2), MaximumSegmentSize);
        var length = MaximumSegmentSizeLength;
        if (HasTimestamps)
        {
            WriteTimestamps(destination[length..], TimestampValue, TimestampEcho);
            if (HasSackPermitted)
            {
                // in the place of the padding
                destination[length] = SackPermittedKind;
                destination[length + 1] = SackPermittedLength;
            }

            length += AlignedTimestampsLength;
        }
        else if (HasSackPermitted)
        {
            destination[length] = NoOperation;
            destination[length + 1] = NoOperation;
            destination[length + 2] = SackPermittedKind;
            destination[length + 3] = SackPermittedLength;
            length += 4;
        }

        if (HasWindowScale)
        {
            destination[length] = NoOperation;
            destination[length + 1] = WindowScaleKind;
            destination[length + 2] = WindowScaleLength;
            destination[length + 3] = WindowScale;
            length += 4;
        }

        return length;
    }

    /// <summary>Block <paramref name="index"/> of the selective acknowledgments among <paramref name="options"/>.</summary>
    public readonly (SequenceNumber Start, SequenceNumber End) SackBlock(ReadOnlySpan<byte> options, int index)
    {
        var block = options.Slice(SackOffset + (index * SackBlockLength), SackBlockLength);
        return (new SequenceNumber(BinaryPrimitives.ReadUInt32BigEndian(block)), new SequenceNumber(BinaryPrimitives.ReadUInt32BigEndian(block[4..])));
    }

    /// <summary>Writes what stands before so many blocks: <see cref="AlignedSackHeaderLength"/> bytes.</summary>
    public static void WriteSackHeader(Span<byte> destination, int count)
    {
        destination[0] = NoOperation;
        destination[1] = NoOperation;
        destination[2] = SackKind;
        destination[3] = (byte)(SackHeaderLength + (count * SackBlockLength));
    }

    /// <summary>Writes a block of <see cref="SackBlockLength"/> bytes.</summary>
    public static void WriteSackBlock(Span<byte> destination, SequenceNumber start, SequenceNumber end)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination.Slice(0, 4), start.Value);
        BinaryPrimitives.WriteUInt32BigEndian(destination.Slice(4, 4), end.Value);
    }

    /// <summary>Writes aligned timestamps: <see cref="AlignedTimestampsLength"/> bytes.</summary>
    public static void WriteTimestamps(Span<byte> destination, uint value, uint echo)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination.Slice(0, 4), AlignedTimestampsWord);
        BinaryPrimitives.WriteUInt32BigEndian(destination.Slice(4, 4), value);
        BinaryPrimitives.WriteUInt32BigEndian(destination.Slice(8, 4), echo);
    }

    private void Take(ReadOnlySpan<byte> option, int offset, bool isSyn)
    {
        switch (option[0])
        {
            case MaximumSegmentSizeKind when isSyn && option.Length == MaximumSegmentSizeLength:
                MaximumSegmentSize = BinaryPrimitives.ReadUInt16BigEndian(option.Slice(2, 2));
                break;
            case WindowScaleKind when isSyn && option.Length == WindowScaleLength:
                HasWindowScale = true;
                WindowScale = Math.Min(option[2], (byte)MaximumWindowScale);
                break;
            case SackPermittedKind when isSyn && option.Length == SackPermittedLength:
                HasSackPermitted = true;
                break;
            case SackKind when !isSyn && option.Length > SackHeaderLength && (option.Length - SackHeaderLength) % SackBlockLength == 0:
                SackCount = (byte)((option.Length - SackHeaderLength) / SackBlockLength);
                SackOffset = (byte)(offset + SackHeaderLength);
                break;
            case TimestampsKind when option.Length == TimestampsLength:
                HasTimestamps = true;
                TimestampValue = BinaryPrimitives.ReadUInt32BigEndian(option.Slice(2, 4));
                TimestampEcho = BinaryPrimitives.ReadUInt32BigEndian(option.Slice(6, 4));
                break;
        }
    }
}
