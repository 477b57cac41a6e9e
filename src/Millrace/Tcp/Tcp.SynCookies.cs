using Millrace.Headers;

namespace Millrace.Tcp;

/// <content>
/// A listener whose backlog is full answers SYNs and forgets them; who acknowledges such an answer has a connection
/// (net/ipv4/syncookies.c). What a flood costs is an answer each, and clients come through.
/// </content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    /// <summary>tcp_syncookies: a cookie for every SYN.</summary>
    private const int CookiesAlways = 2;

    private readonly SynCookies synCookies;

    /// <summary>Sends the SYN-ACK of a connection that exists for the length of this call.</summary>
    private void AnswerByCookie(ref Listener listener, ref TcpSegment segment)
    {
        listener.CookieSentAt = now;
        if (!settings.Timestamps || !segment.Options.HasTimestamps)
        {
            // nowhere to keep it
            segment.Options.HasWindowScale = false;
            segment.Options.HasSackPermitted = false;
        }

        Begin(out var connection, in segment.Key);
        connection.State = TcpStateTable.Next(TcpState.Listen, TcpEvent.Syn);
        StartSending(ref connection, synCookies.Make(in segment.Key, segment.Sequence, segment.Options.MaximumSegmentSize, now));
        InheritBuffers(in listener.Options, ref connection);
        TakeSyn(ref connection, ref segment);
        connection.Traits &= connection.Has(TcpTraits.Timestamps) ? ~TcpTraits.None : ~TcpTraits.Ecn;
        var timestamp = (uint)(now / Millisecond);
        connection.TimestampOffset += SynCookies.Stamp(timestamp, in segment.Options, connection.Has(TcpTraits.Ecn)) - timestamp;

        // as if it had gone before: nothing waits for its acknowledgment
        connection.SndMax = connection.Iss + 1;
        if (TrySendSyn(None, ref connection))
        {
            counters.SyncookiesSent++;
        }
        else
        {
            counters.RepliesLost++;
        }
    }

    /// <summary>An acknowledgment for a listener: if it is of a cookie, it makes the connection and arrives there.</summary>
    /// <returns>Whether there is a verdict: otherwise the segment is of no connection.</returns>
    private bool TryArriveByCookie(int place, ref TcpSegment segment, uint hash, out Verdict verdict)
    {
        verdict = default;
        ref var listener = ref listeners[place];
        if (settings.SynCookies == 0 || !listener.CookieSentAt.IsSet || listener.CookieSentAt.Elapsed(now) >= SynCookies.Lifetime)
        {
            return false;
        }

        var cookie = segment.Acknowledgment - 1;
        var segmentSize = synCookies.Read(in segment.Key, segment.Sequence - 1, cookie, now);
        if (segmentSize == 0)
        {
            counters.SyncookiesFailed++;
            return false;
        }

        counters.SyncookiesRecv++;
        if (!MayAccept(in listener))
        {
            counters.ListenOverflows++;
        }
        else if (TryAllocateConnection(in segment.Key, hash, out var index))
        {
            ref var connection = ref connections[index];
            EnterSynReceived(place, ref connection);
            StartSending(ref connection, cookie);
            connection.SndMax = connection.Iss + 1;
            TakeRemembered(ref connection, ref segment, segmentSize);
            verdict = Arrive(index, ref segment);
            return true;
        }

        counters.ListenDrops++;
        verdict = Verdict.Drop(DropReason.TcpListenOverflow);
        return true;
    }

    /// <summary>Takes over the SYN as far as its answer, now acknowledged, remembers it.</summary>
    private void TakeRemembered(ref TcpConnection connection, ref TcpSegment segment, ushort segmentSize)
    {
        var syn = new TcpSegment
        {
            Sequence = segment.Sequence - 1,
            Options = new TcpOptions
            {
                MaximumSegmentSize = segmentSize,
                HasTimestamps = settings.Timestamps && segment.Options.HasTimestamps,
                TimestampValue = segment.Options.TimestampValue,
            },
        };
        var hasEcn = syn.Options.HasTimestamps
            && SynCookies.ReadStamp(segment.Options.TimestampEcho - connection.TimestampOffset, ref syn.Options) && settings.Ecn != 0;

        syn.Window = (ushort)Math.Min(segment.Window << syn.Options.WindowScale, MaximumUnscaledWindow);
        TakeSyn(ref connection, ref syn);
        connection.Set(TcpTraits.Ecn, hasEcn);
    }
}
