using System.Globalization;
using SteeringLab.Runs;

namespace SteeringLab.Steering;

/// <summary>Where every change is made, whoever asked for it; it keeps count of them.</summary>
internal sealed class SteeringDesk
{
    private const int ToggledBusyPoll = 50;

    private readonly LabTeam team;
    private readonly int[] counts = new int[Enum.GetValues<ChangeKind>().Length];

    public SteeringDesk(LabTeam team, RssEntries rss, RpsMask? rps, XpsMaps? xps)
    {
        this.team = team;
        Rss = rss;
        Rps = rps;
        Xps = xps;
    }

    public RssEntries Rss { get; }

    /// <summary>Null with one worker.</summary>
    public RpsMask? Rps { get; }

    /// <inheritdoc cref="Rps"/>
    public XpsMaps? Xps { get; }

    public int BusyPollMicroseconds => team.BusyPollMicroseconds;

    public bool IsRunning => team.IsRunning;

    /// <summary>The last change, in words.</summary>
    public string LastChange { get; private set; } = "none yet";

    public int ChangeCount { get; private set; }

    public int CountOf(ChangeKind kind) => counts[(int)kind];

    public async Task ApplyAsync(LabChange change)
    {
        if (!change.IsFor(team.Workers.Count))
        {
            LastChange = string.Create(CultureInfo.InvariantCulture, $"{change.Kind} {change.Value} means nothing with {team.Workers.Count} worker(s)");
            return;
        }

        LastChange = await MakeAsync(change).ConfigureAwait(false);
        counts[(int)change.Kind]++;
        ChangeCount++;
    }

    private async Task<string> MakeAsync(LabChange change)
    {
        switch (change.Kind)
        {
            case ChangeKind.RssRandom:
                Rss.Randomize();
                return "RSS table by chance";
            case ChangeKind.RssRotate:
                Rss.Rotate();
                return "RSS table rotated by one entry";
            case ChangeKind.RssEven:
                Rss.SpreadEvenly();
                return "RSS table spread evenly";
            case ChangeKind.RssAll:
                Rss.NameAll((int)change.Value);
                return string.Create(CultureInfo.InvariantCulture, $"RSS table names queue {change.Value} alone");
            case ChangeKind.RpsMask:
                Rps!.Value = change.Value;
                return DescribeRps();
            case ChangeKind.RpsNext:
                Rps!.Next();
                return DescribeRps();
            case ChangeKind.XpsMap:
                Xps!.Choose((int)change.Value);
                return $"XPS map: {Xps.Name}";
            case ChangeKind.XpsNext:
                Xps!.Next();
                return $"XPS map: {Xps.Name}";
            case ChangeKind.BusyPoll:
                team.BusyPollMicroseconds = (int)change.Value;
                return DescribeBusyPoll();
            case ChangeKind.BusyToggle:
                team.BusyPollMicroseconds = team.BusyPollMicroseconds == 0 ? ToggledBusyPoll : 0;
                return DescribeBusyPoll();
            default:
                return await StartOrStopAsync(change.Kind).ConfigureAwait(false);
        }
    }

    private async Task<string> StartOrStopAsync(ChangeKind kind)
    {
        var wanted = kind == ChangeKind.TeamToggle ? !team.IsRunning : kind == ChangeKind.TeamStart;
        if (wanted == team.IsRunning)
        {
            return wanted ? "the workers run already" : "the workers stand already";
        }

        if (wanted)
        {
            team.Start();
            return "workers started again";
        }

        await team.StopAsync().ConfigureAwait(false);
        return "workers drained and stopped; traffic waits";
    }

    private string DescribeRps() => string.Create(CultureInfo.InvariantCulture, $"RPS mask 0x{Rps!.Value:x}");

    private string DescribeBusyPoll() => team.BusyPollMicroseconds == 0
        ? "busy polling off"
        : string.Create(CultureInfo.InvariantCulture, $"busy polling for {team.BusyPollMicroseconds} µs");
}
