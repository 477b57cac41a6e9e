using Millrace.Sockets;
using Millrace.Tcp;

namespace Millrace.Workloads.Bulk;

/// <summary>Connections that share the bytes of a transfer: the application at both ends.</summary>
public sealed class BulkFlows(BulkStream stream, int count, int windowClamp)
{
    private readonly byte[] buffer = new byte[BulkStream.Length];
    private readonly TcpSocketId[] ids = new TcpSocketId[count];
    private readonly long[] written = new long[count];
    private readonly long[] read = new long[count];

    public int Count => count;

    /// <summary>Connections that both ends have opened, each in its turn.</summary>
    public int Opened => Math.Min(Connected, Accepted);

    public int Connected { get; private set; }

    public int Accepted { get; private set; }

    /// <summary>Bytes that have been read from all of them.</summary>
    public long Read { get; private set; }

    /// <summary>Bytes to write to each of them in all, so far.</summary>
    public long Goal { get; set; }

    public bool ComparesEveryByte { get; set; }

    public bool IsRight { get; private set; } = true;

    public int Connect(TcpSocket socket)
    {
        ids[Connected] = socket.Id;
        return Connected++;
    }

    public int Accept(TcpSocket socket)
    {
        socket.SetWindowClamp(windowClamp);
        return Accepted++;
    }

    /// <summary>Writes 64 KiB to a connection, or what fits.</summary>
    public void Write(TcpSockets sockets, int flow)
    {
        for (var left = Math.Min(BulkStream.Length, Goal - written[flow]); left > 0 && sockets.TryGet(ids[flow], out var socket);)
        {
            var chunk = stream.At(written[flow]);
            chunk = chunk[..(int)Math.Min(chunk.Length, left)];
            var taken = socket.Write(chunk);
            written[flow] += taken;
            left = taken < chunk.Length ? 0 : left - taken;
        }
    }

    public void Take(TcpSocket socket, int flow)
    {
        for (var taken = socket.Read(buffer); taken > 0; taken = socket.Read(buffer))
        {
            IsRight &= stream.Matches(read[flow], buffer.AsSpan(0, taken), ComparesEveryByte);
            read[flow] += taken;
            Read += taken;
        }
    }

    /// <summary>Each has been read to its goal.</summary>
    public bool IsWhole => Array.TrueForAll(read, bytes => bytes == Goal);
}

public struct FlowSourceHandler(BulkFlows flows) : ITcpHandler
{
    public void Connected(TcpSocket socket) => flows.Connect(socket);

    public void Received(TcpSocket socket)
    {
    }

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

public struct FlowSinkHandler(BulkFlows flows) : ITcpHandler
{
    private int flow;

    public void Connected(TcpSocket socket) => flow = flows.Accept(socket);

    public void Received(TcpSocket socket) => flows.Take(socket, flow);

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
