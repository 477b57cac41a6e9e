using Millrace.Sockets;
using Millrace.Stack.Tests.Seeds;

namespace Millrace.Stack.Tests.Networks;

/// <summary>A pause of a reader: after so many bytes it reads nothing for a time.</summary>
internal readonly record struct Stall(long AfterBytes, TimeSpan Pause);

/// <summary>What the connections of one host send and expect, and what became of them.</summary>
internal sealed class ExchangePlan
{
    private readonly Dictionary<TcpSocketId, Exchange> exchanges = [];

    /// <summary>Bytes each connection sends before its FIN.</summary>
    public required long SendLength { get; init; }

    /// <summary>Bytes each connection expects before the peer's FIN.</summary>
    public required long ReceiveLength { get; init; }

    public required int SendStream { get; init; }

    public required int ReceiveStream { get; init; }

    /// <summary>Bytes a write.</summary>
    public int WriteLength { get; init; } = 16_384;

    /// <summary>Bytes a read, at most.</summary>
    public int ReadLength { get; init; } = int.MaxValue;

    /// <summary>Sends nothing before the peer's FIN: an answer to a request that ends by a half-close.</summary>
    public bool AnswersLast { get; init; }

    public bool NoDelay { get; init; }

    /// <summary>
    /// Whether a reset is an end in order once everything has been said both ways: the answer to the last FIN can be lost for longer than the peer's TIME-WAIT.
    /// </summary>
    public bool MayOutliveTimeWait { get; init; }

    /// <summary>Whether bytes are a pattern that is checked, or whatever they are: a test of speed sends many.</summary>
    public bool Checks { get; init; } = true;

    public IReadOnlyList<Stall> Stalls { get; init; } = [];

    /// <summary>Is told when a reader pauses, and has it read again later.</summary>
    public Action<TcpSocketId, TimeSpan>? Paused { get; set; }

    /// <summary>The first problem, in words; null if there was none.</summary>
    public string? Problem { get; set; }

    public long Received { get; set; }

    public int Closed { get; set; }

    /// <summary>Connections whose two directions both came to their end in order, with every byte right.</summary>
    public int Finished { get; set; }

    /// <summary>Bytes received by each connection, in the order in which they were first heard of.</summary>
    public IEnumerable<long> ReceivedEach => exchanges.Values.Select(exchange => exchange.ReadLength);

    /// <param name="written">Bytes that went with the SYN.</param>
    public void Opening(TcpSocketId id, int written) => exchanges[id] = new Exchange(this) { WrittenLength = written };

    public Exchange Of(TcpSocket socket)
    {
        if (!exchanges.TryGetValue(socket.Id, out var exchange))
        {
            exchanges[socket.Id] = exchange = new Exchange(this);
        }

        return exchange;
    }
}

/// <summary>One connection's part: sends a stream and checks another, both at once, then closes; the same at both ends.</summary>
internal sealed class Exchange(ExchangePlan plan)
{
    private readonly byte[] buffer = new byte[plan.WriteLength];
    private int stalls;
    private bool isPaused;
    private bool isShutDown;
    private bool isPeerClosed;

    public long WrittenLength { get; set; }

    public long ReadLength { get; private set; }

    public void Connected(TcpSocket socket)
    {
        if (plan.NoDelay)
        {
            socket.SetNoDelay(true);
        }

        Send(socket);
    }

    public void PeerClosed(TcpSocket socket)
    {
        isPeerClosed = true;
        Send(socket);
        Read(socket);
    }

    public void Resume(TcpSocket socket)
    {
        isPaused = false;
        Read(socket);
    }

    public void Read(TcpSocket socket)
    {
        for (var piece = socket.Peek(); !piece.IsEmpty && !isPaused; piece = socket.Peek())
        {
            piece = piece[..Math.Min(piece.Length, plan.ReadLength)];
            var wrong = plan.Checks ? BulkStream.FirstWrong(piece, ReadLength, plan.ReceiveStream) : -1;
            if (wrong >= 0)
            {
                plan.Problem ??= $"byte {ReadLength + wrong} is {piece[wrong]} and should be {BulkStream.At(ReadLength + wrong, plan.ReceiveStream)}";
            }

            ReadLength += piece.Length;
            plan.Received += piece.Length;
            socket.Consume(piece.Length);
            if (stalls < plan.Stalls.Count && ReadLength >= plan.Stalls[stalls].AfterBytes)
            {
                isPaused = true;
                plan.Paused?.Invoke(socket.Id, plan.Stalls[stalls++].Pause);
            }
        }
    }

    public void Closed(TcpCloseReason reason)
    {
        plan.Closed++;
        var isOrderly = reason == TcpCloseReason.Closed || (reason == TcpCloseReason.Reset && plan.MayOutliveTimeWait);
        if (isOrderly && isPeerClosed && isShutDown && ReadLength == plan.ReceiveLength && WrittenLength == plan.SendLength)
        {
            plan.Finished++;
        }
        else
        {
            plan.Problem ??= $"closed ({reason}) with {ReadLength} of {plan.ReceiveLength} bytes read and {WrittenLength} of {plan.SendLength} written";
        }
    }

    public void Send(TcpSocket socket)
    {
        if (plan.AnswersLast && !isPeerClosed)
        {
            return;
        }

        while (WrittenLength < plan.SendLength)
        {
            var length = (int)Math.Min(buffer.Length, plan.SendLength - WrittenLength);
            if (plan.Checks)
            {
                BulkStream.Fill(buffer.AsSpan(0, length), WrittenLength, plan.SendStream);
            }

            var accepted = socket.Write(buffer.AsSpan(0, length));
            WrittenLength += accepted;
            if (accepted < length)
            {
                return;
            }
        }

        if (!isShutDown)
        {
            isShutDown = true;
            socket.Shutdown();
        }
    }
}

/// <summary>The handler of every connection; what it remembers lies in the plan, where the test can reach it.</summary>
internal readonly struct ExchangeHandler(ExchangePlan plan) : ITcpHandler
{
    public void Connected(TcpSocket socket) => plan.Of(socket).Connected(socket);

    public void Received(TcpSocket socket) => plan.Of(socket).Read(socket);

    public void Writable(TcpSocket socket) => plan.Of(socket).Send(socket);

    public void PeerClosed(TcpSocket socket) => plan.Of(socket).PeerClosed(socket);

    public void Closed(TcpSocket socket, TcpCloseReason reason) => plan.Of(socket).Closed(reason);
}
