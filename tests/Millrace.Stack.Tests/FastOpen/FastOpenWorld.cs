using System.Diagnostics;
using System.Globalization;
using Millrace.Nics;
using Millrace.Sockets;
using Millrace.Testing;

namespace Millrace.Stack.Tests.FastOpen;

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.9.0.2/24")]
[Tcp(FastOpen = 3)]
[SocketMemory]
[Gso]
[TcpHandler<Answerer>(80, Connections = 16, FastOpenQueue = 16)]
[TcpHandler<Asker>(Connections = 16)]
public sealed partial class FastOpenTapStack;

/// <summary>Sends back what comes, in the state it comes in, and closes after the peer.</summary>
public struct Answerer : ITcpHandler
{
    public readonly void Connected(TcpSocket socket)
    {
    }

    public readonly void Received(TcpSocket socket)
    {
        for (var piece = socket.Peek(); !piece.IsEmpty && socket.Write(piece) == piece.Length; piece = socket.Peek())
        {
            socket.Consume(piece.Length);
        }
    }

    public readonly void Writable(TcpSocket socket)
    {
    }

    public readonly void PeerClosed(TcpSocket socket) => socket.Close();

    public readonly void Closed(TcpSocket socket, TcpCloseReason reason)
    {
    }
}

/// <summary>Opened by the test, with first data; closes when the peer has.</summary>
public struct Asker : ITcpHandler
{
    public readonly void Connected(TcpSocket socket)
    {
    }

    public readonly void Received(TcpSocket socket) => socket.Consume(socket.Readable);

    public readonly void Writable(TcpSocket socket)
    {
    }

    public readonly void PeerClosed(TcpSocket socket) => socket.Close();

    public readonly void Closed(TcpSocket socket, TcpCloseReason reason)
    {
    }
}

/// <summary>The stack at one end of a TAP and a kernel that may use Fast Open at the other; the test's own thread polls.</summary>
internal sealed class FastOpenWorld : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Stopwatch clock = Stopwatch.StartNew();
    private readonly TapNic tap;

    public FastOpenWorld()
    {
        tap = Space.Run(() => new TapNic(new TapOptions { KernelAddress = "10.9.0.1/24" }));
        Space.SetParameter("ipv4/tcp_fastopen", "3");
        Stack = new FastOpenTapStack(new() { Nic = tap, Entropy = new Entropy(1, 2) });
    }

    public NetworkNamespace Space { get; } = new();

    public FastOpenTapStack Stack { get; }

    /// <summary>Polls until a task of the kernel's side is done.</summary>
    public T Await<T>(Func<T> function)
    {
        var task = Task.Run(function);
        while (!task.IsCompleted)
        {
            Assert.True(clock.Elapsed < Patience, $"It did not happen. {LedgerAssert.Describe(Stack)}");
            Stack.Wait(TimeSpan.FromMilliseconds(2));
            Stack.Poll(0, 0, clock.ElapsedTicks * (1_000_000_000 / Stopwatch.Frequency));
        }

        return task.GetAwaiter().GetResult();
    }

    /// <summary>A counter of the kernel under its name in /proc/net/netstat.</summary>
    public long Kernel(string counter)
    {
        var lines = Space.Execute("cat", "/proc/net/netstat").Split('\n');
        var names = lines.First(line => line.StartsWith("TcpExt:", StringComparison.Ordinal)).Split(' ');
        var values = lines.Last(line => line.StartsWith("TcpExt:", StringComparison.Ordinal)).Split(' ');
        return long.Parse(values[Array.IndexOf(names, counter)], CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        LedgerAssert.Balanced(Stack);
        Stack.Dispose();
        tap.Dispose();
        Space.Dispose();
    }
}
