namespace Millrace.Nics;

/// <summary>The classic format; see <see cref="PcapReader"/> for its figure.</summary>
internal sealed class PcapWriter : CaptureWriter
{
    private const long NanosecondsPerSecond = 1_000_000_000;

    private readonly long nanosecondsPerFraction;

    public PcapWriter(Stream stream, CaptureFormat format, LinkType linkType, int snapLength, bool leaveOpen)
        : base(stream, snapLength, leaveOpen)
    {
        nanosecondsPerFraction = format == CaptureFormat.Pcap ? 1000 : 1;
        PutUInt32(format == CaptureFormat.Pcap ? PcapReader.Microseconds : PcapReader.Nanoseconds);
        PutUInt16(PcapReader.MajorVersion);
        PutUInt16(PcapReader.MinorVersion);
        PutUInt32(0);
        PutUInt32(0);
        PutUInt32((uint)snapLength);
        PutUInt32((uint)linkType);
    }

    private protected override void BeginPacket(
        long timestamp, int length, int originalLength, int networkInterface, CaptureDirection direction, ReadOnlySpan<byte> comment)
    {
        if (networkInterface != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(networkInterface), networkInterface, "pcap knows one interface: write pcapng for several.");
        }

        var seconds = timestamp / NanosecondsPerSecond;
        if (seconds > uint.MaxValue)
        {
            throw new ArgumentOutOfRangeException(nameof(timestamp), timestamp, "pcap counts seconds in 32 bits, until the year 2106: write pcapng.");
        }

        PutUInt32((uint)seconds);
        PutUInt32((uint)(timestamp % NanosecondsPerSecond / nanosecondsPerFraction));
        PutUInt32((uint)length);
        PutUInt32((uint)originalLength);
    }

    private protected override void EndPacket()
    {
    }
}
