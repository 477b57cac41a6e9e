using Millrace.Headers;
using Millrace.Sockets;
using Millrace.Tcp;

namespace Millrace.Tests.Sockets;

/// <summary>
/// A TCP without packets: each connection is coupled to its peer in the same table, a write lands in the peer's receive
/// ring, and what the applications are told waits for <see cref="Deliver"/>. It keeps the contract of
/// <see cref="TcpSockets"/> and allocates nothing once it is made.
/// </summary>
internal sealed class CoupledTcp : TcpSockets
{
    /// <summary>Bytes of each receive ring, which is all the send buffer there is.</summary>
    public const int Window = 4096;

    /// <summary>A SYN to this address is never answered.</summary>
    public static readonly InetAddress Silent = InetAddress.Parse("10.0.0.99");

    /// <summary>A connection to this address times out at once.</summary>
    public static readonly InetAddress TimesOut = InetAddress.Parse("10.0.0.98");

    /// <summary>The neighbour of this address does not answer.</summary>
    public static readonly InetAddress Unreachable = InetAddress.Parse("10.0.0.97");

    /// <summary>There is no route to this address.</summary>
    public static readonly InetAddress NoRoute = InetAddress.Parse("192.0.2.1");

    public static readonly InetAddress Self = InetAddress.Parse("10.0.0.1");

    private readonly AsyncSockets application;
    private readonly Connection[] connections;
    private readonly int[] slots;
    private readonly HashSet<ushort> listeners = [];
    private int slotCount;
    private ushort nextPort = 32768;

    public CoupledTcp(AsyncSockets application)
    {
        this.application = application;
        connections = new Connection[application.Connections + 1];
        slots = new int[application.Connections];
        for (var i = 0; i < connections.Length; i++)
        {
            connections[i] = new Connection { Ring = new byte[Window] };
        }

        for (var i = 0; i < slots.Length; i++)
        {
            slots[slotCount++] = i;
        }
    }

    public int OpenCount => slots.Length - slotCount;

    public int Resets { get; private set; }

    public bool IsListening(ushort port) => listeners.Contains(port);

    public override bool TryGet(TcpSocketId id, out TcpSocket socket)
    {
        socket = new TcpSocket(this, id.Index);
        return !id.IsNone && connections[id.Index].IsOpen && connections[id.Index].Generation == id.Generation;
    }

    public override TcpConnectResult Connect(int application, InetEndpoint remote, out TcpSocketId id, ushort localPort = 0)
    {
        id = TcpSocketId.None;
        if (remote.Address == NoRoute)
        {
            return TcpConnectResult.NoRoute;
        }

        if (slotCount == 0)
        {
            return TcpConnectResult.NoCapacity;
        }

        var local = new InetEndpoint(Self, localPort != 0 ? localPort : nextPort++);
        var index = Open(local, remote);
        id = IdOf(index);
        ref var connection = ref connections[index];
        if (remote.Address == TimesOut)
        {
            connection.Ends(TcpCloseReason.TimedOut);
        }
        else if (remote.Address == Unreachable)
        {
            connection.Ends(TcpCloseReason.HostUnreachable);
        }
        else if (remote.Address == Self && !(listeners.Contains(remote.Port) && slotCount > 0))
        {
            connection.Ends(TcpCloseReason.Refused);
        }
        else if (remote.Address == Self)
        {
            var peer = Open(remote, local);
            connection.Peer = peer;
            connection.Events |= Events.Connected;
            connections[peer].Peer = index;
            connections[peer].Events |= Events.Connected;
        }

        return TcpConnectResult.Opening;
    }

    public override TcpConnectResult Connect(
        int application, InetEndpoint remote, ReadOnlySpan<byte> first, out TcpSocketId id, out int written, ushort localPort = 0) =>
        throw new NotSupportedException();

    public override void ChangeFastOpenKey(UInt128 key) => throw new NotSupportedException();

    public override bool TryListen(int application, ushort port, int backlog = 0, int fastOpenQueue = 0) => listeners.Add(port);

    public override void StopListening(ushort port) => Assert.True(listeners.Remove(port));

    public override TcpSocketId IdOf(int index) => new(index, connections[index].Generation);

    public override InetEndpoint LocalOf(int index) => Opened(index).Local;

    public override InetEndpoint RemoteOf(int index) => Opened(index).Remote;

    public override TcpState StateOf(int index) => Opened(index).IsConnected ? TcpState.Established : TcpState.SynSent;

    public override int ReadableOf(int index) => Opened(index).Count;

    public override bool IsPeerClosed(int index) => Opened(index).FinReceived;

    public override ReadOnlySpan<byte> Peek(int index)
    {
        ref var connection = ref Opened(index);
        return connection.Ring.AsSpan(connection.Start, Math.Min(connection.Count, Window - connection.Start));
    }

    public override void Consume(int index, int count)
    {
        ref var connection = ref Opened(index);
        Assert.True((uint)count <= (uint)connection.Count, "More was consumed than there is.");
        connection.Start = (connection.Start + count) % Window;
        connection.Count -= count;
        if (connection.Peer != 0 && connections[connection.Peer].WantsRoom)
        {
            connections[connection.Peer].WantsRoom = false;
            connections[connection.Peer].Events |= Events.Writable;
        }
    }

    public override int WritableOf(int index) => Opened(index).Peer == 0 ? 0 : Window - connections[Opened(index).Peer].Count;

    public override int Write(int index, ReadOnlySpan<byte> source)
    {
        ref var connection = ref Opened(index);
        Assert.False(connection.FinSent, "A write came behind the FIN.");
        var taken = Math.Min(WritableOf(index), source.Length);
        if (taken > 0)
        {
            ref var peer = ref connections[connection.Peer];
            for (var i = 0; i < taken; i++)
            {
                peer.Ring[(peer.Start + peer.Count + i) % Window] = source[i];
            }

            peer.Count += taken;
            peer.Events |= Events.Received;
        }

        connection.WantsRoom |= taken < source.Length;
        return taken;
    }

    public override void Shutdown(int index)
    {
        ref var connection = ref Opened(index);
        if (!connection.FinSent)
        {
            connection.FinSent = true;
            if (connection.Peer != 0)
            {
                connections[connection.Peer].FinReceived = true;
                connections[connection.Peer].Events |= Events.PeerClosed;
            }
        }
    }

    public override void Abort(int index)
    {
        ref var connection = ref Opened(index);
        Resets++;
        if (connection.Peer != 0)
        {
            connections[connection.Peer].Ends(TcpCloseReason.Reset);
        }

        connection.Ends(TcpCloseReason.Aborted);
    }

    public override void Close(int index)
    {
        if (ReadableOf(index) > 0)
        {
            Abort(index);
            return;
        }

        Opened(index).Orphaned = true;
        Shutdown(index);
    }

    public override void SetNoDelay(int index, bool value) => Opened(index).NoDelay = value;

    public bool NoDelayOf(int index) => connections[index].NoDelay;

    /// <summary>Tells the applications what has happened.</summary>
    /// <returns>How many connections had news.</returns>
    public int Deliver()
    {
        var count = 0;
        for (var index = 1; index < connections.Length; index++)
        {
            if (connections[index].IsOpen)
            {
                count += Deliver(index) ? 1 : 0;
            }
        }

        return count;
    }

    private bool Deliver(int index)
    {
        ref var connection = ref connections[index];
        var slot = connection.Slot;
        var socket = new TcpSocket(this, index);
        var events = connection.Events;
        connection.Events = Events.None;
        if ((events & Events.Closed) != 0)
        {
            application.Closed(slot, socket, connection.Reason);
            Free(index);
            return true;
        }

        if ((events & Events.Connected) != 0)
        {
            connection.IsConnected = true;
            application.Connected(slot, socket);
        }

        if ((events & Events.Received) != 0)
        {
            if (connection.Orphaned)
            {
                Abort(index);
                return true;
            }

            application.Received(slot, socket);
        }

        if ((events & Events.PeerClosed) != 0)
        {
            application.PeerClosed(slot, socket);
        }

        if ((events & Events.Writable) != 0)
        {
            application.Writable(slot, socket);
        }

        if (connection is { FinSent: true, FinReceived: true, Count: 0 } && connection.Events == Events.None)
        {
            connection.Ends(TcpCloseReason.Closed);
            return true;
        }

        return events != Events.None;
    }

    private ref Connection Opened(int index)
    {
        Assert.True(connections[index].IsOpen, "A connection was used that is closed.");
        return ref connections[index];
    }

    private int Open(InetEndpoint local, InetEndpoint remote)
    {
        var index = 1;
        while (connections[index].IsOpen)
        {
            index++;
        }

        ref var connection = ref connections[index];
        var (ring, generation) = (connection.Ring, connection.Generation);
        connection = default;
        connection.Ring = ring;
        connection.Generation = generation + 1;
        connection.IsOpen = true;
        connection.Slot = slots[--slotCount];
        connection.Local = local;
        connection.Remote = remote;
        application.Opened(connection.Slot, new TcpSocket(this, index));
        return index;
    }

    private void Free(int index)
    {
        ref var connection = ref connections[index];
        connection.IsOpen = false;
        if (connection.Peer != 0 && connections[connection.Peer].Peer == index)
        {
            connections[connection.Peer].Peer = 0;
        }

        slots[slotCount++] = connection.Slot;
    }

    [Flags]
    private enum Events
    {
        None = 0,
        Connected = 1,
        Received = 2,
        Writable = 4,
        PeerClosed = 8,
        Closed = 16,
    }

    private struct Connection
    {
        public byte[] Ring;
        public int Generation;
        public int Slot;
        public int Peer;
        public int Start;
        public int Count;
        public InetEndpoint Local;
        public InetEndpoint Remote;
        public Events Events;
        public TcpCloseReason Reason;
        public bool IsOpen;
        public bool IsConnected;
        public bool FinSent;
        public bool FinReceived;
        public bool Orphaned;
        public bool WantsRoom;
        public bool NoDelay;

        public void Ends(TcpCloseReason reason)
        {
            if (IsOpen && (Events & Events.Closed) == 0)
            {
                Events |= Events.Closed;
                Reason = reason;
            }
        }
    }
}
