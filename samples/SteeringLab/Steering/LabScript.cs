using System.Globalization;

namespace SteeringLab.Steering;

/// <summary>Changes at given times: <c>1s:rss random;2.5s:rps 0x1;3s:team stop;3200ms:team start</c>.</summary>
internal sealed record LabScript(string Text, IReadOnlyList<ScriptStep> Steps)
{
    /// <summary>Reads a script; steps are put in the order of their times.</summary>
    /// <param name="problem">The step that cannot be read and what was expected.</param>
    public static LabScript? Parse(string text, out string? problem)
    {
        var steps = new List<ScriptStep>();
        foreach (var part in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var colon = part.IndexOf(':');
            if (colon < 0 || !TryParseTime(part[..colon].Trim(), out var at))
            {
                problem = $"'{part}' does not begin with a time: write for example 1.5s:rss random or 500ms:rps 0x1";
                return null;
            }

            if (!LabChange.TryParse(part[(colon + 1)..], out var change))
            {
                problem = $"'{part[(colon + 1)..].Trim()}' is no change: write one of {LabChange.Grammar}";
                return null;
            }

            steps.Add(new ScriptStep(at, change));
        }

        problem = steps.Count == 0 ? "it has no step: write for example 1s:rss random;2s:rps 0x1" : null;
        return steps.Count == 0 ? null : new LabScript(text, [.. steps.OrderBy(step => step.Seconds)]);
    }

    private static bool TryParseTime(string text, out double seconds)
    {
        const double MillisecondsPerSecond = 1000;
        var isMilliseconds = text.EndsWith("ms", StringComparison.Ordinal);
        seconds = 0;
        if (!isMilliseconds && !text.EndsWith('s'))
        {
            return false;
        }

        var digits = text[..^(isMilliseconds ? 2 : 1)];
        if (!double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out seconds))
        {
            return false;
        }

        seconds /= isMilliseconds ? MillisecondsPerSecond : 1;
        return true;
    }
}

/// <summary>One step of a script.</summary>
/// <param name="Seconds">When, from the start of the traffic.</param>
internal readonly record struct ScriptStep(double Seconds, LabChange Change);
