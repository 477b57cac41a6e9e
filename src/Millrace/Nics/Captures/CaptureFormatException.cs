namespace Millrace.Nics;

/// <summary>A capture is not what its format says, or ends in the middle.</summary>
public sealed class CaptureFormatException : FormatException
{
    public CaptureFormatException(string message, long offset, long wholePackets)
        : base($"{message} (at offset {offset} of the file; {wholePackets} packets before it are whole)")
    {
        Offset = offset;
        WholePackets = wholePackets;
    }

    /// <summary>Bytes from the start of the file to the record or block that is wrong.</summary>
    public long Offset { get; }

    /// <summary>Packets that were read before it.</summary>
    public long WholePackets { get; }
}
