using System.Runtime.CompilerServices;

namespace Millrace.Ip;

/// <summary>What a hook's verdict other than "continue" comes to (net/netfilter/core.c, nf_hook_slow).</summary>
internal static class HookVerdict
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Verdict Settle(Verdict verdict)
    {
        if (verdict.Kind is not (VerdictKind.Drop or VerdictKind.Consumed))
        {
            Throw.NoHookVerdict(verdict.Kind);
        }

        return verdict.Equals(Verdict.Drop(DropReason.NotSpecified)) ? Verdict.Drop(DropReason.NetfilterDrop) : verdict;
    }
}
