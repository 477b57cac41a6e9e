using Millrace;
using SteeringLab.Readings;

namespace SteeringLab.Display;

/// <summary>A line a worker: where it runs, what it does and what it gives to the others.</summary>
internal static class WorkerTable
{
    public static FixedTable Make(LabRates rates, int width)
    {
        var isWide = LabScreen.IsWide(width);
        var table = isWide
            ? new FixedTable(
                width, new Column("worker", 6), new Column("runs on", 8, IsText: true), new Column("packets/s", 10), new Column("processor", 9),
                new Column("polls/s", 9), new Column("empty", 5), new Column("sleeps/s", 8), new Column("interrupts/s", 12),
                new Column("backlog", 7), new Column("in/s", 9), new Column("out/s", 9), new Column("kicks/s", 7), new Column("drops", 7))
            : new FixedTable(
                width, new Column("worker", 6), new Column("packets/s", 10), new Column("cpu", 4), new Column("polls/s", 9), new Column("empty", 5),
                new Column("sleep/s", 7), new Column("backlog", 7), new Column("in/s", 8), new Column("out/s", 8), new Column("drops", 6));
        foreach (var worker in rates.Now.Workers)
        {
            table.Add([.. Cells(rates, worker, isWide)]);
        }

        return table;
    }

    private static IEnumerable<Cell> Cells(LabRates rates, WorkerReading worker, bool isWide)
    {
        var polls = rates.Of(worker, (WorkerCounters counters) => counters.Polls);
        yield return Cell.Place(worker.Worker);
        if (isWide)
        {
            yield return new Cell(worker.Pinning);
        }

        yield return Cell.Number(rates.Of(worker, (WorkerReading reading) => reading.Taken));
        yield return Cell.Share(rates.ProcessorShareOf(worker));
        yield return Cell.Number(polls);
        yield return Cell.Share(polls == 0 ? 0 : rates.Of(worker, (WorkerCounters counters) => counters.EmptyPolls) / polls);
        yield return Cell.Number(rates.Of(worker, (WorkerCounters counters) => counters.Sleeps));
        if (isWide)
        {
            yield return Cell.Number(rates.Of(worker, (WorkerCounters counters) => counters.Interrupts));
        }

        yield return Cell.Number(worker.Backlog);
        yield return Cell.Number(rates.Of(worker, (WorkerReading reading) => reading.Ledger.SteeredIn));
        yield return Cell.Number(rates.Of(worker, (WorkerReading reading) => reading.Ledger.SteeredOut));
        if (isWide)
        {
            yield return Cell.Number(rates.Of(worker, (WorkerReading reading) => reading.Kicks));
        }

        yield return Cell.Number(worker.Ledger.IngressDropped + worker.Ledger.EgressDropped);
    }
}
