using Millrace.Sockets;
using Millrace.Tcp;

namespace Millrace.Tests.Tcp;

public delegate void SocketAction(TcpSocket socket);

/// <summary>One application that notes what it is told, and does what a test asks for on each occasion.</summary>
public sealed class TestApplication
{
    public int Port { get; init; }

    public int Connections { get; init; } = 4;

    public int Backlog { get; init; }

    public int FastOpenQueue { get; init; }

    /// <summary>Whether to read everything as it comes.</summary>
    public bool Reads { get; set; } = true;

    public List<string> Calls { get; } = [];

    public List<byte> Data { get; } = [];

    public TcpSocketId Last { get; private set; }

    public TcpSocketId[] Ids { get; private set; } = [];

    public SocketAction? OnConnected { get; set; }

    public SocketAction? OnReceived { get; set; }

    public SocketAction? OnWritable { get; set; }

    public SocketAction? OnPeerClosed { get; set; }

    /// <summary>Stops the notes, for tests that measure allocation.</summary>
    public bool IsQuiet { get; set; }

    private readonly byte[] buffer = new byte[65536];

    public long TotalRead { get; private set; }

    public void Opened(int slot, TcpSocket socket)
    {
        Note("Opened");
        Last = socket.Id;
        if (Ids.Length == 0)
        {
            Ids = new TcpSocketId[Connections];
        }

        Ids[slot] = socket.Id;
    }

    public void Connected(TcpSocket socket)
    {
        Note("Connected");
        OnConnected?.Invoke(socket);
    }

    public void Received(TcpSocket socket)
    {
        Note("Received");
        OnReceived?.Invoke(socket);
        if (Reads)
        {
            Drain(socket);
        }
    }

    public void Drain(TcpSocket socket)
    {
        int count;
        while ((count = socket.Read(buffer)) > 0)
        {
            TotalRead += count;
            if (!IsQuiet)
            {
                Data.AddRange(buffer.AsSpan(0, count));
            }
        }
    }

    public void Writable(TcpSocket socket)
    {
        Note("Writable");
        OnWritable?.Invoke(socket);
    }

    public void PeerClosed(TcpSocket socket)
    {
        Note("PeerClosed");
        OnPeerClosed?.Invoke(socket);
    }

    public void Closed(TcpCloseReason reason) => Note(IsQuiet ? "" : $"Closed({reason})");

    private void Note(string call)
    {
        if (!IsQuiet)
        {
            Calls.Add(call);
        }
    }
}

public readonly struct TestApplications(TestApplication[] applications) : ITcpApplications
{
    public int Count => applications.Length;

    public int Connections(int application) => applications[application].Connections;

    public int Port(int application) => applications[application].Port;

    public int Backlog(int application) => applications[application].Backlog;

    public int FastOpenQueue(int application) => applications[application].FastOpenQueue;

    public void Opened(int application, int slot, TcpSocket socket) => applications[application].Opened(slot, socket);

    public void Connected(int application, int slot, TcpSocket socket) => applications[application].Connected(socket);

    public void Received(int application, int slot, TcpSocket socket) => applications[application].Received(socket);

    public void Writable(int application, int slot, TcpSocket socket) => applications[application].Writable(socket);

    public void PeerClosed(int application, int slot, TcpSocket socket) => applications[application].PeerClosed(socket);

    public void Closed(int application, int slot, TcpSocket socket, TcpCloseReason reason) => applications[application].Closed(reason);
}
