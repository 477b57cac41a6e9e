using Millrace.Sockets;
using Millrace.Stack.Tests.Seeds;

namespace Millrace.Stack.Tests.Attacks;

/// <summary>Small enough that every limit can be reached. A gateway, so that answers to strangers go on the wire without a question for their MAC.</summary>
[NetworkStack(SocketFrames = 4096)]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.1/24", Gateway = "10.0.0.2")]
[Tcp(SoMaxConn = 64, MaxTimeWaitBuckets = 100, MaxOrphans = 16, OrphanRetries = 4)]
[SocketMemory(Rmem = "4096 65536 131072", Wmem = "4096 16384 65536")]
[Gso]
[TcpHandler<BulkHandler>(80, Connections = 4)]
[TcpHandler<TargetHandler>(81, Connections = 64)]
internal sealed partial class AttackedStack;

/// <summary>Where the victim flow comes from.</summary>
[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.2/24")]
[Tcp]
[SocketMemory(Rmem = "4096 65536 131072", Wmem = "4096 16384 65536")]
[Gso]
[TcpHandler<BulkHandler>(80, Connections = 4)]
internal sealed partial class VictimStack;

/// <summary>What the service that is attacked does, and what became of its connections.</summary>
internal sealed class Target
{
    public bool Reads { get; set; } = true;

    /// <summary>Writes as much as there is room for.</summary>
    public bool Writes { get; set; }

    /// <summary>Closes at once behind what it writes.</summary>
    public bool Closes { get; set; }

    public int Connected { get; set; }

    public List<TcpCloseReason> Closed { get; } = [];

    public List<byte> Read { get; } = [];

    public TcpSocketId Last { get; set; }
}

internal readonly struct TargetHandler(Target target) : ITcpHandler
{
    private static readonly byte[] Text = new byte[16 * 1024];

    public void Connected(TcpSocket socket)
    {
        target.Connected++;
        target.Last = socket.Id;
        Writable(socket);
        if (target.Closes)
        {
            socket.Close();
        }
    }

    public void Received(TcpSocket socket)
    {
        if (!target.Reads)
        {
            return;
        }

        for (var piece = socket.Peek(); !piece.IsEmpty; piece = socket.Peek())
        {
            target.Read.AddRange(piece);
            socket.Consume(piece.Length);
        }
    }

    public void Writable(TcpSocket socket)
    {
        while (target.Writes && socket.Write(Text) == Text.Length)
        {
        }
    }

    public void PeerClosed(TcpSocket socket) => socket.Close();

    public void Closed(TcpSocket socket, TcpCloseReason reason) => target.Closed.Add(reason);
}
