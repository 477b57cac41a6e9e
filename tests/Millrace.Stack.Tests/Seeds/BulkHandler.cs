using Millrace.Sockets;

namespace Millrace.Stack.Tests.Seeds;

/// <summary>What the connections of one stack send and expect, and what became of them.</summary>
internal sealed class BulkPlan
{
    private const int Chunk = 16 * 1024;

    /// <summary>Bytes each connection sends before its FIN.</summary>
    public required long SendLength { get; init; }

    /// <summary>Bytes each connection expects before the peer's FIN.</summary>
    public required long ReceiveLength { get; init; }

    public required int SendStream { get; init; }

    public required int ReceiveStream { get; init; }

    /// <summary>The last problem, in words; null if there was none.</summary>
    public string? Problem { get; set; }

    public int Connected { get; set; }

    /// <summary>Connections whose two directions both came to their end in order, with every byte right.</summary>
    public int Finished { get; set; }

    public int Closed { get; set; }

    public long Received { get; set; }

    /// <summary>What is being written; one handler at a time uses it.</summary>
    public byte[] Buffer { get; } = new byte[Chunk];
}

/// <summary>Sends a stream and checks another, both at once, then closes; the same at both ends.</summary>
internal struct BulkHandler(BulkPlan plan) : ITcpHandler
{
    private long written;
    private long read;
    private bool shutDown;
    private bool peerClosed;

    public void Connected(TcpSocket socket)
    {
        plan.Connected++;
        Send(socket);
    }

    public void Received(TcpSocket socket)
    {
        for (var piece = socket.Peek(); !piece.IsEmpty; piece = socket.Peek())
        {
            var wrong = BulkStream.FirstWrong(piece, read, plan.ReceiveStream);
            if (wrong >= 0)
            {
                plan.Problem ??= $"byte {read + wrong} is {piece[wrong]} and should be {BulkStream.At(read + wrong, plan.ReceiveStream)}";
            }

            read += piece.Length;
            plan.Received += piece.Length;
            socket.Consume(piece.Length);
        }
    }

    public void Writable(TcpSocket socket) => Send(socket);

    public void PeerClosed(TcpSocket socket)
    {
        Received(socket);
        peerClosed = true;
        if (read != plan.ReceiveLength)
        {
            plan.Problem ??= $"the peer closed after {read} bytes of {plan.ReceiveLength}";
        }
    }

    public void Closed(TcpSocket socket, TcpCloseReason reason)
    {
        plan.Closed++;
        if (reason == TcpCloseReason.Closed && peerClosed && shutDown && read == plan.ReceiveLength && written == plan.SendLength)
        {
            plan.Finished++;
        }
        else
        {
            plan.Problem ??= $"closed ({reason}) with {read} of {plan.ReceiveLength} bytes read and {written} of {plan.SendLength} written";
        }
    }

    private void Send(TcpSocket socket)
    {
        while (written < plan.SendLength)
        {
            var length = (int)Math.Min(plan.Buffer.Length, plan.SendLength - written);
            BulkStream.Fill(plan.Buffer.AsSpan(0, length), written, plan.SendStream);
            var accepted = socket.Write(plan.Buffer.AsSpan(0, length));
            written += accepted;
            if (accepted < length)
            {
                return;
            }
        }

        if (!shutDown)
        {
            shutDown = true;
            socket.Shutdown();
        }
    }
}
