using System.Buffers;

namespace Millrace.Sockets;

/// <summary>
/// A connection as a stream, with the behaviour of <see cref="System.Net.Sockets.NetworkStream"/>: reading gives 0 at the
/// peer's FIN, and an error is an <see cref="IOException"/> around the <see cref="System.Net.Sockets.SocketException"/>.
/// Synchronous calls block, and are refused on the worker's own thread, which would wait for itself.
/// </summary>
public sealed class AsyncTcpStream : Stream
{
    private readonly AsyncTcpConnection connection;
    private readonly bool ownsConnection;
    private bool disposed;

    internal AsyncTcpStream(AsyncTcpConnection connection, bool ownsConnection)
    {
        this.connection = connection;
        this.ownsConnection = ownsConnection;
    }

    public AsyncTcpConnection Connection => connection;

    public override bool CanRead => !disposed;

    public override bool CanWrite => !disposed;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        return connection.ReadAsync(buffer, forStream: true, cancellationToken);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        return connection.WriteAsync(buffer, forStream: true, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        connection.Sockets.ThrowIfOnWorker();
        ObjectDisposedException.ThrowIf(disposed, this);
        var memory = buffer.AsMemory(offset, count);
        var read = connection.Sockets.BusyReads is { } busy ? busy.Begin(connection, memory) : ReadAsync(memory);
        return read.AsTask().GetAwaiter().GetResult();
    }

    public override int Read(Span<byte> buffer)
    {
        var rented = ArrayPool<byte>.Shared.Rent(buffer.Length);
        try
        {
            var count = Read(rented, 0, buffer.Length);
            rented.AsSpan(0, count).CopyTo(buffer);
            return count;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        connection.Sockets.ThrowIfOnWorker();
        WriteAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        var rented = ArrayPool<byte>.Shared.Rent(buffer.Length);
        try
        {
            buffer.CopyTo(rented);
            Write(rented, 0, buffer.Length);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Does nothing: a write is complete when TCP has its bytes.</summary>
    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    internal static IOException Wrap(string operation, Exception exception) =>
        new($"The {operation} of the connection failed: {exception.Message}", exception);

    protected override void Dispose(bool disposing)
    {
        if (disposing && !disposed)
        {
            disposed = true;
            if (ownsConnection)
            {
                connection.Dispose();
            }
        }

        base.Dispose(disposing);
    }
}
