using Millrace.Memory;
using Millrace.Nics;
using Millrace.Sockets;
using Millrace.Testing;

namespace Millrace.Stack.Tests.Sockets;

[NetworkStack]
[NicQueues(1)]
[Ipv4("10.0.0.1/24")]
[Tcp]
[AsyncSockets(Connections = 32)]
public sealed partial class LeftStack;

/// <summary>Beside the plain one, a stack with every offload.</summary>
[NetworkStack]
[NicQueues(1)]
[Napi]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.2/24")]
[Tcp(FastOpen = 3)]
[SocketMemory]
[Gso]
[AsyncSockets(Connections = 32)]
public sealed partial class RightStack;

/// <summary>Two declared stacks on a wire in memory, each with a worker of its own.</summary>
internal sealed class AsyncStacks : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly MemoryWire wire;
    private readonly Worker left;
    private readonly Worker right;

    public AsyncStacks(WireMode mode = WireMode.HandOver)
    {
        wire = new MemoryWire(new MemoryWireOptions { Mode = mode, Concurrent = true });
        Left = new LeftStack(new() { Nic = wire.A, Entropy = new Entropy(1, 2) });
        Right = new RightStack(new() { Nic = wire.B, Entropy = new Entropy(3, 4) });
        left = new Worker(Left, new WorkerOptions { Name = "left" });
        right = new Worker(Right, new WorkerOptions { Name = "right" });
        left.Start();
        right.Start();
    }

    public LeftStack Left { get; }

    public RightStack Right { get; }

    /// <summary>A connection from the left stack to the right one.</summary>
    public async Task<(AsyncTcpConnection Client, AsyncTcpConnection Server)> ConnectPair(int port = 80)
    {
        using var listener = Right.Sockets.Listen(port);
        await listener.Listening.WaitAsync(Patience);
        var accept = listener.AcceptAsync();
        var client = await Left.Sockets.ConnectAsync(AsyncStackTests.Right(port)).AsTask().WaitAsync(Patience);
        return (client, await accept.AsTask().WaitAsync(Patience));
    }

    /// <summary>Bytes allocated so far by the threads that run the loops.</summary>
    public async Task<long> AllocatedByLoops() =>
        await left.InvokeAsync(GC.GetAllocatedBytesForCurrentThread) + await right.InvokeAsync(GC.GetAllocatedBytesForCurrentThread);

    /// <summary>Stops both workers and looks whether every packet and frame is accounted for.</summary>
    public async Task StopAndBalance()
    {
        await left.StopAsync().WaitAsync(Patience);
        await right.StopAsync().WaitAsync(Patience);
        LedgerAssert.Balanced(Left);
        LedgerAssert.Balanced(Right);
    }

    /// <summary>Waits until no socket of either stack holds a frame.</summary>
    public async Task UntilNothingIsQueued()
    {
        using var patience = new CancellationTokenSource(Patience);
        while (await left.InvokeAsync(() => Left.Arena.Used(Share.Sockets)) + await right.InvokeAsync(() => Right.Arena.Used(Share.Sockets)) > 0)
        {
            await Task.Delay(1, patience.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await left.DisposeAsync();
        await right.DisposeAsync();
        Left.Dispose();
        Right.Dispose();
        wire.Dispose();
    }
}
