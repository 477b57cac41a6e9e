using Millrace.Sockets;

namespace Millrace.Stack.Tests.Offload;

/// <summary>Sends <see cref="Length"/> bytes that follow from their position, then closes.</summary>
internal struct Sender : ITcpHandler
{
    public const int Length = 3_000_000;

    private int written;

    public void Connected(TcpSocket socket) => Write(socket);

    public readonly void Received(TcpSocket socket) => socket.Consume(socket.Readable);

    public void Writable(TcpSocket socket) => Write(socket);

    public readonly void PeerClosed(TcpSocket socket)
    {
    }

    public readonly void Closed(TcpSocket socket, TcpCloseReason reason)
    {
    }

    public static byte At(int position) => (byte)((position * 7) + (position >> 11));

    private void Write(TcpSocket socket)
    {
        Span<byte> piece = stackalloc byte[4096];
        while (written < Length)
        {
            var length = Math.Min(piece.Length, Length - written);
            for (var i = 0; i < length; i++)
            {
                piece[i] = At(written + i);
            }

            var accepted = socket.Write(piece[..length]);
            written += accepted;
            if (accepted < length)
            {
                return;
            }
        }

        socket.Shutdown();
    }
}

/// <summary>Compares what comes with what must come.</summary>
internal struct Receiver : ITcpHandler
{
    private int position;
    private int wrong;

    /// <summary>Of the last connection that ended: bytes received, and how many of them were wrong.</summary>
    [ThreadStatic]
    public static (int Length, int Wrong) Result;

    public readonly void Connected(TcpSocket socket)
    {
    }

    public void Received(TcpSocket socket)
    {
        while (socket.Readable > 0)
        {
            var piece = socket.Peek();
            foreach (var value in piece)
            {
                wrong += value == Sender.At(position++) ? 0 : 1;
            }

            socket.Consume(piece.Length);
        }

        Result = (position, wrong);
    }

    public readonly void Writable(TcpSocket socket)
    {
    }

    public readonly void PeerClosed(TcpSocket socket) => socket.Shutdown();

    public readonly void Closed(TcpSocket socket, TcpCloseReason reason)
    {
    }
}

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.1/24")]
[Tcp]
[TcpHandler<Sender>(Connections = 4)]
[Gso]
internal sealed partial class OffloadSender;

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.2/24")]
[Tcp]
[TcpHandler<Receiver>(80, Connections = 4)]
[Gso]
internal sealed partial class OffloadReceiver;

/// <summary>The same without any offload: a frame a segment, checksums by the stage that the generator puts in.</summary>
[NetworkStack]
[NicQueues(1)]
[Ipv4("10.0.0.1/24")]
[Tcp]
[TcpHandler<Sender>(Connections = 4)]
internal sealed partial class PlainSender;

[NetworkStack]
[NicQueues(1)]
[Ipv4("10.0.0.2/24")]
[Tcp]
[TcpHandler<Receiver>(80, Connections = 4)]
internal sealed partial class PlainReceiver;
