namespace Millrace;

/// <summary>
/// A hook at PRE_ROUTING: every packet whose header is right (version, lengths, checksum), before it is asked whether it is for
/// this host. Fragments come as they are.
/// </summary>
/// <remarks>
/// A hook continues a packet (NF_ACCEPT), drops it (NF_DROP, with a reason of its own or
/// <see cref="DropReason.NetfilterDrop"/>), or has used it up (<see cref="Verdict.Consumed"/>, as NF_STOLEN; on the way out the
/// ledger counts that as transmitted). Another verdict is an exception. It is called directly, and inlined if it is small.
/// </remarks>
public interface IPreRoutingHook
{
    Verdict PreRouting(HookPacket packet);
}

/// <summary>A hook at LOCAL_IN: a whole packet for this host, before its transport or ICMP sees it.</summary>
/// <inheritdoc cref="IPreRoutingHook" path="/remarks"/>
public interface ILocalInHook
{
    Verdict LocalIn(HookPacket packet);
}

/// <summary>A hook at FORWARD: a packet for another host, once its way is found, its time to live counted down and its length judged.</summary>
/// <inheritdoc cref="IPreRoutingHook" path="/remarks"/>
public interface IForwardHook
{
    Verdict Forward(HookPacket packet);
}

/// <summary>A hook at LOCAL_OUT: a packet that was made here, with its network header, once its way is found.</summary>
/// <inheritdoc cref="IPreRoutingHook" path="/remarks"/>
public interface ILocalOutHook
{
    Verdict LocalOut(HookPacket packet);
}

/// <summary>A hook at POST_ROUTING: every packet that goes out, before it is cut into fragments and its neighbour is asked for.</summary>
/// <inheritdoc cref="IPreRoutingHook" path="/remarks"/>
public interface IPostRoutingHook
{
    Verdict PostRouting(HookPacket packet);
}

/// <summary>
/// The hooks of a stack as the network layer calls them: the generator writes a struct of direct calls, so that a point
/// without a hook folds away.
/// </summary>
public interface INetfilterHooks
{
    bool HasPreRouting { get; }

    bool HasLocalIn { get; }

    bool HasForward { get; }

    bool HasLocalOut { get; }

    bool HasPostRouting { get; }

    Verdict PreRouting(HookPacket packet);

    Verdict LocalIn(HookPacket packet);

    Verdict Forward(HookPacket packet);

    Verdict LocalOut(HookPacket packet);

    Verdict PostRouting(HookPacket packet);
}

/// <summary>The hooks of a stack that declares none.</summary>
public readonly struct NoHooks : INetfilterHooks
{
    public bool HasPreRouting => false;

    public bool HasLocalIn => false;

    public bool HasForward => false;

    public bool HasLocalOut => false;

    public bool HasPostRouting => false;

    public Verdict PreRouting(HookPacket packet) => Verdict.Continue;

    public Verdict LocalIn(HookPacket packet) => Verdict.Continue;

    public Verdict Forward(HookPacket packet) => Verdict.Continue;

    public Verdict LocalOut(HookPacket packet) => Verdict.Continue;

    public Verdict PostRouting(HookPacket packet) => Verdict.Continue;
}
