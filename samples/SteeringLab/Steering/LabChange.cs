using System.Globalization;

namespace SteeringLab.Steering;

/// <summary>What a key, a script or churn may ask for.</summary>
internal enum ChangeKind
{
    /// <summary>Every entry of the RSS table names a queue by chance.</summary>
    RssRandom,

    /// <summary>Every entry takes the queue of the entry before it.</summary>
    RssRotate,

    /// <summary>The entries take turns with the queues.</summary>
    RssEven,

    /// <summary>Every entry names one queue, <see cref="LabChange.Value"/>.</summary>
    RssAll,

    /// <summary>RPS spreads every queue over the workers of a mask, <see cref="LabChange.Value"/>.</summary>
    RpsMask,

    /// <summary>The next mask.</summary>
    RpsNext,

    /// <summary>The map of XPS of this number.</summary>
    XpsMap,

    /// <summary>The next map.</summary>
    XpsNext,

    /// <summary>Busy polling for so many microseconds.</summary>
    BusyPoll,

    /// <summary>Busy polling on or off.</summary>
    BusyToggle,

    TeamStop,

    TeamStart,

    /// <summary>Stops the team, or starts it again.</summary>
    TeamToggle,
}

/// <summary>One change of how traffic is steered, with the words for it in scripts.</summary>
internal readonly record struct LabChange(ChangeKind Kind, ulong Value = 0)
{
    public const string Grammar =
        "rss random|rotate|even|all QUEUE, rps MASK|next, xps own|crossed|all|first|next, busy MICROSECONDS|toggle, team stop|start";

    private const ulong LongestBusyPoll = 1_000_000;

    /// <summary>Whether it means anything to a server of so many workers.</summary>
    public bool IsFor(int workers) => Kind switch
    {
        ChangeKind.RssAll => Value < (ulong)workers,
        ChangeKind.RpsMask => workers > 1 && Value < 1UL << workers,
        ChangeKind.RpsNext or ChangeKind.XpsMap or ChangeKind.XpsNext => workers > 1,
        _ => true,
    };

    /// <summary>Reads what <see cref="Grammar"/> describes.</summary>
    public static bool TryParse(string text, out LabChange change)
    {
        change = default;
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        LabChange? found = words switch
        {
            ["rss", "random"] => new LabChange(ChangeKind.RssRandom),
            ["rss", "rotate"] => new LabChange(ChangeKind.RssRotate),
            ["rss", "even"] => new LabChange(ChangeKind.RssEven),
            ["rss", "all", var queue] when TryNumber(queue, out var number) => new LabChange(ChangeKind.RssAll, number),
            ["rps", "next"] => new LabChange(ChangeKind.RpsNext),
            ["rps", var mask] when TryMask(mask, out var bits) => new LabChange(ChangeKind.RpsMask, bits),
            ["xps", "next"] => new LabChange(ChangeKind.XpsNext),
            ["xps", var map] when Array.IndexOf(XpsMaps.Names, map) is >= 0 and var number => new LabChange(ChangeKind.XpsMap, (ulong)number),
            ["busy", "toggle"] => new LabChange(ChangeKind.BusyToggle),
            ["busy", var time] when TryNumber(time, out var number) && number <= LongestBusyPoll => new LabChange(ChangeKind.BusyPoll, number),
            ["team", "stop"] => new LabChange(ChangeKind.TeamStop),
            ["team", "start"] => new LabChange(ChangeKind.TeamStart),
            _ => null,
        };
        change = found ?? default;
        return found is not null;
    }

    private static bool TryNumber(string text, out ulong number) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static bool TryMask(string text, out ulong mask) => text.StartsWith("0x", StringComparison.Ordinal)
        ? ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out mask)
        : TryNumber(text, out mask);
}
