using Millrace.Headers;
using Millrace.Sockets;

namespace Millrace.Tcp;

/// <content>
/// Fast Open for listeners (RFC 7413 §4.2.2): a SYN with a valid cookie gives the application its connection and its data at
/// once; the handshake ends while both already talk. Judged in the order of net/ipv4/tcp_fastopen.c, tcp_try_fastopen.
/// </content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    private readonly FastOpenKeys fastOpenKeys;
    private readonly FastOpenResets fastOpenResets;

    /// <summary>A key of its own, from the stack's secret, until another is set.</summary>
    private Entropy NewFastOpenKey()
    {
        const ulong Purpose = 0x666173746F70656E;
        return new Entropy(entropy.Hash(Purpose, 0, 0), entropy.Hash(Purpose, 1, 0));
    }

    public override void ChangeFastOpenKey(UInt128 key) => fastOpenKeys.Change(key);

    public override void SetFastOpenKeys(UInt128 key, UInt128? second) => fastOpenKeys.Change(key, second);

    /// <summary>A listener's limit as it counts: no more than somaxconn, and the backlog if all listeners accept Fast Open.</summary>
    private int FastOpenQueueOf(int asked, int backlog)
    {
        const FastOpenFlags All = FastOpenFlags.Server | FastOpenFlags.AllListeners;
        return asked > 0 ? Math.Min(asked, settings.SoMaxConn) : (FastOpen & All) == All ? backlog : 0;
    }

    /// <summary>Judges the option of a SYN for a listener, and notes what the SYN-ACK says of it.</summary>
    /// <returns>Whether the application gets the connection now.</returns>
    private bool JudgeFastOpen(int listener, ref TcpConnection connection, ref TcpSegment segment)
    {
        var hasOption = TryReadFastOpen(ref segment, out var asked);
        if (hasOption && asked.Cookie.IsNone)
        {
            counters.TCPFastOpenCookieReqd++;
        }

        if ((FastOpen & FastOpenFlags.Server) == 0 || (!hasOption && segment.PayloadLength == 0) || !HasFastOpenRoom(listener))
        {
            return false;
        }

        if ((FastOpen & FastOpenFlags.ServerWithoutCookie) != 0)
        {
            return true;
        }

        // of old a cookie was handed out for data alone
        if (!hasOption && !settings.FastOpenExperimental)
        {
            return false;
        }

        var isOld = false;
        var isValid = !asked.Cookie.IsNone
            && fastOpenKeys.IsValid(asked.Cookie, connection.RemoteAddress, connection.LocalAddress, out isOld);
        if (!isValid || isOld)
        {
            connection.FastOpen = FastOpenTraits.Grants | (asked.IsExperimental || settings.FastOpenExperimental ? FastOpenTraits.Experimental : FastOpenTraits.None);
        }

        counters.TCPFastOpenPassiveAltKey += isOld ? 1 : 0;
        counters.TCPFastOpenPassiveFail += isValid || asked.Cookie.IsNone ? 0 : 1;
        return isValid;
    }

    /// <summary>Whether the listener may have one more connection whose handshake is not over; the oldest reset may be forgiven.</summary>
    private bool HasFastOpenRoom(int place)
    {
        ref var listener = ref listeners[place];
        if (listener.FastOpenQueue == 0)
        {
            return false;
        }

        if (listener.FastOpenPending >= listener.FastOpenQueue)
        {
            if (!fastOpenResets.TryForgive(ref listener.FastOpenResets, now))
            {
                counters.TCPFastOpenListenOverflow++;
                return false;
            }

            listener.FastOpenPending--;
        }

        return true;
    }

    /// <summary>
    /// The application gets the connection in SYN-RECEIVED, then the data of the SYN. It may write: what it says goes behind
    /// the SYN-ACK (tcp_fastopen_create_child).
    /// </summary>
    private Verdict AcceptFastOpen(int index, ref TcpConnection connection, ref TcpSegment segment)
    {
        if (!TryTakeSlot(connection.Application, out var slot))
        {
            counters.TCPFastOpenPassiveFail++;
            return Verdict.Consumed;
        }

        var place = connection.Listener;
        listeners[place].Pending--;
        listeners[place].FastOpenPending++;
        connection.Listener = None;
        connection.FastOpenListener = place;
        connection.FastOpen |= FastOpenTraits.Accepted | FastOpenTraits.Child | (segment.PayloadLength > 0 ? FastOpenTraits.SynDataTaken : FastOpenTraits.None);
        connection.Slot = slot;
        connection.SndSml = connection.Iss;
        StartTransfer(index, ref connection, settings.InitialCongestionWindow);
        counters.PassiveOpens++;
        counters.TCPFastOpenPassive++;
        applications.Opened(connection.Application, slot, new TcpSocket(this, index));
        if (connection.State == TcpState.Closed)
        {
            // the application will not have it
            return Verdict.Drop(DropReason.TcpClose);
        }

        // behind its SYN it is a segment as any other
        segment.Sequence += 1;
        segment.Flags &= ~TcpFlags.Syn;
        notices = TcpNotices.Connected;
        var verdict = segment.PayloadLength > 0 ? ArriveData(index, ref connection, ref segment) : Verdict.Consumed;
        Tell(index);
        return verdict;
    }

    /// <returns>Bytes of options written.</returns>
    private int WriteFastOpenGrant(ref TcpConnection connection, Span<byte> options)
    {
        if ((connection.FastOpen & FastOpenTraits.Grants) == 0)
        {
            return 0;
        }

        return new FastOpenOption
        {
            Cookie = fastOpenKeys.Make(connection.RemoteAddress, connection.LocalAddress),
            IsExperimental = (connection.FastOpen & FastOpenTraits.Experimental) != 0,
        }.Write(options);
    }

    /// <summary>The handshake of a connection that the application has is over; what it has sent meanwhile may have to go again.</summary>
    private void EndFastOpen(int index, ref TcpConnection connection)
    {
        connection.FastOpen &= FastOpenTraits.SynDataTaken | FastOpenTraits.Child;
        LeaveFastOpenQueue(ref connection);
        if (connection.SndMax > connection.SndUna)
        {
            StartRetransmission(index, ref connection);
        }
    }

    private void LeaveFastOpenQueue(ref TcpConnection connection)
    {
        if (connection.FastOpenListener != None)
        {
            listeners[connection.FastOpenListener].FastOpenPending--;
            connection.FastOpenListener = None;
        }
    }

    /// <summary>A reset instead of the handshake's end counts against the listener for a while.</summary>
    private void HoldReset(ref TcpConnection connection)
    {
        var place = connection.FastOpenListener;
        if (place != None && fastOpenResets.TryAdd(ref listeners[place].FastOpenResets, now))
        {
            // the count stays, and passes from the connection to the list
            connection.FastOpenListener = None;
        }
    }

    /// <summary>The listener closes: its connections stay, and nobody counts them.</summary>
    private void CloseFastOpenQueue(int place)
    {
        fastOpenResets.Clear(ref listeners[place].FastOpenResets);
        if (listeners[place].FastOpenPending == 0)
        {
            return;
        }

        listeners[place].FastOpenPending = 0;
        for (var i = 0; i < unusedConnection; i++)
        {
            if (connections[i].Has(TcpTraits.InUse) && connections[i].FastOpenListener == place)
            {
                connections[i].FastOpenListener = None;
            }
        }
    }
}
