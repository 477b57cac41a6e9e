using System.Text;

namespace Millrace.Generators.Emitting;

/// <summary>Indented text with <c>\n</c> ends, whatever the machine.</summary>
internal sealed class CodeWriter
{
    private readonly StringBuilder text = new();
    private int depth;

    public void Line(string line = "")
    {
        if (line.Length > 0)
        {
            text.Append(' ', depth * 4).Append(line);
        }

        text.Append('\n');
    }

    /// <summary>A label, a step to the left.</summary>
    public void Label(string name)
    {
        depth--;
        Line(name + ":");
        depth++;
    }

    public void Summary(string summary) => Line($"/// <summary>{summary.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;")}</summary>");

    /// <summary>A header and what stands in braces below it.</summary>
    public void Block(string header, Action body, string end = "}")
    {
        if (header.Length > 0)
        {
            Line(header);
        }

        Line("{");
        depth++;
        body();
        depth--;
        Line(end);
    }

    public override string ToString() => text.ToString();
}
