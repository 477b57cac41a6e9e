using SteeringLab.Steering;

namespace SteeringLab.Display;

/// <summary>What each key does.</summary>
internal static class KeyMap
{
    public const string Legend = "r random RSS  t rotate  e even  0/1 one queue  m RPS mask  x XPS map  b busy poll  s stop/start  q quit";

    /// <summary>The same where there is less room.</summary>
    public const string ShortLegend = "q quit  r/t/e/0/1 RSS  m RPS  x XPS  b busy poll  s stop/start";

    private const char ControlC = '\u0003';

    public static bool IsQuit(char key) => key is 'q' or 'Q' or ControlC;

    public static LabChange? Find(char key) => char.ToLowerInvariant(key) switch
    {
        'r' => new LabChange(ChangeKind.RssRandom),
        't' => new LabChange(ChangeKind.RssRotate),
        'e' => new LabChange(ChangeKind.RssEven),
        '0' => new LabChange(ChangeKind.RssAll, 0),
        '1' => new LabChange(ChangeKind.RssAll, 1),
        'm' => new LabChange(ChangeKind.RpsNext),
        'x' => new LabChange(ChangeKind.XpsNext),
        'b' => new LabChange(ChangeKind.BusyToggle),
        's' => new LabChange(ChangeKind.TeamToggle),
        _ => null,
    };
}
