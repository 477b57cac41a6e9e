using Millrace.Testing.Packets;

namespace Millrace.Testing.Scripts;

/// <summary>
/// A TCP packet as a line has it: complete for what the script sends, with holes for what the stack has to send. Sequence numbers
/// are relative.
/// </summary>
internal sealed record PacketPattern
{
    public required string Flow { get; init; }

    /// <summary>Without PSH and ACK.</summary>
    public SegmentFlags Flags { get; init; }

    /// <summary>Whether PSH has to be there; null does not care, and is false for what is sent.</summary>
    public bool? Push { get; init; }

    /// <summary>Null for any.</summary>
    public long? Sequence { get; init; }

    public int Length { get; init; }

    /// <summary>Payload bytes a packet, if the line stands for several; else 0.</summary>
    public int By { get; init; }

    public bool HasAck { get; init; }

    /// <summary>Null for any.</summary>
    public long? Ack { get; init; }

    public (int Least, int Most)? Window { get; init; }

    public int? Urgent { get; init; }

    /// <summary>Null if nothing is written between angle brackets.</summary>
    public IReadOnlyList<OptionPattern>? Options { get; init; }

    /// <summary>Whether any options will do (<c>&lt;*></c>).</summary>
    public bool AnyOptions { get; init; }

    /// <summary>The two bits of ECN, or null.</summary>
    public int? Ecn { get; init; }

    public int? Ttl { get; init; }

    public bool? DontFragment { get; init; }

    public bool BadChecksum { get; init; }

    public bool BadIpChecksum { get; init; }

    /// <summary>The data offset field in words, if it shall not be the true one.</summary>
    public int? HeaderWords { get; init; }

    /// <summary>Bytes cut off the end of the packet, the length field of IP left as it was.</summary>
    public int CutOff { get; init; }

    /// <summary>Payload that differs from what the stream has there.</summary>
    public bool Garbage { get; init; }

    /// <summary>The packets that a line with <c>by</c> stands for.</summary>
    public IEnumerable<PacketPattern> Split()
    {
        if (By == 0 || Sequence is not { } sequence)
        {
            yield return this;
            yield break;
        }

        for (var done = 0; done < Length; done += By)
        {
            yield return this with { Sequence = sequence + done, Length = Math.Min(By, Length - done), By = 0 };
        }
    }
}

/// <summary>One option of a pattern.</summary>
/// <param name="Name">mss, wscale, sackOK, TS, sack, nop, eol, FO, FOEXP, kind.</param>
/// <param name="Values">
/// Numbers; null for any, <see cref="Last"/> for the stack's last one. Edges of sack in pairs, TS value before echo.
/// </param>
internal sealed record OptionPattern(string Name, IReadOnlyList<long?> Values, byte[]? Bytes = null)
{
    public const long Last = long.MinValue;
}
