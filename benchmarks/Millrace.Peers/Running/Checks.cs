namespace Millrace.Peers.Running;

/// <summary>What the driver itself can tell about a result.</summary>
internal static class Checks
{
    /// <summary>The run, no longer valid if F2's packets did not all go where the routes send them.</summary>
    public static Run Apply(Run run)
    {
        if (run.Workload != "F2" || !run.Valid || !Catalogue.Hops.TryGetValue(run.Asked, out var expected))
        {
            return run;
        }

        var hops = run.Note.Split(' ', ',', ';').FirstOrDefault(word => word.StartsWith("hops=", StringComparison.Ordinal))?["hops=".Length..];
        return hops is null ? run with { Valid = false, Note = Join(run.Note, "no hops= in the note") }
            : Normal(hops) != expected ? run with { Valid = false, Note = Join(run.Note, $"{expected} expected") }
            : run;
    }

    private static string Normal(string hex) => hex.ToLowerInvariant().Replace("0x", "", StringComparison.Ordinal).TrimStart('0') is { Length: > 0 } digits ? digits : "0";

    private static string Join(string note, string more) => note.Length == 0 ? more : $"{note}; {more}";
}
