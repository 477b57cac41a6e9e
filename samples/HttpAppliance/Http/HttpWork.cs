using Millrace;
using Millrace.Tcp;

namespace HttpAppliance.Http;

/// <summary>
/// A stage of the application's own: it lets every packet pass, and gives the site time of the loop for work that no packet
/// calls for (digests, idle connections).
/// </summary>
public struct HttpWork(HttpSite site, TcpSockets tcp) : IIngressStage, IPollStart, ITimed
{
    public readonly long NextDeadline => site.NextDeadline;

    public readonly Verdict Receive(ref Packet packet) => Verdict.Continue;

    public readonly void PollStart(long now) => site.PollStart(now);

    public readonly void Advance(long now) => site.Advance(tcp, now);
}
