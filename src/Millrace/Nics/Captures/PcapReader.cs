namespace Millrace.Nics;

/// <summary>
/// The classic format (draft-ietf-opsawg-pcap).
/// <code>
/// file header                     packet record
///  0  magic (4)                    0  seconds (4)
///  4  major (2), minor (2)         4  microseconds or nanoseconds (4)
///  8  reserved (8)                 8  captured length (4)
/// 16  snap length (4)             12  original length (4)
/// 20  link type (4)
/// </code>
/// </summary>
internal sealed class PcapReader : CaptureReader
{
    public const uint Microseconds = 0xA1B2_C3D4;
    public const uint Nanoseconds = 0xA1B2_3C4D;
    public const uint MicrosecondsSwapped = 0xD4C3_B2A1;
    public const uint NanosecondsSwapped = 0x4D3C_B2A1;

    public const int FileHeaderLength = 24;
    public const int RecordHeaderLength = 16;
    public const int MajorVersion = 2;
    public const int MinorVersion = 4;

    private const int MagicLength = 4;
    private const int MajorOffset = 4 - MagicLength;
    private const int SnapLengthOffset = 16 - MagicLength;
    private const int LinkTypeOffset = 20 - MagicLength;
    private const int FractionOffset = 4;
    private const int CapturedLengthOffset = 8;
    private const int OriginalLengthOffset = 12;

    /// <summary>The upper bits say how long a frame check sequence is.</summary>
    private const uint LinkTypeMask = 0xFFFF;

    private readonly LinkType linkType;
    private readonly long nanosecondsPerFraction;

    public PcapReader(CaptureInput input, bool isBigEndian, CaptureFormat format)
        : base(input, isBigEndian)
    {
        Format = format;
        nanosecondsPerFraction = format == CaptureFormat.Pcap ? 1000 : 1;
        var header = ReadWhole(FileHeaderLength - MagicLength, 0);
        var major = ReadUInt16(header[MajorOffset..]);
        if (major != MajorVersion)
        {
            throw Wrong($"The file is of pcap version {major}; only {MajorVersion} is known", 0);
        }

        linkType = (LinkType)(ReadUInt32(header[LinkTypeOffset..]) & LinkTypeMask);
        var snapLength = (int)Math.Min(ReadUInt32(header[SnapLengthOffset..]), int.MaxValue);
        Interfaces = [new CaptureInterface(linkType, snapLength, null)];
    }

    public override CaptureFormat Format { get; }

    public override IReadOnlyList<CaptureInterface> Interfaces { get; }

    private protected override bool ReadPacket()
    {
        var offset = Position;
        if (!TryReadStart(RecordHeaderLength, offset, out var header))
        {
            return false;
        }

        var capturedLength = ReadUInt32(header[CapturedLengthOffset..]);
        if (capturedLength > MaximumPacketLength)
        {
            throw Wrong($"A packet says that {capturedLength} bytes of it were captured, which no packet has", offset);
        }

        var timestamp = (ReadUInt32(header) * 1_000_000_000L) + (ReadUInt32(header[FractionOffset..]) * nanosecondsPerFraction);
        var originalLength = (int)Math.Min(ReadUInt32(header[OriginalLengthOffset..]), int.MaxValue);
        ReadWhole((int)capturedLength, offset);
        SetData(0, (int)capturedLength);
        Current = new CaptureRecord(timestamp, originalLength, 0, linkType, offset);
        return true;
    }
}
