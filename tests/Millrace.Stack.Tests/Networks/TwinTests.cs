using Millrace.Headers;
using Millrace.Nics;
using Millrace.Stack.Tests.Seeds;
using Millrace.Tcp;
using Millrace.Testing;
using Millrace.Testing.Networks;
using Millrace.Testing.Traffic;
using Millrace.Testing.Twin;

namespace Millrace.Stack.Tests.Networks;

/// <summary>The links and hosts of a seed, once with compiled stacks and once with interpreted ones.</summary>
public sealed class TwinTests
{
    private const int Length = 40 * 1024;

    [Fact]
    public void Two_loops_and_two_twins_send_the_same_packets_at_the_same_times()
    {
        for (ulong seed = 1; seed <= 24; seed++)
        {
            var (compiled, interpreted) = (new List<string>(), new List<string>());
            var loops = Run(seed, asTwins: false, compiled.Add);
            var twins = Run(seed, asTwins: true, interpreted.Add);
            var same = compiled.Zip(interpreted).TakeWhile(pair => pair.First == pair.Second).Count();
            Assert.True(
                same == compiled.Count && same == interpreted.Count,
                $"seed {seed}, packet {same}: {compiled.ElementAtOrDefault(same)}\nwith twins: {interpreted.ElementAtOrDefault(same)}");
            foreach (var (loop, twin) in loops.Zip(twins))
            {
                Assert.Empty(loop.DifferencesFrom(twin));
            }
        }
    }

    /// <returns>Every count of both ends.</returns>
    private static StackSnapshot[] Run(ulong seed, bool asTwins, Action<string> write)
    {
        var scenario = new Scenario(seed);
        var network = new VirtualTimeNetwork { Seed = seed };
        network.Trace.Write = write;
        var link = network.NewLink(scenario.Rightward, scenario.Leftward, scenario.Mtu);
        var up = new BulkPlan { SendLength = Length, ReceiveLength = Length, SendStream = 1, ReceiveStream = 2 };
        var down = new BulkPlan { SendLength = Length, ReceiveLength = Length, SendStream = 2, ReceiveStream = 1 };
        var (client, tcp) = Client(link.Left.NewNic(), network.NewEntropy(), up, scenario.ClientOffloads, asTwins);
        var server = Server(link.Right.NewNic(), network.NewEntropy(), down, scenario.ServerOffloads, asTwins);
        using (network.Add(client))
        using (network.Add(server))
        {
            network.Settle();
            Assert.Equal(TcpConnectResult.Opening, tcp.Connect(0, new InetEndpoint(InetAddress.Parse("10.0.0.1"), 80), out _));
            network.RunUntil(() => up.Closed == 1 && down.Closed == 1, TimeSpan.FromHours(1));
            Assert.Null(up.Problem ?? down.Problem);
            network.RunFor(TimeSpan.FromSeconds(130));
            LedgerAssert.Empty(client);
            LedgerAssert.Empty(server);
            return [StackSnapshot.Of(client, [], countHolders: true), StackSnapshot.Of(server, [], countHolders: true)];
        }
    }

    private static INetworkStack Server(Nic nic, Entropy entropy, BulkPlan plan, bool offloads, bool asTwin) => (offloads, asTwin) switch
    {
        (true, false) => new BulkServer(new() { Nic = nic, Entropy = entropy, Plan = plan }),
        (true, true) => new BulkServerTwin(new() { Nic = nic, Entropy = entropy, Plan = plan }),
        (false, false) => new PlainServer(new() { Nic = nic, Entropy = entropy, Plan = plan }),
        (false, true) => new PlainServerTwin(new() { Nic = nic, Entropy = entropy, Plan = plan }),
    };

    private static (INetworkStack, TcpSockets) Client(Nic nic, Entropy entropy, BulkPlan plan, bool offloads, bool asTwin) => (offloads, asTwin) switch
    {
        (true, false) => With(new BulkClient(new() { Nic = nic, Entropy = entropy, Plan = plan }), stack => stack.Tcp),
        (true, true) => With(new BulkClientTwin(new() { Nic = nic, Entropy = entropy, Plan = plan }), TcpOf),
        (false, false) => With(new PlainClient(new() { Nic = nic, Entropy = entropy, Plan = plan }), stack => stack.Tcp),
        (false, true) => With(new PlainClientTwin(new() { Nic = nic, Entropy = entropy, Plan = plan }), TcpOf),
    };

    /// <summary>A twin has no surface but its stages: the one that provides TCP's sockets.</summary>
    private static TcpSockets TcpOf(TwinStack twin) => (
        from index in Enumerable.Range(0, twin.Pipeline.Stages.Count)
        let stage = twin.Stage(index)
        from property in stage.GetType().GetProperties()
        where typeof(TcpSockets).IsAssignableFrom(property.PropertyType)
        select (TcpSockets)property.GetValue(stage)!).First();

    private static (INetworkStack, TcpSockets) With<TStack>(TStack stack, Func<TStack, TcpSockets> sockets)
        where TStack : INetworkStack => (stack, sockets(stack));
}
