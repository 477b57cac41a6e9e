using System.Globalization;
using Spectre.Console;
using SteeringLab.Readings;

namespace SteeringLab.Display;

/// <summary>The flows with the most packets: by which entry and queue they come, and which worker has them.</summary>
internal static class FlowTable
{
    public static FixedTable Make(LabRates rates, int rows, int width)
    {
        var isWide = LabScreen.IsWide(width);
        var table = isWide
            ? new FixedTable(
                width, new Column("flow", 34, IsText: true), new Column("hash", 8), new Column("entry", 5), new Column("queue", 5), new Column("target", 6),
                new Column("worker", 6), new Column("runs on", 8), new Column("packets/s", 10), new Column("q.moves", 8),
                new Column("w.moves", 8), new Column("reordered", 9))
            : new FixedTable(
                width, new Column("flow", 19, IsText: true), new Column("entry", 5), new Column("queue", 5), new Column("target", 6), new Column("worker", 6),
                new Column("packets/s", 10), new Column("moves", 7), new Column("reordered", 9));

        // by what they sent so far, and in the order of their numbers: by rates alone, lines would jump with every reading
        var busiest = rates.Now.Flows.OrderByDescending(flow => flow.Packets).Take(rows).OrderBy(flow => flow.Flow.Index);
        foreach (var flow in busiest)
        {
            table.Add([.. Cells(rates, flow, isWide)]);
        }

        return table;
    }

    private static IEnumerable<Cell> Cells(LabRates rates, FlowReading reading, bool isWide)
    {
        var flow = reading.Flow;
        var protocol = flow.Protocol.ToString().ToUpperInvariant();
        yield return new Cell(isWide
            ? $"{protocol} {flow.Source} > {flow.Destination}"
            : string.Create(CultureInfo.InvariantCulture, $"{protocol} :{flow.Source.Port} > :{flow.Destination.Port}"));
        if (isWide)
        {
            yield return new Cell(string.Create(CultureInfo.InvariantCulture, $"{flow.Hash:x8}"));
        }

        yield return Cell.Number(reading.Entry);
        yield return Cell.Place(reading.Queue);
        yield return Cell.Place(reading.Target);
        yield return Cell.Place(reading.Worker);
        if (isWide)
        {
            yield return new Cell(reading.Worker < 0 ? "-" : rates.Now.Workers[reading.Worker].Pinning);
        }

        yield return Cell.Number(rates.PacketsOf(reading));
        if (isWide)
        {
            yield return Cell.Number(reading.QueueMoves);
            yield return Cell.Number(reading.WorkerMoves);
        }
        else
        {
            yield return Cell.Number(reading.QueueMoves + reading.WorkerMoves);
        }

        yield return Cell.Number(reading.Reordered) with { Style = reading.Reordered == 0 ? null : new Style(Color.Red) };
    }
}
