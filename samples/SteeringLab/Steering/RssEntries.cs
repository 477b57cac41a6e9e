using Millrace.Nics;

namespace SteeringLab.Steering;

/// <summary>The RSS table of the server's NIC, and the ways in which the lab rewrites it while packets pass.</summary>
internal sealed class RssEntries(RssTable table, Random random)
{
    public RssTable Table { get; } = table;

    public void Randomize()
    {
        for (var entry = 0; entry < Table.Length; entry++)
        {
            Table[entry] = random.Next(Table.QueueCount);
        }
    }

    public void Rotate()
    {
        var before = Table[Table.Length - 1];
        for (var entry = 0; entry < Table.Length; entry++)
        {
            (Table[entry], before) = (before, Table[entry]);
        }
    }

    public void SpreadEvenly() => Table.SpreadEvenly(Table.QueueCount);

    public void NameAll(int queue)
    {
        for (var entry = 0; entry < Table.Length; entry++)
        {
            Table[entry] = queue;
        }
    }

    public int[] ToArray() => [.. Enumerable.Range(0, Table.Length).Select(entry => Table[entry])];
}
