using Millrace.Interop;
using Millrace.Sockets;

namespace Millrace.Tcp;

/// <content>Who listens on which port, and with what options.</content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    private const int PortCount = 65536;

    /// <summary>Listener of a port plus one; 0 for none.</summary>
    private readonly byte[] listenerOfPort = new byte[PortCount];
    private readonly NativeTable<Listener> listeners = new(MaximumListeners);
    private const int MaximumListeners = byte.MaxValue;

    private struct Listener
    {
        public ushort Port;
        public int Application;

        /// <summary>What comes is to have.</summary>
        public TcpListenerOptions Options;
        public int Backlog;

        /// <summary>Connections that the application has not accepted yet (sk_ack_backlog).</summary>
        public int Waiting;

        /// <summary>Connections in SYN-RECEIVED.</summary>
        public int Pending;

        /// <summary>Connections in SYN-RECEIVED that the application may have at once; 0 switches Fast Open off.</summary>
        public int FastOpenQueue;

        /// <summary>Those that it has, and the resets held against it.</summary>
        public int FastOpenPending;
        public FastOpenResets.List FastOpenResets;

        /// <summary>When a cookie was last sent; nobody else's acknowledgments are looked at for one.</summary>
        public Moment CookieSentAt;
        public bool IsOpen;
    }

    public override bool TryListen(int application, ushort port, int backlog = 0, int fastOpenQueue = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)application, (uint)applications.Count);
        ArgumentOutOfRangeException.ThrowIfZero(port);
        if (listenerOfPort[port] != 0)
        {
            return false;
        }

        // a listener that closed keeps its place until the last of its handshakes is over
        var place = 0;
        while (listeners[place].IsOpen || listeners[place].Pending > 0)
        {
            if (++place == listeners.Length)
            {
                return false;
            }
        }

        listeners[place] = new Listener
        {
            Port = port,
            Application = application,
            Backlog = BacklogOf(backlog),
            FastOpenQueue = FastOpenQueueOf(fastOpenQueue, BacklogOf(backlog)),
            FastOpenResets = new FastOpenResets.List(),
            IsOpen = true,
        };
        listenerOfPort[port] = (byte)(place + 1);
        return true;
    }

    public override void StopListening(ushort port)
    {
        var place = listenerOfPort[port] - 1;
        if (place < 0)
        {
            return;
        }

        listenerOfPort[port] = 0;
        listeners[place].IsOpen = false;
        CloseFastOpenQueue(place);
        for (var i = 0; i < unusedConnection && listeners[place].Pending > 0; i++)
        {
            ref var connection = ref connections[i];
            if (!connection.Has(TcpTraits.InUse) || connection.Listener != place)
            {
                continue;
            }

            if (connection.HasSlot)
            {
                Reset(i, ref connection, TcpCloseReason.Aborted);
            }
            else
            {
                // what the peer sends next finds no connection and is reset (inet_csk_listen_stop)
                Finish(i, TcpCloseReason.Aborted);
            }
        }
    }

    public override bool TryChangeListener(ushort port, in TcpListenerOptions options)
    {
        var place = listenerOfPort[port] - 1;
        if (place < 0)
        {
            return false;
        }

        listeners[place].Options = options;
        listeners[place].Backlog = BacklogOf(options.Backlog);
        listeners[place].FastOpenQueue = FastOpenQueueOf(options.FastOpenQueue, BacklogOf(options.Backlog));
        return true;
    }

    public override void SetWaiting(ushort port, int count)
    {
        if (listenerOfPort[port] != 0)
        {
            listeners[listenerOfPort[port] - 1].Waiting = count;
        }
    }

    /// <summary>Whether the accept queue has room (sk_acceptq_is_full: one more than the backlog), and the application a place.</summary>
    private bool MayAccept(in Listener listener) => listener.Waiting <= listener.Backlog && freeSlotCounts[listener.Application] > 0;

    private int BacklogOf(int backlog) => backlog > 0 ? Math.Min(backlog, settings.SoMaxConn) : settings.SoMaxConn;

    /// <summary>What comes for a listener has its buffers, and its answer their window (sk_clone, tcp_openreq_init_rwin).</summary>
    private void InheritBuffers(in TcpListenerOptions options, ref TcpConnection connection)
    {
        if (options.ReceiveBuffer > 0)
        {
            connection.Traits |= TcpTraits.ReceiveBufferLocked;
            connection.RcvBuf = ReceiveBufferFor(options.ReceiveBuffer);
        }

        if (options.SendBuffer > 0)
        {
            connection.Traits |= TcpTraits.SendBufferLocked;
            connection.SndBuf = SendBufferFor(options.SendBuffer);
        }
    }
}
