namespace SteeringLab.Steering;

/// <summary>Changes by chance, the same ones for the same seed.</summary>
internal sealed class Churn(double seconds, int workers, ulong seed)
{
    /// <summary>A stop and a start come once in so many changes.</summary>
    private const int RestartEvery = 16;

    private static readonly ulong[] BusyPolls = [0, 20, 50, 200];

    private readonly Random random = new((int)(seed ^ (seed >> 32)));
    private long made;

    /// <summary>When the next changes are due, in seconds from the start of the traffic.</summary>
    public double NextAt => (made + 1) * seconds;

    /// <summary>The next changes: one, or a stop and the start that follows it.</summary>
    public IReadOnlyList<LabChange> Next()
    {
        made++;
        if (random.Next(RestartEvery) == 0)
        {
            return [new LabChange(ChangeKind.TeamStop), new LabChange(ChangeKind.TeamStart)];
        }

        LabChange change;
        do
        {
            change = random.Next(7) switch
            {
                0 => new LabChange(ChangeKind.RssRotate),
                1 => new LabChange(ChangeKind.RssEven),
                2 => new LabChange(ChangeKind.RssAll, (ulong)random.Next(workers)),
                3 => new LabChange(ChangeKind.RpsMask, (ulong)random.Next(1 << workers)),
                4 => new LabChange(ChangeKind.XpsMap, (ulong)random.Next(XpsMaps.Names.Length)),
                5 => new LabChange(ChangeKind.BusyPoll, BusyPolls[random.Next(BusyPolls.Length)]),
                _ => new LabChange(ChangeKind.RssRandom),
            };
        }
        while (!change.IsFor(workers));
        return [change];
    }
}
