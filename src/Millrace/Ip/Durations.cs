namespace Millrace.Ip;

/// <summary>Spans of time in nanoseconds, the unit of every clock of a stack.</summary>
internal static class Durations
{
    public const long Millisecond = 1_000_000;
    public const long Second = 1_000_000_000;
}
