using Millrace.Headers;
using Millrace.Memory;
using Millrace.Sockets;

namespace Millrace.Tcp;

/// <summary>
/// What applications and hosts can ask of TCP, by a connection's place in its table. TCP itself is generic over its
/// settings; this is the side of it that needs no type argument.
/// </summary>
public abstract class TcpSockets : ITransmitCompletions
{
    /// <summary>Whether the name is that of a connection that is still open.</summary>
    public abstract bool TryGet(TcpSocketId id, out TcpSocket socket);

    /// <summary>
    /// Opens a connection for an application (<see cref="ITcpApplications"/>); the result is told to its handler.
    /// <see cref="ITcpApplications.Opened"/> is called before this returns <see cref="TcpConnectResult.Opening"/>.
    /// </summary>
    /// <param name="localPort">0 chooses one (RFC 6056).</param>
    public abstract TcpConnectResult Connect(int application, InetEndpoint remote, out TcpSocketId id, ushort localPort = 0);

    /// <summary>
    /// The same with first data, which goes on the SYN if a cookie of the server is known (Fast Open, RFC 7413;
    /// <c>sendto</c> with <c>MSG_FASTOPEN</c>), else behind the handshake. Data on a SYN may reach the server's application
    /// twice: use it for what may be said twice.
    /// </summary>
    /// <param name="written">Bytes taken, at most what fits on a SYN; the rest is for a write after the handshake.</param>
    public abstract TcpConnectResult Connect(
        int application, InetEndpoint remote, ReadOnlySpan<byte> first, out TcpSocketId id, out int written, ushort localPort = 0);

    /// <summary>Listens on a port for an application.</summary>
    /// <param name="fastOpenQueue">
    /// Connections it may have whose handshake is not over, because their SYN had a valid cookie (TCP_FASTOPEN); 0 for none.
    /// </param>
    /// <returns>False if another listener has the port.</returns>
    public abstract bool TryListen(int application, ushort port, int backlog = 0, int fastOpenQueue = 0);

    /// <summary>Stops listening; connections that were accepted stay.</summary>
    public abstract void StopListening(ushort port);

    /// <summary>Gives a listener other options; what waits already stays.</summary>
    /// <returns>False if nobody listens on the port.</returns>
    public virtual bool TryChangeListener(ushort port, in TcpListenerOptions options) => false;

    /// <summary>
    /// Says how many connections of a listener its application has not accepted yet. When there are more than the backlog, SYNs are
    /// dropped and handshakes not ended (sk_acceptq_is_full). Handlers in the loop take each connection at once and never say it.
    /// </summary>
    public virtual void SetWaiting(ushort port, int count)
    {
    }

    /// <summary>The ports for connections that name none, both inclusive (ip_local_port_range).</summary>
    public virtual (int Minimum, int Maximum) LocalPorts => (32_768, 60_999);

    /// <summary>Whether a connection, or what TIME-WAIT keeps of one, has that local port.</summary>
    public virtual bool IsLocalPortInUse(ushort port) => false;

    /// <summary>What counts for a connection that chooses nothing.</summary>
    public virtual int DefaultOf(TcpOption option) => 0;

    /// <summary>What an option reads as when such a value was set, before there is a connection.</summary>
    public virtual int ValueFor(TcpOption option, int asked) => asked;

    /// <summary>Bytes that a receive buffer has for which so many are asked (SO_RCVBUF); below 0 the default.</summary>
    public virtual int ReceiveBufferFor(int asked) => 0;

    /// <summary>The same of a send buffer.</summary>
    public virtual int SendBufferFor(int asked) => 0;

    /// <summary>Whether connections may be opened with first data on the SYN (1 in <see cref="ITcpSettings.FastOpen"/>).</summary>
    public virtual bool OffersFastOpen => false;

    /// <summary>Whether first data to that destination would go on the SYN: its cookie is known, or none is needed.</summary>
    public virtual bool SendsFirstOnSyn(InetAddress remote) => false;

    /// <summary>
    /// Cookies of Fast Open are made with another key from now on (tcp_fastopen_key). Those of the key before stay valid, and
    /// their owners are given new ones.
    /// </summary>
    /// <param name="key">The first byte is the highest.</param>
    public abstract void ChangeFastOpenKey(UInt128 key);

    /// <summary>The same, and the other key whose cookies are valid is the second; without it none is.</summary>
    public virtual void SetFastOpenKeys(UInt128 key, UInt128? second) => throw new NotSupportedException();

    public abstract TcpSocketId IdOf(int index);

    public abstract InetEndpoint LocalOf(int index);

    public abstract InetEndpoint RemoteOf(int index);

    public abstract TcpState StateOf(int index);

    /// <summary>A connection that an application has, by its ends.</summary>
    public virtual bool TryFind(InetEndpoint local, InetEndpoint remote, out TcpSocket socket)
    {
        socket = default;
        return false;
    }

    /// <summary>
    /// The state of a connection by its ends, whoever has it, also without an application: TIME-WAIT, an orphan, a handshake;
    /// <see cref="TcpState.Closed"/> if there is none.
    /// </summary>
    public virtual TcpState FindState(InetEndpoint local, InetEndpoint remote) => TcpState.Closed;

    /// <summary>What a connection knows of its path (TCP_INFO).</summary>
    public virtual TcpInfo InfoOf(int index) => default;

    public abstract int ReadableOf(int index);

    public abstract bool IsPeerClosed(int index);

    /// <summary>Whether the peer may send a segment at most before something is read.</summary>
    public virtual bool IsWindowShut(int index) => false;

    public abstract ReadOnlySpan<byte> Peek(int index);

    public abstract void Consume(int index, int count);

    /// <summary>Copies and consumes.</summary>
    /// <returns>Bytes copied, 0 if there were none.</returns>
    public virtual int Read(int index, Span<byte> destination)
    {
        var copied = 0;
        while (copied < destination.Length)
        {
            var piece = Peek(index);
            if (piece.IsEmpty)
            {
                break;
            }

            var count = Math.Min(piece.Length, destination.Length - copied);
            piece[..count].CopyTo(destination[copied..]);
            Consume(index, count);
            copied += count;
        }

        return copied;
    }

    /// <summary>Copies readable bytes and leaves them where they are (MSG_PEEK).</summary>
    /// <param name="offset">Readable bytes to skip.</param>
    /// <returns>Bytes copied.</returns>
    public virtual int PeekAt(int index, int offset, Span<byte> destination) => 0;

    public abstract int WritableOf(int index);

    /// <summary>Whether a third of the send buffer is free, which is when Linux says that a socket is writable (sk_stream_is_writeable).</summary>
    public virtual bool IsWritable(int index) => WritableOf(index) > 0;

    /// <summary>Sequence numbers that were written and not acknowledged, a FIN counted (SIOCOUTQ).</summary>
    public virtual int UnacknowledgedOf(int index) => 0;

    /// <summary>Those of them that were never sent (SIOCOUTQNSD).</summary>
    public virtual int UnsentOf(int index) => 0;

    public abstract int Write(int index, ReadOnlySpan<byte> source);

    /// <summary>The same, and the last byte is urgent (MSG_OOB).</summary>
    public virtual int WriteUrgent(int index, ReadOnlySpan<byte> source) => Write(index, source);

    /// <summary>Urgent data of the peer that was not read past. Its byte is in the stream too.</summary>
    /// <returns>False if there is none.</returns>
    public virtual bool TryGetUrgent(int index, out TcpUrgent data)
    {
        data = default;
        return false;
    }

    /// <summary>The urgent byte was taken out of band; the mark stays until it is read past.</summary>
    public virtual void TakeUrgent(int index)
    {
    }

    /// <summary>Takes an urgent byte out of the stream whose mark was reached before another came, for who reads out of band.</summary>
    /// <returns>Whether there was one.</returns>
    public virtual bool SkipMissedUrgent(int index) => false;

    /// <summary>
    /// The same, and more follows at once: what does not fill a segment waits for the next write, an acknowledgment or a timeout (MSG_MORE).
    /// </summary>
    public virtual int WriteMore(int index, ReadOnlySpan<byte> source) => Write(index, source);

    public abstract void Shutdown(int index);

    public abstract void Abort(int index);

    /// <summary>
    /// The application is done with both directions: with unread data a reset (RFC 9293 §3.10.4, RFC 2525 §2.17), else a FIN
    /// behind what was written; data that comes later is answered with a reset, and FIN-WAIT-2 is bounded in time.
    /// </summary>
    public abstract void Close(int index);

    public abstract void SetNoDelay(int index, bool value);

    /// <summary>
    /// Bytes of the connection's receive buffer, by truesize, from now on, in place of those that autotuning would choose
    /// (SO_RCVBUF): twice as many as are asked for, of which <see cref="ISocketMemorySettings.RmemMax"/> may be, because half is taken
    /// for overhead. A window that was announced stays. Nothing happens where the implementation has no such buffer.
    /// </summary>
    public virtual void SetReceiveBuffer(int index, int bytes)
    {
    }

    /// <summary>The same of the send buffer (SO_SNDBUF, <see cref="ISocketMemorySettings.WmemMax"/>).</summary>
    public virtual void SetSendBuffer(int index, int bytes)
    {
    }

    /// <summary>
    /// Makes room for so many bytes that an application wants to read at once (SO_RCVLOWAT), as far as the buffer may grow.
    /// </summary>
    /// <param name="index">The connection's place, below 0 if there is none yet.</param>
    /// <returns>The bytes that it is ready to be read with: half of what the buffer may be at most.</returns>
    public virtual int SetReceiveLowat(int index, int bytes) => Math.Max(bytes, 1);

    /// <summary>Bounds the windows that are announced (TCP_WINDOW_CLAMP), in bytes; 0 ends it. One that was announced stays.</summary>
    public virtual void SetWindowClamp(int index, int bytes)
    {
    }

    /// <summary>Chooses an option of the connection, in place of what the stack is set to.</summary>
    /// <returns>False if the value is not one that the option has (EINVAL).</returns>
    public virtual bool TrySetOption(int index, TcpOption option, int value) => false;

    /// <summary>TCP_FIN_TIMEOUT_MAX, seconds.</summary>
    internal const int MaximumLinger2 = 120;

    /// <summary>Whether <see cref="TrySetOption"/> would take the value.</summary>
    public virtual bool IsAllowed(TcpOption option, int value) => false;

    /// <summary>What counts for the connection, chosen or set.</summary>
    public virtual int OptionOf(int index, TcpOption option) => 0;

    /// <summary>Bytes of truesize that the connection's receive buffer may hold (sk_rcvbuf).</summary>
    public virtual int ReceiveBufferOf(int index) => 0;

    /// <summary>Bytes of truesize that the connection's send buffer may hold (sk_sndbuf).</summary>
    public virtual int SendBufferOf(int index) => 0;

    /// <summary>What TCP has counted.</summary>
    public virtual ref readonly TcpCounters Counters => ref NoCounters;

    private static readonly TcpCounters NoCounters;

    /// <summary>
    /// Bytes that are reserved for connections at full capacity, on the heap and outside of it: their state, the table of flows, timers,
    /// TIME-WAIT, slots, listeners, Fast Open. Not in it are frames with what belongs to them, the handlers, and 16 bytes of each connection
    /// for which an application chooses options. It does not change.
    /// </summary>
    public virtual long ReservedBytes => 0;

    /// <summary>Whether connections hold so much that buffers do not grow and windows are small (tcp_memory_pressure).</summary>
    public virtual bool IsUnderMemoryPressure => false;

    /// <summary>
    /// Bytes a second at which the connection's window would be spread over a round trip, half or a fifth more to let it grow
    /// (tcpi_pacing_rate); <see cref="long.MaxValue"/> before a round trip was measured.
    /// </summary>
    public virtual long PacingRateOf(int index) => long.MaxValue;

    /// <summary>Truesize of what the connection has below TCP (sk_wmem_alloc); counted where small queues are declared.</summary>
    public virtual int WmemAllocOf(int index) => 0;

    /// <summary>The same of all connections, with what those had that have ended meanwhile.</summary>
    public virtual long WmemAlloc => 0;

    void ITransmitCompletions.Transmitted(Frame head) => Transmitted(head);

    internal virtual void Transmitted(Frame head)
    {
    }
}

public enum TcpConnectResult : byte
{
    /// <summary>The SYN is on its way.</summary>
    Opening,

    /// <summary>The application has no free connection (EMFILE).</summary>
    NoCapacity,

    /// <summary>No local port is free for this destination (EADDRNOTAVAIL), or the one asked for is in use (EADDRINUSE).</summary>
    NoPort,

    /// <summary>No route leads there (ENETUNREACH).</summary>
    NoRoute,
}
