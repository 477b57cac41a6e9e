using Millrace.Headers;
using Millrace.Nics;
using Millrace.Sockets;
using Millrace.Stack.Tests.Seeds;
using Millrace.Tcp;
using Millrace.Testing;
using Millrace.Workers;

namespace Millrace.Stack.Tests.Workers;

/// <summary>Two workers of which the first has the only queue, and a peer to which the second opens connections.</summary>
internal sealed class OneQueueWorld : IDisposable
{
    public const int Connections = 4;

    private const int Length = 300_000;

    private readonly MemoryWire wire;
    private readonly TcpSockets sockets;
    private readonly BulkClient peer;

    private OneQueueWorld(WireMode mode, Func<Nic, WorkerGroup, int, BulkPlan, INetworkStack> make, Func<INetworkStack, TcpSockets> socketsOf)
    {
        wire = new MemoryWire(new MemoryWireOptions { Mode = mode });
        Group = new WorkerGroup(OneQueueStack.WorkerCount);
        (First, Second) = (make(wire.A, Group, 0, Near), make(wire.A, Group, 1, Near));
        sockets = socketsOf(Second);
        peer = new BulkClient(new() { Nic = wire.B, Entropy = new Entropy(3, 4), Plan = Far });
        Network = new VirtualTimeNetwork(First, Second, peer);
        Network.Settle();
    }

    public WorkerGroup Group { get; }

    public INetworkStack First { get; }

    public INetworkStack Second { get; }

    public VirtualTimeNetwork Network { get; }

    public BulkPlan Near { get; } = Plan(1, 2);

    public BulkPlan Far { get; } = Plan(2, 1);

    public bool IsOver => Near.Closed == Connections && Far.Closed == Connections;

    public static OneQueueWorld OfLoops(WireMode mode) => new(
        mode,
        static (nic, group, worker, plan) => new OneQueueStack(new() { Nic = nic, Entropy = new Entropy(1, 2), Group = group, Worker = worker, Plan = plan }),
        static stack => ((OneQueueStack)stack).Tcp);

    public static OneQueueWorld OfTwins(WireMode mode) => new(
        mode,
        static (nic, group, worker, plan) => new OneQueueTwin(new() { Nic = nic, Entropy = new Entropy(1, 2), Group = group, Worker = worker, Plan = plan }),
        static stack => SocketsOf((OneQueueTwin)stack));

    public void Open()
    {
        for (var i = 0; i < Connections; i++)
        {
            Assert.Equal(TcpConnectResult.Opening, sockets.Connect(0, new InetEndpoint(InetAddress.Parse("10.0.0.2"), 80), out _));
        }
    }

    public void Dispose()
    {
        First.Dispose();
        Second.Dispose();
        peer.Dispose();
        wire.Dispose();
    }

    /// <summary>A twin has no members of its own for what its stages provide.</summary>
    private static TcpSockets SocketsOf(OneQueueTwin twin) => Enumerable.Range(0, twin.Pipeline.Stages.Count)
        .Select(twin.Stage)
        .SelectMany(static stage => stage.GetType().GetProperties().Where(static property => property.PropertyType == typeof(TcpSockets)).Select(property => (TcpSockets)property.GetValue(stage)!))
        .Single();

    private static BulkPlan Plan(int send, int receive) =>
        new() { SendLength = Length, ReceiveLength = Length, SendStream = send, ReceiveStream = receive };
}
