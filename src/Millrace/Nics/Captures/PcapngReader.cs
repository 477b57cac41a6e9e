using System.Buffers.Binary;
using System.Text;

namespace Millrace.Nics;

/// <summary>pcapng: sections of blocks; blocks of unknown types are passed over.</summary>
internal sealed class PcapngReader : CaptureReader
{
    public const uint SectionHeader = PcapngBlocks.SectionHeader;

    private const uint DirectionMask = 3;

    private readonly List<CaptureInterface> interfaces = [];
    private readonly List<TimeUnit> units = [];
    private long timestamp;

    public PcapngReader(CaptureInput input)
        : base(input, isBigEndian: false) => ReadSection(0);

    public override CaptureFormat Format => CaptureFormat.Pcapng;

    public override IReadOnlyList<CaptureInterface> Interfaces => interfaces;

    private protected override bool ReadPacket()
    {
        while (true)
        {
            var offset = Position;
            if (!TryReadStart(sizeof(uint), offset, out var start))
            {
                return false;
            }

            var type = ReadUInt32(start);
            if (type == SectionHeader)
            {
                // it reads the same in both byte orders, and its own magic says which is meant
                ReadSection(offset);
                continue;
            }

            var bodyLength = BodyLength(ReadUInt32(ReadWhole(sizeof(uint), offset)), offset);
            switch (type)
            {
                case PcapngBlocks.InterfaceDescription:
                    AddInterface(ReadBody(bodyLength, PcapngBlocks.InterfaceBodyLength, offset), offset);
                    break;
                case PcapngBlocks.EnhancedPacket:
                case PcapngBlocks.ObsoletePacket:
                    TakePacket(ReadBody(bodyLength, PcapngBlocks.PacketBodyLength, offset), type, offset);
                    return true;
                case PcapngBlocks.SimplePacket:
                    TakeSimplePacket(ReadBody(bodyLength, PcapngBlocks.SimpleBodyLength, offset), offset);
                    return true;
                default:
                    Skip(bodyLength, offset);
                    RequireEnd(ReadWhole(PcapngBlocks.EndLength, offset), bodyLength, offset);
                    break;
            }
        }
    }

    /// <summary>A section begins: its type has been read.</summary>
    private void ReadSection(long offset)
    {
        var start = ReadWhole(2 * sizeof(uint), offset);
        var magic = BinaryPrimitives.ReadUInt32LittleEndian(start[sizeof(uint)..]);
        IsBigEndian = magic switch
        {
            PcapngBlocks.ByteOrderMagic => false,
            PcapngBlocks.ByteOrderMagicSwapped => true,
            _ => throw Wrong($"A section's byte-order magic is {magic:x8}, not {PcapngBlocks.ByteOrderMagic:x8}", offset),
        };
        var bodyLength = BodyLength(ReadUInt32(start), offset);
        if (bodyLength < PcapngBlocks.SectionBodyLength)
        {
            throw Wrong("A section header is too short", offset);
        }

        // the magic has been read already
        var left = bodyLength - sizeof(uint);
        var body = ReadWhole(left + PcapngBlocks.EndLength, offset);
        var major = ReadUInt16(body);
        if (major != PcapngBlocks.MajorVersion)
        {
            throw Wrong($"A section is of pcapng version {major}; only {PcapngBlocks.MajorVersion} is known", offset);
        }

        RequireEnd(body[left..], bodyLength, offset);
        interfaces.Clear();
        units.Clear();
    }

    private int BodyLength(uint totalLength, long offset)
    {
        const int around = PcapngBlocks.StartLength + PcapngBlocks.EndLength;
        if (totalLength < around || totalLength % 4 != 0 || totalLength > MaximumPacketLength)
        {
            throw Wrong($"A block says that it is {totalLength} bytes long, which it cannot be", offset);
        }

        return (int)totalLength - around;
    }

    private ReadOnlySpan<byte> ReadBody(int length, int least, long offset)
    {
        var body = ReadWhole(length + PcapngBlocks.EndLength, offset);
        RequireEnd(body[length..], length, offset);
        return length >= least ? body[..length] : throw Wrong($"A block of {length} bytes is too short for its type", offset);
    }

    private void RequireEnd(ReadOnlySpan<byte> end, int bodyLength, long offset)
    {
        var totalLength = ReadUInt32(end);
        if (totalLength != bodyLength + PcapngBlocks.StartLength + PcapngBlocks.EndLength)
        {
            throw Wrong($"A block's second length is {totalLength}, unlike its first", offset);
        }
    }

    private void AddInterface(ReadOnlySpan<byte> body, long offset)
    {
        var unit = new TimeUnit(false, 6, 0);
        string? name = null;
        var options = body[PcapngBlocks.InterfaceBodyLength..];
        while (options.Length >= PcapngBlocks.OptionHeaderLength)
        {
            var code = ReadUInt16(options);
            int length = ReadUInt16(options[sizeof(ushort)..]);
            if (code == PcapngBlocks.EndOfOptions)
            {
                break;
            }

            if (PcapngBlocks.OptionHeaderLength + length > options.Length)
            {
                throw Wrong("An option of an interface is longer than its block", offset);
            }

            var value = options.Slice(PcapngBlocks.OptionHeaderLength, length);
            switch (code)
            {
                case PcapngBlocks.NameOption:
                    name = Encoding.UTF8.GetString(value).TrimEnd('\0');
                    break;
                case PcapngBlocks.TimestampResolutionOption when length == 1:
                    unit = unit with { IsBinary = (value[0] & 0x80) != 0, Exponent = value[0] & 0x7F };
                    break;
                case PcapngBlocks.TimestampOffsetOption when length == 8:
                    unit = unit with { OffsetSeconds = IsBigEndian ? BinaryPrimitives.ReadInt64BigEndian(value) : BinaryPrimitives.ReadInt64LittleEndian(value) };
                    break;
            }

            options = options[Math.Min(options.Length, PcapngBlocks.OptionHeaderLength + PcapngBlocks.Padded(length))..];
        }

        if (unit.Exponent > (unit.IsBinary ? 63 : 19))
        {
            throw Wrong($"An interface's time resolution is {(unit.IsBinary ? 2 : 10)} to the -{unit.Exponent}, which no clock has", offset);
        }

        units.Add(unit);
        interfaces.Add(new CaptureInterface((LinkType)ReadUInt16(body), (int)Math.Min(ReadUInt32(body[4..]), int.MaxValue), name));
    }

    private void TakePacket(ReadOnlySpan<byte> body, uint type, long offset)
    {
        var index = type == PcapngBlocks.EnhancedPacket ? (int)Math.Min(ReadUInt32(body), int.MaxValue) : ReadUInt16(body);
        RequireInterface(index, offset);
        var capturedLength = ReadUInt32(body[12..]);
        if (capturedLength > body.Length - PcapngBlocks.PacketBodyLength)
        {
            throw Wrong($"A packet of {capturedLength} bytes is longer than its block", offset);
        }

        var ticks = ((ulong)ReadUInt32(body[4..]) << 32) | ReadUInt32(body[8..]);
        if (!units[index].TryNanoseconds(ticks, out timestamp))
        {
            throw Wrong("A packet's time is beyond what nanoseconds can say", offset);
        }

        SetData(PcapngBlocks.PacketBodyLength, (int)capturedLength);
        Current = new CaptureRecord(timestamp, (int)Math.Min(ReadUInt32(body[16..]), int.MaxValue), index, interfaces[index].LinkType, offset);
        TakeOptions(body[Math.Min(body.Length, PcapngBlocks.PacketBodyLength + PcapngBlocks.Padded((int)capturedLength))..], offset);
    }

    private void TakeOptions(ReadOnlySpan<byte> options, long offset)
    {
        (Direction, Comment) = (CaptureDirection.Unknown, "");
        while (options.Length >= PcapngBlocks.OptionHeaderLength && ReadUInt16(options) is var code and not PcapngBlocks.EndOfOptions)
        {
            int length = ReadUInt16(options[sizeof(ushort)..]);
            if (PcapngBlocks.OptionHeaderLength + length > options.Length)
            {
                throw Wrong("An option of a packet is longer than its block", offset);
            }

            var value = options.Slice(PcapngBlocks.OptionHeaderLength, length);
            switch (code)
            {
                case PcapngBlocks.CommentOption:
                    Comment = Encoding.UTF8.GetString(value);
                    break;
                case PcapngBlocks.FlagsOption when length == sizeof(uint):
                    Direction = (CaptureDirection)(ReadUInt32(value) & DirectionMask);
                    break;
            }

            options = options[Math.Min(options.Length, PcapngBlocks.OptionHeaderLength + PcapngBlocks.Padded(length))..];
        }
    }

    private void TakeSimplePacket(ReadOnlySpan<byte> body, long offset)
    {
        RequireInterface(0, offset);
        var originalLength = (int)Math.Min(ReadUInt32(body), int.MaxValue);
        var snapLength = interfaces[0].SnapLength;
        var capturedLength = snapLength == 0 ? originalLength : Math.Min(originalLength, snapLength);
        if (capturedLength > body.Length - PcapngBlocks.SimpleBodyLength)
        {
            throw Wrong($"A packet of {capturedLength} bytes is longer than its block", offset);
        }

        SetData(PcapngBlocks.SimpleBodyLength, capturedLength);
        (Direction, Comment) = (CaptureDirection.Unknown, "");
        Current = new CaptureRecord(timestamp, originalLength, 0, interfaces[0].LinkType, offset);
    }

    private void RequireInterface(int index, long offset)
    {
        if (index >= interfaces.Count)
        {
            throw Wrong($"A packet is of interface {index}, but {interfaces.Count} were described", offset);
        }
    }

    /// <summary>What a tick is: 2 or 10 to the minus exponent seconds, counted from an offset.</summary>
    private readonly record struct TimeUnit(bool IsBinary, int Exponent, long OffsetSeconds)
    {
        private const long NanosecondsPerSecond = 1_000_000_000;
        private const int NanosecondExponent = 9;

        public bool TryNanoseconds(ulong ticks, out long nanoseconds)
        {
            Int128 whole = ticks;
            if (IsBinary)
            {
                whole = (whole * NanosecondsPerSecond) >> Exponent;
            }
            else if (Exponent <= NanosecondExponent)
            {
                whole *= PowerOfTen(NanosecondExponent - Exponent);
            }
            else
            {
                whole /= PowerOfTen(Exponent - NanosecondExponent);
            }

            whole += (Int128)OffsetSeconds * NanosecondsPerSecond;
            nanoseconds = unchecked((long)whole);
            return whole == nanoseconds;
        }

        private static long PowerOfTen(int exponent)
        {
            long power = 1;
            for (var i = 0; i < exponent; i++)
            {
                power *= 10;
            }

            return power;
        }
    }
}
