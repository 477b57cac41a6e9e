using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Millrace.Nics;
using Millrace.Sockets;
using Millrace.Stack.Tests.Sockets;
using Millrace.Testing;
using Millrace.Tests;
using Millrace.Workers;

namespace Millrace.Stack.Tests.Workers;

/// <summary>Two workers, each with a queue of a TAP: the kernel sends a flow where it was last answered from.</summary>
[NetworkStack]
[Workers(2)]
[NicQueues(2)]
[Napi]
[ChecksumOffload]
[Gro]
[Ipv4("10.9.0.2/24")]
[Tcp]
[SocketMemory]
[Gso]
[AsyncSockets(Connections = 512)]
public sealed partial class TwoQueueTapStack;

/// <summary>Two workers and one queue: the second receives by ring and sends by the first one's queue.</summary>
[NetworkStack]
[Workers(2)]
[NicQueues(1)]
[Napi]
[ChecksumOffload]
[Gro]
[Ipv4("10.9.0.2/24")]
[Tcp]
[SocketMemory]
[SmallQueues]
[Gso]
[AsyncSockets(Connections = 512)]
public sealed partial class OneQueueTapStack;

/// <summary>What <see cref="LeftStack"/> is with one worker: the second has no queue.</summary>
[NetworkStack]
[Workers(2, Borrowed = 256)]
[NicQueues(1)]
[Ipv4("10.0.0.1/24")]
[Tcp]
[AsyncSockets(Connections = 32)]
public sealed partial class TwoWorkersLeft;

/// <summary>A team on a TAP, and the kernel of a network namespace at its other end.</summary>
internal sealed class TapTeam<TStack> : IAsyncDisposable
    where TStack : class, IAsyncNetworkStack
{
    public static readonly IPAddress Kernel = IPAddress.Parse("10.9.0.1");
    public static readonly IPAddress Stack = IPAddress.Parse("10.9.0.2");

    private readonly TapNic nic;

    public TapTeam(int queues, Func<Nic, WorkerGroup, int, TStack> make, WorkerTeamOptions? options = null)
    {
        nic = Space.Run(() => new TapNic(new TapOptions { Name = "mr0", Queues = queues, KernelAddress = "10.9.0.1/24" }));
        Group = new WorkerGroup(2, nic);
        Team = new WorkerTeam<TStack>(Group, worker => make(nic, Group, worker), options);
        Sockets = new TeamSockets(Team.Stacks);
        Team.Start();
    }

    public NetworkNamespace Space { get; } = new();

    public WorkerGroup Group { get; }

    public WorkerTeam<TStack> Team { get; }

    public TeamSockets Sockets { get; }

    public string Interface => "mr0";

    public static IPEndPoint Port(int port) => new(Kernel, port);

    public TcpListener KernelListener(int port) => Space.Run(() =>
    {
        var listener = new TcpListener(Kernel, port);
        listener.Start(1024);
        return listener;
    });

    public async Task<Socket> ConnectFromKernel(int port)
    {
        var socket = Space.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        await socket.ConnectAsync(new IPEndPoint(Stack, port)).WaitAsync(AsyncStacks.Patience);
        return socket;
    }

    /// <summary>Stops the team and looks whether every packet of every worker and every frame is accounted for.</summary>
    public async Task StopAndBalance()
    {
        await Team.StopAsync().WaitAsync(AsyncStacks.Patience);
        Assert.False(Team.Faulted, Team.Completion.Exception?.ToString());
        foreach (var stack in Team.Stacks)
        {
            LedgerAssert.Balanced(stack);
        }

        Assert.Equal(Team.Stacks.Sum(stack => stack.Ledger.SteeredOut), Team.Stacks.Sum(stack => stack.Ledger.SteeredIn) + Group.PacketsInRings);
    }

    /// <summary>Waits until nothing of one worker is with another, as it must be once the connections are quiet.</summary>
    public async Task UntilAllFramesAreHome()
    {
        using var patience = new CancellationTokenSource(AsyncStacks.Patience);
        while (Group.PacketsInRings + Group[0]!.LentFrames + Group[1]!.LentFrames > 0)
        {
            await Task.Delay(1, patience.Token);
        }
    }

    public string Describe() => string.Join('\n', Team.Stacks.Select(LedgerAssert.Describe));

    public async ValueTask DisposeAsync()
    {
        await Team.DisposeAsync().AsTask().WaitAsync(AsyncStacks.Patience);
        nic.Dispose();
        Space.Dispose();
    }
}

/// <summary>Exchanges between a socket of the kernel and one of a stack.</summary>
internal static class Exchanges
{
    /// <summary>Sends both ways at once, to the end of both, and compares what was sent with what came.</summary>
    public static async Task Both(Socket kernel, AsyncTcpConnection ours, int seed, int length)
    {
        await using var stream = new NetworkStream(kernel, ownsSocket: true);
        await using var connection = ours;
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        var results = await Task.WhenAll(
            Task.Run(async () =>
            {
                await stream.WriteAsync(bytes);
                kernel.Shutdown(SocketShutdown.Send);
                return Convert.ToHexString(SHA256.HashData(bytes));
            }),
            Task.Run(() => AsyncStackTests.Receive(ours)),
            Task.Run(() => AsyncStackTests.Send(ours, seed + 1, length)),
            Task.Run(async () => Convert.ToHexString(await SHA256.HashDataAsync(stream)))).WaitAsync(AsyncStacks.Patience);
        Assert.Equal(results[0], results[1]);
        Assert.Equal(results[2], results[3]);
    }
}
