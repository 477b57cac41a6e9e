namespace Millrace.Testing.Twin;

/// <summary>The hooks of a twin: boxed, asked for what they can do, and put in order when they are called.</summary>
public sealed class TwinHooks : INetfilterHooks
{
    private readonly List<(int Priority, object Hook)> hooks = [];

    public bool HasPreRouting => Has<IPreRoutingHook>();

    public bool HasLocalIn => Has<ILocalInHook>();

    public bool HasForward => Has<IForwardHook>();

    public bool HasLocalOut => Has<ILocalOutHook>();

    public bool HasPostRouting => Has<IPostRoutingHook>();

    /// <summary>Adds a hook; called by the generated constructor in source order.</summary>
    public void Add(int priority, object hook) => hooks.Add((priority, hook));

    public Verdict PreRouting(HookPacket packet)
    {
        var verdict = Verdict.Continue;
        foreach (var hook in At<IPreRoutingHook>())
        {
            verdict = verdict.IsContinue ? hook.PreRouting(packet) : verdict;
        }

        return verdict;
    }

    public Verdict LocalIn(HookPacket packet)
    {
        var verdict = Verdict.Continue;
        foreach (var hook in At<ILocalInHook>())
        {
            verdict = verdict.IsContinue ? hook.LocalIn(packet) : verdict;
        }

        return verdict;
    }

    public Verdict Forward(HookPacket packet)
    {
        var verdict = Verdict.Continue;
        foreach (var hook in At<IForwardHook>())
        {
            verdict = verdict.IsContinue ? hook.Forward(packet) : verdict;
        }

        return verdict;
    }

    public Verdict LocalOut(HookPacket packet)
    {
        var verdict = Verdict.Continue;
        foreach (var hook in At<ILocalOutHook>())
        {
            verdict = verdict.IsContinue ? hook.LocalOut(packet) : verdict;
        }

        return verdict;
    }

    public Verdict PostRouting(HookPacket packet)
    {
        var verdict = Verdict.Continue;
        foreach (var hook in At<IPostRoutingHook>())
        {
            verdict = verdict.IsContinue ? hook.PostRouting(packet) : verdict;
        }

        return verdict;
    }

    private bool Has<T>() => hooks.Exists(entry => entry.Hook is T);

    private List<T> At<T>() => [.. hooks.Where(entry => entry.Hook is T).OrderBy(entry => entry.Priority).Select(entry => (T)entry.Hook)];
}
