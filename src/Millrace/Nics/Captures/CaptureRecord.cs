namespace Millrace.Nics;

/// <summary>What a capture says of one packet beside its bytes.</summary>
/// <param name="Timestamp">Nanoseconds, usually since 1970; a simple packet block has none and repeats the one before.</param>
/// <param name="OriginalLength">Bytes the packet had; more than were captured if it was cut short.</param>
/// <param name="Interface">Index of the interface within its section.</param>
/// <param name="Offset">Bytes from the start of the file to the packet's record or block.</param>
public readonly record struct CaptureRecord(long Timestamp, int OriginalLength, int Interface, LinkType LinkType, long Offset);

/// <summary>What a capture says of an interface.</summary>
/// <param name="SnapLength">Bytes captured of a packet at most; 0 for no limit.</param>
public sealed record CaptureInterface(LinkType LinkType, int SnapLength, string? Name);

/// <summary>LINKTYPE_* of the tcpdump group's list; any other number may stand here too.</summary>
public enum LinkType
{
    Null = 0,
    Ethernet = 1,
    Raw = 101,
    LinuxCooked = 113,
}

public enum CaptureDirection
{
    Unknown = 0,
    Inbound = 1,
    Outbound = 2,
}

public enum CaptureFormat
{
    /// <summary>The classic format with timestamps in microseconds.</summary>
    Pcap,

    /// <summary>The classic format with timestamps in nanoseconds.</summary>
    PcapNanoseconds,

    Pcapng,
}
