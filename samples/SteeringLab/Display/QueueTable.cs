using SteeringLab.Readings;

namespace SteeringLab.Display;

/// <summary>A line a queue of the server's NIC.</summary>
internal static class QueueTable
{
    public static FixedTable Make(LabRates rates, int width)
    {
        var table = new FixedTable(
            width, new Column("queue", 6), new Column("packets/s", 10), new Column("RSS entries", 11), new Column("frames posted", 13),
            new Column("of ring", 7), new Column("missed", 7));
        foreach (var queue in rates.Now.Queues)
        {
            table.Add(
                Cell.Place(queue.Queue), Cell.Number(rates.PacketsOf(queue)), Cell.Number(queue.Entries), Cell.Number(queue.Posted),
                Cell.Number(queue.RingSize), Cell.Number(queue.Missed));
        }

        return table;
    }
}
