using System.Globalization;
using System.Text;

namespace Millrace.Testing.Scripts;

/// <summary>A script that did not go as it is written: the message shows it with the line marked, and what really happened.</summary>
public sealed class ScriptFailure : Exception
{
    private const int LinesAround = 8;

    internal ScriptFailure(Script script, string system, int line, string what, IEnumerable<string> happened)
        : base(Describe(script, system, line, what, happened))
    {
        Line = line;
        What = what;
    }

    /// <summary>The line, from 1.</summary>
    public int Line { get; }

    /// <summary>The failure in one sentence.</summary>
    public string What { get; }

    private static string Describe(Script script, string system, int line, string what, IEnumerable<string> happened)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{script.File} on {system}, line {line}: {what}\n");
        for (var i = Math.Max(1, line - LinesAround); i <= Math.Min(script.TextLines.Count, line + LinesAround / 2); i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{(i == line ? "==>" : "   ")} {i,3}  {script.TextLines[i - 1]}\n");
            if (i == line)
            {
                foreach (var packet in happened)
                {
                    text.Append(CultureInfo.InvariantCulture, $"         really: {packet}\n");
                }
            }
        }

        return text.ToString();
    }
}
