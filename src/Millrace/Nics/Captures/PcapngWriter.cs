using System.Text;

namespace Millrace.Nics;

/// <summary>pcapng: one section, interfaces with nanoseconds, enhanced packet blocks.</summary>
internal sealed class PcapngWriter : CaptureWriter
{
    private const byte NanosecondResolution = 9;
    /// <summary>Bytes of a comment at most; what is beyond is left out.</summary>
    public const int MaximumCommentLength = 256;

    private const int FlagsOptionLength = PcapngBlocks.OptionHeaderLength + sizeof(uint);
    private const int Around = PcapngBlocks.StartLength + PcapngBlocks.EndLength;

    private readonly int interfaceCount;
    private int packetLength;
    private uint blockLength;
    private CaptureDirection packetDirection;
    private readonly byte[] packetComment = new byte[MaximumCommentLength];
    private int packetCommentLength;

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

    /// <summary>Bytes of a packet's block, of which <paramref name="length"/> bytes are kept.</summary>
    public static int BlockLength(int length, CaptureDirection direction, int commentLength)
    {
        var flags = direction == CaptureDirection.Unknown ? 0 : FlagsOptionLength;
        var comment = commentLength == 0 ? 0 : PcapngBlocks.OptionHeaderLength + PcapngBlocks.Padded(commentLength);
        var end = flags + comment == 0 ? 0 : PcapngBlocks.OptionHeaderLength;
        return Around + PcapngBlocks.PacketBodyLength + PcapngBlocks.Padded(length) + flags + comment + end;
    }

    /// <summary>Writes how many packets of an interface are in the capture, and how many could not be kept.</summary>
    public void WriteStatistics(int networkInterface, long timestamp, long received, long lost)
    {
        const int counterLength = PcapngBlocks.OptionHeaderLength + sizeof(ulong);
        const uint length = Around + PcapngBlocks.StatisticsBodyLength + (2 * counterLength) + PcapngBlocks.OptionHeaderLength;
        PutUInt32(PcapngBlocks.InterfaceStatistics);
        PutUInt32(length);
        PutUInt32((uint)networkInterface);
        PutUInt32((uint)(timestamp >> 32));
        PutUInt32((uint)timestamp);
        PutCounter(PcapngBlocks.ReceivedOption, received);
        PutCounter(PcapngBlocks.DroppedOption, lost);
        PutUInt32(PcapngBlocks.EndOfOptions);
        PutUInt32(length);
    }

    private protected override void BeginPacket(
        long timestamp, int length, int originalLength, int networkInterface, CaptureDirection direction, ReadOnlySpan<byte> comment)
    {
        if (networkInterface < 0 || networkInterface >= interfaceCount)
        {
            throw new ArgumentOutOfRangeException(nameof(networkInterface), networkInterface, $"The capture has {interfaceCount} interfaces.");
        }

        packetLength = length;
        packetDirection = direction;
        packetCommentLength = Math.Min(comment.Length, MaximumCommentLength);
        comment[..packetCommentLength].CopyTo(packetComment);
        blockLength = (uint)BlockLength(length, direction, packetCommentLength);
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
        }

        if (packetCommentLength > 0)
        {
            PutUInt16(PcapngBlocks.CommentOption);
            PutUInt16(packetCommentLength);
            Put(packetComment.AsSpan(0, packetCommentLength));
            PutPadding(packetCommentLength);
        }

        if (packetDirection != CaptureDirection.Unknown || packetCommentLength > 0)
        {
            PutUInt32(PcapngBlocks.EndOfOptions);
        }

        PutUInt32(blockLength);
    }

    private void PutCounter(ushort option, long value)
    {
        PutUInt16(option);
        PutUInt16(sizeof(ulong));
        PutUInt32((uint)value);
        PutUInt32((uint)(value >> 32));
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
