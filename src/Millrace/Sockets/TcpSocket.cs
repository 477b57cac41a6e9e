using Millrace.Headers;
using Millrace.Tcp;

namespace Millrace.Sockets;

/// <summary>
/// A handler's view of its connection, valid during the call it was given to. Nothing is sent before the end of the poll.
/// </summary>
public readonly ref struct TcpSocket(TcpSockets sockets, int index)
{
    private readonly TcpSockets sockets = sockets;

    /// <summary>The connection's place in TCP's table.</summary>
    public int Index { get; } = index;

    /// <summary>A name of this connection that may be kept: it does not match a later one in the same place.</summary>
    public TcpSocketId Id => sockets.IdOf(Index);

    public InetEndpoint Local => sockets.LocalOf(Index);

    public InetEndpoint Remote => sockets.RemoteOf(Index);

    public TcpState State => sockets.StateOf(Index);

    /// <summary>Bytes that can be read now.</summary>
    public int Readable => sockets.ReadableOf(Index);

    /// <summary>Whether the peer's FIN was reached: nothing more will become readable.</summary>
    public bool IsPeerClosed => sockets.IsPeerClosed(Index);

    /// <summary>
    /// The first readable bytes that lie together, in place; empty if there are none. Valid until the next call on this
    /// socket that consumes, or until the handler returns.
    /// </summary>
    public ReadOnlySpan<byte> Peek() => sockets.Peek(Index);

    /// <summary>Takes bytes off the front of the receive queue; their frames become free and the window opens.</summary>
    public void Consume(int count) => sockets.Consume(Index, count);

    /// <summary>Copies and consumes.</summary>
    /// <returns>Bytes copied, 0 if there were none.</returns>
    public int Read(Span<byte> destination) => sockets.Read(Index, destination);

    /// <summary>Bytes that <see cref="Write"/> would accept now.</summary>
    public int WritableLength => sockets.WritableOf(Index);

    /// <summary>Copies bytes into the send buffer.</summary>
    /// <returns>
    /// Bytes accepted, perhaps fewer than given; then <see cref="ITcpHandler.Writable"/> follows when there is room.
    /// </returns>
    public int Write(ReadOnlySpan<byte> source) => sockets.Write(Index, source);

    /// <inheritdoc cref="TcpSockets.WriteMore"/>
    public int WriteMore(ReadOnlySpan<byte> source) => sockets.WriteMore(Index, source);

    /// <inheritdoc cref="TcpSockets.WriteUrgent"/>
    public int WriteUrgent(ReadOnlySpan<byte> source) => sockets.WriteUrgent(Index, source);

    /// <inheritdoc cref="TcpSockets.TryGetUrgent"/>
    public bool TryGetUrgent(out TcpUrgent data) => sockets.TryGetUrgent(Index, out data);

    /// <summary>Sends a FIN behind what was written; reading goes on (half-close).</summary>
    public void Shutdown() => sockets.Shutdown(Index);

    /// <summary>Sends a reset and forgets the connection; <see cref="ITcpHandler.Closed"/> follows.</summary>
    public void Abort() => sockets.Abort(Index);

    /// <summary>
    /// Done with both directions: a reset if there is unread data, else a FIN behind what was written.
    /// </summary>
    public void Close() => sockets.Close(Index);

    /// <inheritdoc cref="TcpSockets.PacingRateOf"/>
    public long PacingRate => sockets.PacingRateOf(Index);

    /// <inheritdoc cref="TcpSockets.WmemAllocOf"/>
    public int WmemAlloc => sockets.WmemAllocOf(Index);

    /// <inheritdoc cref="TcpSockets.UnacknowledgedOf"/>
    public int Unacknowledged => sockets.UnacknowledgedOf(Index);

    /// <inheritdoc cref="TcpSockets.InfoOf"/>
    public TcpInfo Info => sockets.InfoOf(Index);

    /// <summary>Switches Nagle's algorithm off (TCP_NODELAY).</summary>
    public void SetNoDelay(bool value) => sockets.SetNoDelay(Index, value);

    /// <inheritdoc cref="TcpSockets.TrySetOption"/>
    public bool TrySet(TcpOption option, int value) => sockets.TrySetOption(Index, option, value);

    /// <inheritdoc cref="TcpSockets.OptionOf"/>
    public int Get(TcpOption option) => sockets.OptionOf(Index, option);

    /// <inheritdoc cref="TcpSockets.ReceiveBufferOf"/>
    public int ReceiveBuffer => sockets.ReceiveBufferOf(Index);

    /// <inheritdoc cref="TcpSockets.SendBufferOf"/>
    public int SendBuffer => sockets.SendBufferOf(Index);

    /// <inheritdoc cref="TcpSockets.SetReceiveBuffer"/>
    public void SetReceiveBuffer(int bytes) => sockets.SetReceiveBuffer(Index, bytes);

    /// <inheritdoc cref="TcpSockets.SetSendBuffer"/>
    public void SetSendBuffer(int bytes) => sockets.SetSendBuffer(Index, bytes);

    /// <inheritdoc cref="TcpSockets.SetReceiveLowat"/>
    public int SetReceiveLowat(int bytes) => sockets.SetReceiveLowat(Index, bytes);

    /// <inheritdoc cref="TcpSockets.SetWindowClamp"/>
    public void SetWindowClamp(int bytes) => sockets.SetWindowClamp(Index, bytes);
}

/// <summary>A connection's place and how often that place was used before.</summary>
public readonly record struct TcpSocketId(int Index, int Generation)
{
    public static TcpSocketId None => default;

    public bool IsNone => Generation == 0;
}
