using System.Diagnostics;
using Millrace.Headers;
using SteeringLab.Traffic;

namespace SteeringLab.Runs;

/// <summary>Waits until traffic that has ended is over: every byte of the connections has arrived, and nothing moves any more.</summary>
internal sealed class Settling(FlowBoard board, Func<string?> failure)
{
    /// <summary>Without a packet for so long, nothing is under way any more.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(200);

    /// <summary>Longer than any retransmission waits here.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    /// <returns>False if bytes of a connection are still missing after a time in which they should have come.</returns>
    public async Task<bool> WaitAsync()
    {
        var seen = -1L;
        var seenAt = Stopwatch.GetTimestamp();
        while (failure() is null)
        {
            var packets = board.Flows.Sum(flow => flow.SentPackets + flow.Packets);
            var unmoved = Stopwatch.GetElapsedTime(seenAt);
            if (packets != seen)
            {
                (seen, seenAt) = (packets, Stopwatch.GetTimestamp());
            }
            else if (unmoved >= Limit || (unmoved >= Quiet && IsWhole))
            {
                return IsWhole;
            }

            await Task.Delay(Step).ConfigureAwait(false);
        }

        return false;
    }

    private bool IsWhole => board.Flows.All(flow => flow.Protocol != IpProtocol.Tcp || flow.Bytes == flow.SentBytes);
}
