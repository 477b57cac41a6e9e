using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <content>TIME-WAIT (RFC 9293 §3.6.1, RFC 6191, net/ipv4/tcp_minisocks.c, tcp_timewait_state_process).</content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    /// <summary>TCP_TIMEWAIT_LEN.</summary>
    private const long TimeWaitLength = 60 * Second;

    /// <summary>Leaves a small entry in the connection's place, and ends the connection for its application.</summary>
    private void EnterTimeWait(int index, ref TcpConnection connection)
    {
        counters.TW++;
        if (timeWaits.IsFull)
        {
            counters.TCPTimeWaitOverflow++;
            ForgetTimeWait(timeWaits.Oldest);
        }

        var place = timeWaits.Add(now + TimeWaitLength);
        ref var entry = ref timeWaits[place];
        entry.Key = connection.Key;
        entry.SndNxt = connection.SndMax;
        entry.RcvNxt = connection.RcvNxt;
        entry.Window = (ushort)(Math.Max(ReceiveWindow(ref connection), 1) >> connection.ReceiveWindowScale);
        entry.HasTimestamps = connection.Has(TcpTraits.Timestamps);
        entry.TsRecent = connection.TsRecent;
        entry.NeverAnswered(now);
        flows.Replace(flows.Hash(entry.Key), index, ~place);
        connection.Traits |= TcpTraits.Detached;
        connection.State = TcpState.TimeWait;
        EndWhenRead(index, ref connection);
    }

    private void ExpireTimeWaits()
    {
        while (timeWaits.NextExpiry <= now)
        {
            ForgetTimeWait(timeWaits.Oldest);
        }
    }

    private void ForgetTimeWait(int place)
    {
        var key = timeWaits[place].Key;
        flows.Remove(flows.Hash(in key), ~place);
        GiveUp(in key);
        timeWaits.Remove(place);
    }

    private Verdict ArriveInTimeWait(int place, ref TcpSegment segment, uint hash)
    {
        ref var entry = ref timeWaits[place];
        var isOld = entry.HasTimestamps && segment.Options.HasTimestamps && (int)(entry.TsRecent - segment.Options.TimestampValue) > 0;
        if (segment.IsReset)
        {
            if (!isOld && segment.Sequence == entry.RcvNxt)
            {
                if (!settings.Rfc1337)
                {
                    ForgetTimeWait(place);
                }

                return Verdict.Consumed;
            }

            return Verdict.Drop(DropReason.TcpTimeWait);
        }

        if (segment.IsSyn && !segment.IsAck && !isOld && IsNewer(in entry, ref segment))
        {
            var listener = listenerOfPort[segment.Key.LocalPort] - 1;
            if (listener >= 0)
            {
                // RFC 6191, RFC 9293 §3.6.1: a new incarnation, with sequence numbers beyond those of the old
                var iss = entry.SndNxt + (65_535 + 2);
                counters.TWRecycled++;
                ForgetTimeWait(place);
                return ArriveSyn(listener, ref segment, hash, iss);
            }
        }

        if (!isOld && segment.Sequence == entry.RcvNxt && segment.Length == 0)
        {
            if (segment.Options.HasTimestamps)
            {
                entry.TsRecent = segment.Options.TimestampValue;
            }

            timeWaits.Restart(place, now + TimeWaitLength);
            return Verdict.Consumed;
        }

        counters.PAWSEstab += isOld ? 1 : 0;
        if (isOld || segment.IsAck)
        {
            // the peer's FIN again, or something worse: both let the wait begin anew
            timeWaits.Restart(place, now + TimeWaitLength);
        }

        // an old SYN too: who sent it answers with a reset, which ends the wait, and its next SYN is new
        AnswerInTimeWait(ref entry, segment.Length > 0 && !segment.IsSyn);

        return Verdict.Drop(isOld ? DropReason.TcpPaws : DropReason.TcpTimeWait);
    }

    /// <summary>
    /// Whether a connection of ours may take the place of one in TIME-WAIT: by timestamps the peer tells their segments apart (RFC 6191,
    /// net/ipv4/tcp_ipv4.c, tcp_twsk_unique).
    /// </summary>
    /// <param name="isAsked">The application has named the port, and need not wait for timestamps to go on.</param>
    private bool MayReuse(in TimeWaitEntry entry, bool isAsked) => entry.HasTimestamps
        && (isAsked
            || ((settings.TimeWaitReuse == 1 || (settings.TimeWaitReuse == 2 && network.IsLocal(entry.Key.Remote)))
                && entry.Since(now, TimeWaitLength) >= settings.TimeWaitReuseDelayMilliseconds * Millisecond));

    /// <summary>Ends the TIME-WAIT that the key may still have.</summary>
    /// <returns>The sequence number to start with, beyond those of the earlier connection, and its peer's last timestamp.</returns>
    private (SequenceNumber? Least, uint TsRecent) Reuse(in FlowKey key)
    {
        if (!flows.TryFind(in key, out var index) || index >= 0)
        {
            return default;
        }

        var entry = timeWaits[~index];
        counters.TWRecycled++;
        ForgetTimeWait(~index);
        return (entry.SndNxt + (65_535 + 2), entry.TsRecent);
    }

    private static bool IsNewer(in TimeWaitEntry entry, ref TcpSegment segment) =>
        segment.Sequence > entry.RcvNxt
        || (entry.HasTimestamps && segment.Options.HasTimestamps && (int)(segment.Options.TimestampValue - entry.TsRecent) > 0);

    /// <param name="always">Data and FINs are no answers themselves, so no loop can come of it (tcp_oow_rate_limited).</param>
    private void AnswerInTimeWait(ref TimeWaitEntry entry, bool always)
    {
        if (!always && entry.SinceAnswered(now) < settings.InvalidRateLimitMilliseconds * Millisecond)
        {
            return;
        }

        entry.Answered(now);
        var key = entry.Key;
        var options = new TcpOptions
        {
            HasTimestamps = entry.HasTimestamps,
            TimestampValue = (uint)(now / Millisecond) + (entry.HasTimestamps ? NewTimestampOffset(Unforeseeable(in key)) : 0),
            TimestampEcho = entry.TsRecent,
        };
        Reply(in key, entry.SndNxt, entry.RcvNxt, TcpFlags.Ack, entry.Window, options);
    }
}
