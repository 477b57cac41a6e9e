using System.Globalization;

namespace Millrace.Headers;

/// <summary>
/// A TCP sequence number: arithmetic is modulo 2^32, and a comparison is right while the two are less than 2^31 apart
/// (RFC 9293 §3.4).
/// </summary>
public readonly record struct SequenceNumber(uint Value)
{
    public static SequenceNumber operator +(SequenceNumber sequence, int count) => new(sequence.Value + (uint)count);

    public static SequenceNumber operator -(SequenceNumber sequence, int count) => new(sequence.Value - (uint)count);

    /// <summary>The distance from <paramref name="earlier"/> to <paramref name="later"/>, negative if it is the other way round.</summary>
    public static int operator -(SequenceNumber later, SequenceNumber earlier) => (int)(later.Value - earlier.Value);

    public static bool operator <(SequenceNumber left, SequenceNumber right) => left - right < 0;

    public static bool operator >(SequenceNumber left, SequenceNumber right) => left - right > 0;

    public static bool operator <=(SequenceNumber left, SequenceNumber right) => left - right <= 0;

    public static bool operator >=(SequenceNumber left, SequenceNumber right) => left - right >= 0;

    public static SequenceNumber Max(SequenceNumber left, SequenceNumber right) => left > right ? left : right;

    public static SequenceNumber Min(SequenceNumber left, SequenceNumber right) => left < right ? left : right;

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
