using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Interop;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <content>
/// Samples of the delivery rate (net/ipv4/tcp_rate.c), where the algorithm needs them: nothing of it is compiled for others. Such a
/// connection is <see cref="TcpTraits.Disturbed"/> from its start to its end, because it must know of each frame when it was sent, and what
/// was delivered then.
/// </content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    /// <summary>By the place of the transfer.</summary>
    private readonly NativeTable<TransferRates> rates;

    /// <summary>By frame.</summary>
    private readonly NativeTable<SentRate> sentRates;

    private ReadOnlySpan<RateSample> RateOf(ref TcpConnection connection) => TCongestionControl.NeedsRateSamples
        ? new ReadOnlySpan<RateSample>(ref rates[connection.Transfer].Sample)
        : default;

    /// <summary>The transfer begins, perhaps with something in flight that nothing is known of.</summary>
    private void StartRates(ref TcpConnection connection)
    {
        ref var state = ref rates[connection.Transfer];
        state = default;
        state.Sample.PriorDelivered = -1;
        state.Sample.IntervalDelivered = -1;
        state.Sample.Interval = -1;
        state.Sample.DeliveredAt = microseconds;
        state.FirstSentAt = microseconds;
        for (var frame = connection.SendHead; !frame.IsNone && frame != connection.SendNext; frame = NextInSendQueue(frame))
        {
            sentRates[frame.Index] = default;
        }
    }

    /// <summary>A frame goes, or goes again; SND.NXT is where it was (tcp_rate_skb_sent).</summary>
    private void NoteSent(ref TcpConnection connection, Frame frame)
    {
        ref var state = ref rates[connection.Transfer];
        if (connection.SndMax == connection.SndUna)
        {
            // after a pause the intervals begin now, or it would count as slow sending
            state.FirstSentAt = microseconds | 1;
            state.Sample.DeliveredAt = microseconds;
        }

        sentRates[frame.Index] = new SentRate
        {
            Delivered = state.Sample.Delivered,
            DeliveredAt = state.Sample.DeliveredAt,
            FirstSentAt = state.FirstSentAt,
            IsLimited = state.LimitedUntil != 0,
            IsOut = true,
        };
    }

    /// <summary>An acknowledgment begins.</summary>
    private void BeginRate(ref TcpConnection connection)
    {
        ref var state = ref rates[connection.Transfer];
        state.Sample.PriorInFlight = Pipe(ref connection);
        state.Sample.PriorDelivered = -1;
        state.SendInterval = 0;
    }

    /// <summary>A frame was delivered: the youngest of an acknowledgment makes the sample (tcp_rate_skb_delivered).</summary>
    private void NoteDelivered(ref TcpConnection connection, Frame frame, uint sentAt, SequenceNumber end, bool isRepeated)
    {
        ref var sent = ref sentRates[frame.Index];
        if (!sent.IsOut || sentAt == 0)
        {
            return;
        }

        ref var state = ref rates[connection.Transfer];
        sent.IsOut = false;
        if (state.Sample.PriorDelivered >= 0 && !IsSentAfter(sentAt, state.FirstSentAt, end, state.LastEnd))
        {
            return;
        }

        state.Sample.PriorDelivered = sent.Delivered;
        state.Sample.IsLimited = sent.IsLimited;
        state.Sample.IsRetransmitted = isRepeated;
        state.PriorDeliveredAt = sent.DeliveredAt;
        state.LastEnd = end;
        state.FirstSentAt = sentAt;
        state.SendInterval = (int)(sentAt - sent.FirstSentAt);
    }

    /// <summary>An acknowledgment is worked through (tcp_rate_gen).</summary>
    /// <param name="flight">SND.NXT − SND.UNA before.</param>
    private void GenerateRate(int index, ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer, ref AckFacts facts, int flight)
    {
        ref var state = ref rates[connection.Transfer];
        ref var sample = ref state.Sample;
        sample.Delivered += facts.Delivered;
        sample.DeliveredMarked += facts.Is(AckFlags.Ece) ? facts.Delivered : 0;
        sample.Lost += newlyLost;
        sample.NewlyLost = newlyLost;
        state.LimitedUntil = sample.Delivered > state.LimitedUntil ? 0 : state.LimitedUntil;
        sample.IsApplicationLimited = state.LimitedUntil != 0;
        sample.DeliveredAt = facts.Delivered > 0 ? microseconds : sample.DeliveredAt;
        sample.DepartsAt = connection.Has(TcpTraits.Paced) ? pacers[index].DepartsAt : 0;
        sample.IsAckDelayed = facts.Segments == 1 && connection.SndUna == connection.SndMax && flight < connection.Mss
            && connection.LossState == LossState.Open && sample.PriorDelivered + facts.Delivered == sample.Delivered;
        sample.IntervalDelivered = -1;
        sample.Interval = -1;
        if (sample.PriorDelivered < 0)
        {
            return;
        }

        // both: what was sent in a burst is not delivered as fast, and acknowledgments come in bursts too
        sample.IntervalDelivered = sample.Delivered - sample.PriorDelivered;
        var interval = Math.Max(state.SendInterval, (int)(microseconds - state.PriorDeliveredAt));
        if (interval < transfer.MinimumRtt)
        {
            // nothing is delivered faster than that: it went again, and the first of it has arrived
            return;
        }

        sample.Interval = interval;
        if (!sample.IsLimited || (Int128)sample.IntervalDelivered * state.ToldInterval >= (Int128)state.ToldDelivered * interval)
        {
            state.ToldDelivered = sample.IntervalDelivered;
            state.ToldInterval = interval;
            state.IsToldLimited = sample.IsLimited;
        }
    }

    /// <summary>Found lost without an acknowledgment.</summary>
    private void NoteLost(ref TcpConnection connection, int length)
    {
        if (TCongestionControl.NeedsRateSamples)
        {
            rates[connection.Transfer].Sample.Lost += length;
        }
    }

    /// <summary>
    /// The application writes: if all before it has gone, and was not held back by the window, what is in flight is less than the path could
    /// take (tcp_rate_check_app_limited).
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void NoteApplicationLimit(ref TcpConnection connection)
    {
        if (!connection.Has(TcpTraits.Transfer) || connection.WriteSequence - connection.SndNxt >= connection.Mss
            || connection.WmemAlloc >= Arena.FrameTruesize)
        {
            return;
        }

        ref var board = ref TransferOf(ref connection).Board;
        var inFlight = Pipe(ref connection, ref board);
        if (inFlight < connection.Congestion.Length && board.LostFirst.IsNone)
        {
            ref var state = ref rates[connection.Transfer];
            state.LimitedUntil = Math.Max(state.Sample.Delivered + inFlight, 1);
            state.Sample.IsApplicationLimited = true;
        }
    }

    private TcpInfo WithRates(ref TcpConnection connection, TcpInfo info)
    {
        ref var state = ref rates[connection.Transfer];
        return info with
        {
            Delivered = Segments(ref connection, state.Sample.Delivered),
            DeliveredCe = Segments(ref connection, state.Sample.DeliveredMarked),
            DeliveryRate = state.ToldInterval > 0 ? (ulong)(state.ToldDelivered * (Second / Microsecond) / state.ToldInterval) : 0,
            IsDeliveryRateAppLimited = state.IsToldLimited,
        };
    }
}
