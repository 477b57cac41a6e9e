using System.Runtime.CompilerServices;
using Millrace.Memory;
using Millrace.Tcp;

namespace Millrace.Egress;

/// <summary>
/// The completions' side of TCP Small Queues (net/ipv4/tcp_output.c, tcp_wfree): tells TCP what is no longer below it. The bound
/// itself is TCP's, which reads the same settings.
/// </summary>
public struct SmallQueuesStage<TSettings> : ITransmitCompletions
    where TSettings : struct, ISmallQueuesSettings
{
    private readonly TcpSockets tcp;
    private TSettings settings;

    public SmallQueuesStage(TSettings settings, Arena arena, TcpSockets tcp)
    {
        this.settings = settings;
        this.tcp = tcp;
        arena.TransmitCompletions = tcp;
    }

    /// <summary>The bound in force, in bytes.</summary>
    public int LimitOutputBytes => settings.LimitOutputBytes;

    /// <summary>Truesize of what all connections have below TCP now, and of what those had that have ended meanwhile.</summary>
    public readonly long WmemAlloc => tcp.WmemAlloc;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Transmitted(Frame head) => tcp.Transmitted(head);
}
