using System.Text;

namespace Millrace.Nics;

/// <summary>pcapng: one section, interfaces with nanoseconds, enhanced packet blocks.</summary>
internal sealed class PcapngWriter : CaptureWriter
{
    private const byte NanosecondResolution = 9;
    private const int FlagsOptionLength = PcapngBlocks.OptionHeaderLength + sizeof(uint);
    private const int Around = PcapngBlocks.StartLength + PcapngBlocks.EndLength;

    private readonly int interfaceCount;
    private int packetLength;
    private uint blockLength;
    private CaptureDirection packetDirection;

    public PcapngWriter(Stream stream, IReadOnlyList<CaptureInterface> interfaces, bool leaveOpen)
        : base(stream, LeastSnapLength(interfaces), leaveOpen)
    {
        interfaceCount = interfaces.Count;
        const uint sectionLength = Around + PcapngBlocks.SectionBodyLength;
        PutUInt32(PcapngBlocks.SectionHeader);
        PutUInt32(sectionLength);
        PutUInt32(PcapngBlocks.ByteOrderMagic);
        PutUInt16(PcapngBlocks.MajorVersion);
        PutUInt16(0);

        // the section's length is not known beforehand: -1
        PutUInt32(uint.MaxValue);
        PutUInt32(uint.MaxValue);
        PutUInt32(sectionLength);
        foreach (var described in interfaces)
        {
            PutInterface(described);
        }
    }

    private protected override void BeginPacket(long timestamp, int length, int originalLength, int networkInterface, CaptureDirection direction)
    {
        if (networkInterface < 0 || networkInterface >= interfaceCount)
        {
            throw new ArgumentOutOfRangeException(nameof(networkInterface), networkInterface, $"The capture has {interfaceCount} interfaces.");
        }

        packetLength = length;
        packetDirection = direction;
        var optionsLength = direction == CaptureDirection.Unknown ? 0 : FlagsOptionLength + PcapngBlocks.OptionHeaderLength;
        blockLength = (uint)(Around + PcapngBlocks.PacketBodyLength + PcapngBlocks.Padded(length) + optionsLength);
        PutUInt32(PcapngBlocks.EnhancedPacket);
        PutUInt32(blockLength);
        PutUInt32((uint)networkInterface);
        PutUInt32((uint)(timestamp >> 32));
        PutUInt32((uint)timestamp);
        PutUInt32((uint)length);
        PutUInt32((uint)originalLength);
    }

    private protected override void EndPacket()
    {
        PutPadding(packetLength);
        if (packetDirection != CaptureDirection.Unknown)
        {
            PutUInt16(PcapngBlocks.FlagsOption);
            PutUInt16(sizeof(uint));
            PutUInt32((uint)packetDirection);
            PutUInt32(PcapngBlocks.EndOfOptions);
        }

        PutUInt32(blockLength);
    }

    private static int LeastSnapLength(IReadOnlyList<CaptureInterface> interfaces)
    {
        ArgumentNullException.ThrowIfNull(interfaces);
        if (interfaces.Count == 0)
        {
            throw new ArgumentException("A capture has one interface at least.", nameof(interfaces));
        }

        return interfaces.Min(described => described.SnapLength == 0 ? DefaultSnapLength : described.SnapLength);
    }

    private void PutInterface(CaptureInterface described)
    {
        var name = Encoding.UTF8.GetBytes(described.Name ?? string.Empty);
        var nameLength = name.Length == 0 ? 0 : PcapngBlocks.OptionHeaderLength + PcapngBlocks.Padded(name.Length);
        const int resolutionLength = PcapngBlocks.OptionHeaderLength + 4;
        var length = (uint)(Around + PcapngBlocks.InterfaceBodyLength + nameLength + resolutionLength + PcapngBlocks.OptionHeaderLength);
        PutUInt32(PcapngBlocks.InterfaceDescription);
        PutUInt32(length);
        PutUInt16((int)described.LinkType);
        PutUInt16(0);
        PutUInt32((uint)described.SnapLength);
        if (nameLength > 0)
        {
            PutUInt16(PcapngBlocks.NameOption);
            PutUInt16(name.Length);
            Put(name);
            PutPadding(name.Length);
        }

        PutUInt16(PcapngBlocks.TimestampResolutionOption);
        PutUInt16(1);
        Put([NanosecondResolution, 0, 0, 0]);
        PutUInt32(PcapngBlocks.EndOfOptions);
        PutUInt32(length);
    }
}
