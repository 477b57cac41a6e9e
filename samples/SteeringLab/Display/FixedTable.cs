using System.Globalization;
using Spectre.Console;

namespace SteeringLab.Display;

/// <summary>A column of a <see cref="FixedTable"/>.</summary>
/// <param name="Width">Characters; what is longer is cut.</param>
/// <param name="IsText">Whether it begins at the left; numbers end at the right.</param>
internal readonly record struct Column(string Name, int Width, bool IsText = false);

/// <summary>
/// A line of headers and a line each row, in columns that keep their widths whatever is in them: what is drawn four times a second
/// must not move, and the screen has to know how many lines it takes.
/// </summary>
internal sealed class FixedTable
{
    private static readonly Style HeaderStyle = new(decoration: Decoration.Underline);

    private readonly Column[] columns;
    private readonly List<Paragraph> lines = [];

    /// <param name="width">Characters of a line; columns that do not fit are left out, the last ones first.</param>
    public FixedTable(int width, params Column[] columns)
    {
        this.columns = [.. columns.TakeWhile(column => (width -= column.Width + 1) >= -1)];
        Add([.. columns.Select(column => new Cell(column.Name, HeaderStyle))]);
    }

    public IReadOnlyList<Paragraph> Lines => lines;

    public void Add(params Cell[] cells)
    {
        var line = new Paragraph { Overflow = Overflow.Crop };
        for (var i = 0; i < columns.Length; i++)
        {
            var (_, width, isText) = columns[i];
            var text = cells[i].Text.Length > width ? cells[i].Text[..width] : cells[i].Text;
            var padding = new string(' ', width - text.Length);
            line.Append(isText || padding.Length == 0 ? "" : padding, Style.Plain);
            line.Append(text, cells[i].Style ?? Style.Plain);
            line.Append((isText ? padding : "") + (i == columns.Length - 1 ? "" : " "), Style.Plain);
        }

        lines.Add(line);
    }
}

/// <summary>What stands in a column.</summary>
internal readonly record struct Cell(string Text, Style? Style = null)
{
    public static Cell Number(double number) => new(number.ToString("N0", CultureInfo.InvariantCulture));

    public static Cell Share(double part) => new(string.Create(CultureInfo.InvariantCulture, $"{part * 100:F0}%"));

    /// <summary>The number of a queue or a worker, in its colour; none is a dash.</summary>
    public static Cell Place(int number) =>
        new(number < 0 ? "-" : number.ToString(CultureInfo.InvariantCulture), QueueColours.Name(number));
}
