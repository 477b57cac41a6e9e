using Millrace.Sockets;

namespace Millrace.Workloads.Bulk;

/// <summary>The application that sends: copies from its buffer into the stack, as much as fits, whenever something fits.</summary>
public sealed class BulkSource(BulkStream stream)
{
    public long Written { get; private set; }

    /// <summary>Bytes to write in all, so far.</summary>
    public long Goal { get; set; }

    public TcpSocketId Id { get; set; }

    public void Fill(TcpSocket socket)
    {
        while (Written < Goal)
        {
            var chunk = stream.At(Written);
            chunk = chunk[..(int)Math.Min(chunk.Length, Goal - Written)];
            var count = socket.Write(chunk);
            Written += count;
            if (count < chunk.Length)
            {
                return;
            }
        }
    }
}

/// <summary>The application that receives: copies out whatever is there, or looks at it in place.</summary>
public sealed class BulkSink(BulkStream stream, int windowClamp, bool isZeroCopy)
{
    private readonly byte[] buffer = new byte[BulkStream.Length];

    public long Read { get; private set; }

    /// <summary>Every byte is compared, not only the ends of what a read returns.</summary>
    public bool ComparesEveryByte { get; set; }

    public bool IsRight { get; private set; } = true;

    public void Begin(TcpSocket socket) => socket.SetWindowClamp(windowClamp);

    public void Take(TcpSocket socket)
    {
        if (isZeroCopy)
        {
            for (var piece = socket.Peek(); !piece.IsEmpty; piece = socket.Peek())
            {
                Check(piece);
                socket.Consume(piece.Length);
            }

            return;
        }

        for (var count = socket.Read(buffer); count > 0; count = socket.Read(buffer))
        {
            Check(buffer.AsSpan(0, count));
        }
    }

    private void Check(ReadOnlySpan<byte> bytes)
    {
        IsRight &= stream.Matches(Read, bytes, ComparesEveryByte);
        Read += bytes.Length;
    }
}

public struct BulkSourceHandler(BulkSource source) : ITcpHandler
{
    public void Connected(TcpSocket socket)
    {
        source.Id = socket.Id;
        source.Fill(socket);
    }

    public void Received(TcpSocket socket)
    {
    }

    public void Writable(TcpSocket socket) => source.Fill(socket);

    public void PeerClosed(TcpSocket socket)
    {
    }

    public void Closed(TcpSocket socket, TcpCloseReason reason)
    {
    }
}

public struct BulkSinkHandler(BulkSink sink) : ITcpHandler
{
    public void Connected(TcpSocket socket) => sink.Begin(socket);

    public void Received(TcpSocket socket) => sink.Take(socket);

    public void Writable(TcpSocket socket)
    {
    }

    public void PeerClosed(TcpSocket socket)
    {
    }

    public void Closed(TcpSocket socket, TcpCloseReason reason)
    {
    }
}
