using Millrace.Headers;
using Millrace.Nics;
using Millrace.Tcp;
using Millrace.Testing;
using Millrace.Testing.Packets;
using Millrace.Testing.Traffic;
using Millrace.Testing.Twin;

namespace Millrace.Stack.Tests.Seeds;

/// <summary>One transfer between two declared stacks over a memory wire, in virtual time from the first SYN to the last TIME-WAIT.</summary>
internal sealed class BulkRun : IDisposable
{
    private const int StepLimit = 400_000;
    private const int StepsBetweenAudits = 64;

    /// <summary>Longer than TIME-WAIT and FIN-WAIT-2, so that nothing of a connection is left.</summary>
    private const long AfterwardsNanoseconds = 130_000_000_000;

    private readonly BulkSeed seed;
    private readonly MemoryWire wire;
    private readonly BulkPlan serverPlan;
    private readonly BulkPlan clientPlan;
    private readonly INetworkStack server;
    private readonly INetworkStack client;
    private readonly TcpSockets sockets;
    private readonly VirtualTimeNetwork network;

    /// <param name="trace">Gets a line for each packet that either end sends or receives; null for none.</param>
    /// <param name="asTwins">Whether both ends are interpreted instead of compiled.</param>
    public BulkRun(BulkSeed seed, Action<string>? trace, bool asTwins = false)
    {
        this.seed = seed;
        wire = new MemoryWire(seed.Wire);
        var text = new PacketText();
        Nic serverNic = trace is null ? wire.A : new TracingNic(wire.A, "server", text, trace);
        Nic clientNic = trace is null ? wire.B : new TracingNic(wire.B, "client", text, trace);
        clientPlan = new BulkPlan { SendLength = seed.Upload, ReceiveLength = seed.Download, SendStream = 1, ReceiveStream = 2 };
        serverPlan = new BulkPlan { SendLength = seed.Download, ReceiveLength = seed.Upload, SendStream = 2, ReceiveStream = 1 };
        var (serverEntropy, clientEntropy) = (new Entropy(seed.Number, 1), new Entropy(seed.Number, 2));
        server = (seed.ServerOffloads, asTwins) switch
        {
            (true, false) => new BulkServer(new() { Nic = serverNic, Entropy = serverEntropy, Plan = serverPlan }),
            (true, true) => new BulkServerTwin(new() { Nic = serverNic, Entropy = serverEntropy, Plan = serverPlan }),
            (false, false) => new PlainServer(new() { Nic = serverNic, Entropy = serverEntropy, Plan = serverPlan }),
            (false, true) => new PlainServerTwin(new() { Nic = serverNic, Entropy = serverEntropy, Plan = serverPlan }),
        };
        (client, sockets) = (seed.ClientOffloads, asTwins) switch
        {
            (true, false) => With(new BulkClient(new() { Nic = clientNic, Entropy = clientEntropy, Plan = clientPlan }), stack => stack.Tcp),
            (true, true) => With(new BulkClientTwin(new() { Nic = clientNic, Entropy = clientEntropy, Plan = clientPlan }), TcpOf),
            (false, false) => With(new PlainClient(new() { Nic = clientNic, Entropy = clientEntropy, Plan = clientPlan }), stack => stack.Tcp),
            (false, true) => With(new PlainClientTwin(new() { Nic = clientNic, Entropy = clientEntropy, Plan = clientPlan }), TcpOf),
        };
        network = new VirtualTimeNetwork(client, server);
    }

    public int Steps { get; private set; }

    /// <summary>Runs it to its end.</summary>
    /// <returns>What went wrong, or null.</returns>
    public string? Run()
    {
        network.Settle();
        for (var i = 0; i < seed.Connections; i++)
        {
            var result = sockets.Connect(0, new InetEndpoint(InetAddress.Parse("10.0.0.1"), 80), out _);
            if (result != TcpConnectResult.Opening)
            {
                return $"connect {i} says {result}";
            }
        }

        var problem = RunUntil(() => clientPlan.Closed == seed.Connections && serverPlan.Closed >= seed.Connections, long.MaxValue);
        problem ??= clientPlan.Problem ?? serverPlan.Problem;
        if (problem is null && (clientPlan.Finished != seed.Connections || serverPlan.Finished != seed.Connections))
        {
            problem = $"{clientPlan.Finished} and {serverPlan.Finished} of {seed.Connections} connections finished";
        }

        problem ??= RunUntil(() => false, network.Now + AfterwardsNanoseconds);
        if (problem is null)
        {
            LedgerAssert.Empty(client);
            LedgerAssert.Empty(server);
        }

        return problem;
    }

    public void Dispose()
    {
        client.Dispose();
        server.Dispose();
        wire.Dispose();
    }

    private string? RunUntil(Func<bool> isDone, long limit)
    {
        // a connection that nobody has spoken on yet is sent by the next settling, though nothing is due
        network.Settle();
        while (!isDone())
        {
            if (!network.Step(limit))
            {
                return limit == long.MaxValue ? $"nothing is due any more, with {Progress()}" : null;
            }

            if (++Steps > StepLimit)
            {
                return $"{StepLimit} steps were not enough, with {Progress()}";
            }

            if (Steps % StepsBetweenAudits == 0)
            {
                LedgerAssert.Balanced(client);
                LedgerAssert.Balanced(server);
            }
        }

        return null;
    }

    /// <summary>Every count of both ends.</summary>
    public IReadOnlyList<StackSnapshot> Snapshots => [StackSnapshot.Of(server, [], countHolders: true), StackSnapshot.Of(client, [], countHolders: true)];

    /// <summary>A twin has no surface but its stages: the one that provides TCP's sockets.</summary>
    private static TcpSockets TcpOf(TwinStack twin) => (
        from index in Enumerable.Range(0, twin.Pipeline.Stages.Count)
        let stage = twin.Stage(index)
        from property in stage.GetType().GetProperties()
        where typeof(TcpSockets).IsAssignableFrom(property.PropertyType)
        select (TcpSockets)property.GetValue(stage)!).First();

    private static (INetworkStack, TcpSockets) With<TStack>(TStack stack, Func<TStack, TcpSockets> sockets)
        where TStack : INetworkStack => (stack, sockets(stack));

    private string Progress() =>
        $"{clientPlan.Received} of {(long)seed.Connections * seed.Download} bytes down and {serverPlan.Received} of {(long)seed.Connections * seed.Upload} up, "
        + $"{clientPlan.Closed} and {serverPlan.Closed} of {seed.Connections} closed, at {network.Now} ns; {clientPlan.Problem} {serverPlan.Problem}";
}
