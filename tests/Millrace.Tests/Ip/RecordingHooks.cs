namespace Millrace.Tests.Ip;

/// <summary>Hooks of a test behind the struct that the stage wants; without any it is as if none were declared.</summary>
internal readonly struct RecordingHooks(INetfilterHooks? hooks) : INetfilterHooks
{
    public bool HasPreRouting => hooks is { HasPreRouting: true };

    public bool HasLocalIn => hooks is { HasLocalIn: true };

    public bool HasForward => hooks is { HasForward: true };

    public bool HasLocalOut => hooks is { HasLocalOut: true };

    public bool HasPostRouting => hooks is { HasPostRouting: true };

    public Verdict PreRouting(HookPacket packet) => hooks?.PreRouting(packet) ?? Verdict.Continue;

    public Verdict LocalIn(HookPacket packet) => hooks?.LocalIn(packet) ?? Verdict.Continue;

    public Verdict Forward(HookPacket packet) => hooks?.Forward(packet) ?? Verdict.Continue;

    public Verdict LocalOut(HookPacket packet) => hooks?.LocalOut(packet) ?? Verdict.Continue;

    public Verdict PostRouting(HookPacket packet) => hooks?.PostRouting(packet) ?? Verdict.Continue;
}

/// <summary>Writes down what passes which point, and drops or swallows at one of them.</summary>
internal sealed class HookLog : INetfilterHooks
{
    public List<string> Seen { get; } = [];

    /// <summary>The point that does not continue packets, and what it says.</summary>
    public (string Point, Verdict Verdict) Ends { get; set; }

    public bool HasPreRouting => true;

    public bool HasLocalIn => true;

    public bool HasForward => true;

    public bool HasLocalOut => true;

    public bool HasPostRouting => true;

    public Verdict PreRouting(HookPacket packet) => Note("PRE_ROUTING", packet);

    public Verdict LocalIn(HookPacket packet) => Note("LOCAL_IN", packet);

    public Verdict Forward(HookPacket packet) => Note("FORWARD", packet);

    public Verdict LocalOut(HookPacket packet) => Note("LOCAL_OUT", packet);

    public Verdict PostRouting(HookPacket packet) => Note("POST_ROUTING", packet);

    private Verdict Note(string point, HookPacket packet)
    {
        var name = packet.IsFragment ? "fragment" : packet.Protocol.ToString();
        Seen.Add($"{point} {packet.Input}->{packet.Output} {packet.Source}>{packet.Destination} {name} {packet.TotalLength}");
        return Ends.Point == point ? Ends.Verdict : Verdict.Continue;
    }
}

/// <summary>Counts and remembers nothing else.</summary>
internal sealed class CountingHooks : INetfilterHooks
{
    public long Count { get; private set; }

    public bool HasPreRouting => true;

    public bool HasLocalIn => true;

    public bool HasForward => true;

    public bool HasLocalOut => true;

    public bool HasPostRouting => true;

    public Verdict PreRouting(HookPacket packet) => Next();

    public Verdict LocalIn(HookPacket packet) => Next();

    public Verdict Forward(HookPacket packet) => Next();

    public Verdict LocalOut(HookPacket packet) => Next();

    public Verdict PostRouting(HookPacket packet) => Next();

    private Verdict Next()
    {
        Count++;
        return Verdict.Continue;
    }
}
