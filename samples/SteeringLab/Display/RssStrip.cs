using System.Globalization;
using Spectre.Console;

namespace SteeringLab.Display;

/// <summary>The RSS table as cells, coloured by queue, in as many lines as the width asks for.</summary>
internal static class RssStrip
{
    private const int Label = 4;

    public static IReadOnlyList<Paragraph> Render(IReadOnlyList<int> entries, int width)
    {
        var cells = entries.Count;
        while (cells + Label > width && cells > 1)
        {
            cells /= 2;
        }

        var lines = new List<Paragraph>();
        for (var first = 0; first < entries.Count; first += cells)
        {
            var line = new Paragraph { Overflow = Overflow.Crop };
            line.Append(string.Create(CultureInfo.InvariantCulture, $"{first,3} "), Style.Plain);
            for (var entry = first; entry < first + cells; entry++)
            {
                line.Append(entries[entry].ToString(CultureInfo.InvariantCulture), QueueColours.Cell(entries[entry]));
            }

            lines.Add(line);
        }

        return lines;
    }
}

/// <summary>A colour a queue, and a worker, of the same number.</summary>
internal static class QueueColours
{
    private static readonly Color[] Colours = [Color.Aqua, Color.Yellow, Color.Fuchsia, Color.Lime];

    public static Style Cell(int queue) => new(Color.Black, Of(queue));

    public static Style Name(int number) => number < 0 ? Style.Plain : new Style(Of(number));

    private static Color Of(int number) => Colours[number % Colours.Length];
}
