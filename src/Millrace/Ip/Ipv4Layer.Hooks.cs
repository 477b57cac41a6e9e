using Millrace.Memory;

namespace Millrace.Ip;

/// <summary>
/// The hooks as the methods behind the loop call them. The loop itself does so without this detour, in
/// <see cref="Ipv4Stage{TSettings, TVlan, THooks}"/>.
/// </summary>
public sealed partial class Ipv4Layer
{
    private const int NoInterface = -1;

    /// <summary>
    /// What a packet passes that the loop gets back from here: LOCAL_IN if it was reassembled, and PRE_ROUTING before it if it
    /// came from this stack itself, since it enters by lo as if from a wire.
    /// </summary>
    private Verdict RunIngressHooks(Frame packet, ref FrameMetadata metadata)
    {
        if (hooks is null)
        {
            return Verdict.Continue;
        }

        var seen = new HookPacket(packet, ref metadata, metadata.Interface, NoInterface);
        var verdict = (metadata.Flags & FrameFlags.Loopback) != 0 ? hooks.PreRouting(seen) : Verdict.Continue;
        return Settle(verdict.IsContinue ? hooks.LocalIn(seen) : verdict);
    }

    private Verdict RunLocalOutHooks(Frame packet, ref FrameMetadata metadata, byte output)
    {
        if (hooks is null)
        {
            return Verdict.Continue;
        }

        var seen = new HookPacket(packet, ref metadata, NoInterface, output);
        var verdict = hooks.LocalOut(seen);
        return Settle(verdict.IsContinue ? hooks.PostRouting(seen) : verdict);
    }

    private Verdict RunForwardHooks(Frame packet, ref FrameMetadata metadata, byte output)
    {
        if (hooks is null)
        {
            return Verdict.Continue;
        }

        var seen = new HookPacket(packet, ref metadata, metadata.Interface, output);
        var verdict = hooks.Forward(seen);
        return Settle(verdict.IsContinue ? hooks.PostRouting(seen) : verdict);
    }

    private static Verdict Settle(Verdict verdict) => verdict.IsContinue ? verdict : HookVerdict.Settle(verdict);
}
