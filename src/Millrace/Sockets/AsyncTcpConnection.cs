using System.Net;
using Millrace.Headers;

namespace Millrace.Sockets;

/// <summary>
/// A TCP connection of the stack, for asynchronous code. Its members may be called from any thread; at most one read and one
/// write may be pending. Errors are those of a socket: a <see cref="System.Net.Sockets.SocketException"/> with the code of
/// what happened (ConnectionReset, TimedOut, HostUnreachable, …).
/// </summary>
public sealed class AsyncTcpConnection : IDisposable, IAsyncDisposable
{
    private readonly AsyncTcpChannel channel;
    private int disposed;

    internal AsyncTcpConnection(AsyncTcpChannel channel)
    {
        this.channel = channel;
        Life = channel.Life;
        Sockets = channel.Sockets;
        Local = channel.Local;
        Remote = channel.Remote;
    }

    // a connection that was forgotten must not stay in TCP's table for ever
    ~AsyncTcpConnection() => channel.Ask(Life, AsyncTcpRequest.Release);

    public InetEndpoint Local { get; }

    public InetEndpoint Remote { get; }

    public IPEndPoint LocalEndPoint => Local.ToIPEndPoint();

    public IPEndPoint RemoteEndPoint => Remote.ToIPEndPoint();

    /// <summary>Whether small writes are sent at once (TCP_NODELAY) rather than gathered by Nagle's algorithm.</summary>
    public bool NoDelay
    {
        set
        {
            ThrowIfDisposed();
            if (value)
            {
                channel.Ask(Life, AsyncTcpRequest.NoDelay, instead: AsyncTcpRequest.Delay);
            }
            else
            {
                channel.Ask(Life, AsyncTcpRequest.Delay, instead: AsyncTcpRequest.NoDelay);
            }
        }
    }

    internal AsyncSockets Sockets { get; }

    /// <summary>Bytes that were taken before it was connected.</summary>
    internal int FirstWritten { get; init; }

    /// <summary>Which of the channel's lives this connection is.</summary>
    internal int Life { get; }

    /// <summary>Reads what has come, or waits for it.</summary>
    /// <param name="buffer">Filled as far as there is data. An empty one waits until there is some, and takes none.</param>
    /// <returns>Bytes read; 0 at the end of what the peer sends.</returns>
    /// <exception cref="OperationCanceledException">Nothing was read; the connection can be used on.</exception>
    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation = default) =>
        ReadAsync(buffer, forStream: false, cancellation);

    /// <summary>Writes all bytes: complete when the send buffer has taken the last.</summary>
    /// <exception cref="OperationCanceledException">
    /// The connection can be used on, but an unknown part of the bytes may have been taken and will be sent, as with
    /// <see cref="System.Net.Sockets.Socket"/>.
    /// </exception>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellation = default) =>
        WriteAsync(buffer, forStream: false, cancellation);

    /// <summary>
    /// Ends what this side sends, behind a write that is pending (half-close); reading goes on. Later writes fail with
    /// Shutdown.
    /// </summary>
    public void Shutdown()
    {
        ThrowIfDisposed();
        channel.Ask(Life, AsyncTcpRequest.Shutdown);
    }

    /// <summary>Resets the connection. Pending and later calls fail with ConnectionAborted.</summary>
    public void Abort()
    {
        ThrowIfDisposed();
        channel.Ask(Life, AsyncTcpRequest.Abort);
    }

    /// <summary>The connection as a stream.</summary>
    /// <param name="ownsConnection">Whether disposing the stream disposes the connection.</param>
    public AsyncTcpStream GetStream(bool ownsConnection = true)
    {
        ThrowIfDisposed();
        return new AsyncTcpStream(this, ownsConnection);
    }

    /// <summary>
    /// Closes both directions. Pending calls fail with OperationAborted. What was written is still sent; if something was
    /// received and not read, or comes later, the peer gets a reset.
    /// </summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0)
        {
            channel.Ask(Life, AsyncTcpRequest.Release);
            GC.SuppressFinalize(this);
        }
    }

    /// <inheritdoc cref="Dispose"/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    internal ValueTask<int> ReadAsync(Memory<byte> buffer, bool forStream, CancellationToken cancellation)
    {
        ThrowIfDisposed();
        return channel.Read.Start(this, buffer, forStream, cancellation);
    }

    internal ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, bool forStream, CancellationToken cancellation)
    {
        ThrowIfDisposed();
        return channel.Write.Start(this, buffer, forStream, cancellation);
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
}
