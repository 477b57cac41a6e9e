namespace Millrace.Nics;

/// <summary>
/// The blocks of pcapng (draft-ietf-opsawg-pcapng), each within: type (4), total length (4), body, total length again (4).
/// <code>
/// section header        interface            enhanced packet        simple packet     packet (obsolete)
///  0  magic (4)          0  link type (2)     0  interface (4)       0  original (4)    0  interface (2), drops (2)
///  4  version (2+2)      2  reserved (2)      4  time, upper (4)     4  data            4  time, upper (4)
///  8  length (8)         4  snap length (4)   8  time, lower (4)                        8  time, lower (4)
/// 16  options            8  options          12  captured (4)                          12  captured (4)
///                                            16  original (4)                          16  original (4)
///                                            20  data, options                         20  data, options
/// </code>
/// </summary>
internal static class PcapngBlocks
{
    public const uint SectionHeader = 0x0A0D_0D0A;
    public const uint InterfaceDescription = 1;
    public const uint ObsoletePacket = 2;
    public const uint SimplePacket = 3;
    public const uint InterfaceStatistics = 5;
    public const uint EnhancedPacket = 6;

    public const uint ByteOrderMagic = 0x1A2B_3C4D;
    public const uint ByteOrderMagicSwapped = 0x4D3C_2B1A;
    public const ushort MajorVersion = 1;

    public const int StartLength = 8;
    public const int EndLength = 4;
    public const int SectionBodyLength = 16;
    public const int InterfaceBodyLength = 8;
    public const int PacketBodyLength = 20;
    public const int SimpleBodyLength = 4;
    public const int StatisticsBodyLength = 12;

    public const ushort EndOfOptions = 0;
    public const ushort CommentOption = 1;
    public const ushort NameOption = 2;
    public const ushort FlagsOption = 2;
    public const ushort ReceivedOption = 4;
    public const ushort DroppedOption = 5;
    public const ushort TimestampResolutionOption = 9;
    public const ushort TimestampOffsetOption = 14;
    public const int OptionHeaderLength = 4;

    public static int Padded(int length) => (length + 3) & ~3;
}
