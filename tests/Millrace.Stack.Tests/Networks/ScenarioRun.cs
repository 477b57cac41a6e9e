using Millrace.Headers;
using Millrace.Ip;
using Millrace.Nics;
using Millrace.Sockets;
using Millrace.Tcp;
using Millrace.Testing;
using Millrace.Testing.Networks;

namespace Millrace.Stack.Tests.Networks;

/// <summary>A scenario in virtual time, from the first SYN to the last TIME-WAIT.</summary>
internal sealed class ScenarioRun : IDisposable
{
    private const int StepsBetweenAudits = 256;
    private static readonly TimeSpan Deadline = TimeSpan.FromHours(2);

    /// <summary>Longer than TIME-WAIT and FIN-WAIT-2, so that nothing of a connection is left.</summary>
    private static readonly TimeSpan Afterwards = TimeSpan.FromSeconds(130);

    private readonly Scenario scenario;
    private readonly List<(Host Client, Host Server)> pairs = [];
    private readonly List<IDisposable> owned = [];
    private Link? link;
    private string? refused;

    public ScenarioRun(Scenario scenario, Action<string>? trace = null)
    {
        this.scenario = scenario;
        Network = new VirtualTimeNetwork { Seed = scenario.Number, StepLimit = 1_500_000 };
        Network.Trace.Write = trace;
        switch (scenario.Topology)
        {
            case Topology.Pair:
            case Topology.Dumbbell:
                link = NewLink();
                for (var i = 0; i < (scenario.Topology == Topology.Pair ? 1 : 2); i++)
                {
                    AddPair(link.Left.NewNic(), $"10.0.0.{1 + i}/24", link.Right.NewNic(), $"10.0.0.{101 + i}/24");
                }

                break;
            case Topology.Routed:
                var near = Network.NewLink(new LinkOptions { DelayNanoseconds = 100_000 }, scenario.Mtu);
                link = NewLink();
                Own(Network.Add(new TransitRouter(new() { LeftNic = near.Right.NewNic(), RightNic = link.Left.NewNic(), Entropy = Network.NewEntropy() })));
                AddPair(near.Left.NewNic(), "10.0.0.1/24", link.Right.NewNic(), "10.0.1.1/24");
                pairs[0].Client.Ipv4.SetGateway(InetAddress.Parse("10.0.0.254"));
                pairs[0].Server.Ipv4.SetGateway(InetAddress.Parse("10.0.1.254"));
                break;
            default:
                var wire = new MemoryWire(scenario.Wire);
                AddPair(wire.B, "10.0.0.1/24", wire.A, "10.0.0.101/24");
                Own(wire);
                break;
        }
    }

    public VirtualTimeNetwork Network { get; }

    /// <summary>Runs it to its end.</summary>
    /// <returns>What went wrong, or null.</returns>
    public string? Run()
    {
        Network.Settle();
        foreach (var (client, server) in pairs)
        {
            for (var i = 0; i < scenario.Connections; i++)
            {
                // a cookie comes with the answer to the first
                Network.After(TimeSpan.FromMilliseconds(scenario.FastOpen ? i * 2_000 : i * 7), () => Open(client, server));
            }
        }

        Interrupt();
        var connections = scenario.Connections;
        var problem = RunUntil(() => refused is not null || pairs.All(pair => pair.Client.Plan.Closed == connections && pair.Server.Plan.Closed >= connections));
        problem ??= refused ?? pairs.Select(pair => pair.Client.Plan.Problem ?? pair.Server.Plan.Problem).FirstOrDefault(found => found is not null);
        if (problem is null && pairs.Any(pair => (pair.Client.Plan.Finished, pair.Server.Plan.Finished) != (connections, connections)))
        {
            problem = $"not all came to their end: {Progress()}";
        }

        if (problem is null)
        {
            Network.RunFor(Afterwards);
            foreach (var stack in Network.Stacks)
            {
                LedgerAssert.Empty(stack);
            }
        }

        return problem;
    }

    public void Dispose() => owned.ForEach(thing => thing.Dispose());

    private Link NewLink() => Network.NewLink(scenario.Rightward, scenario.Leftward, scenario.Mtu);

    private void AddPair(Nic clientNic, string clientAddress, Nic serverNic, string serverAddress)
    {
        var clientPlan = new ExchangePlan
        {
            SendLength = scenario.Upload, ReceiveLength = scenario.Download, SendStream = 1, ReceiveStream = 2,
            WriteLength = scenario.WriteLength, ReadLength = scenario.ReadLength, NoDelay = scenario.NoDelay, Stalls = scenario.ClientStalls,
            MayOutliveTimeWait = scenario.Interruption?.State is not null,
        };
        var serverPlan = new ExchangePlan
        {
            SendLength = scenario.Download, ReceiveLength = scenario.Upload, SendStream = 2, ReceiveStream = 1,
            WriteLength = scenario.WriteLength, ReadLength = scenario.ReadLength, NoDelay = scenario.NoDelay, Stalls = scenario.ServerStalls,
            AnswersLast = scenario.ServerAnswersLast,
            MayOutliveTimeWait = scenario.Interruption?.State is not null,
        };
        pairs.Add((
            NewHost(scenario.Client, scenario.ClientOffloads, clientNic, clientPlan, clientAddress, scenario.ClientSettings),
            NewHost(scenario.Server, scenario.ServerOffloads, serverNic, serverPlan, serverAddress, scenario.ServerSettings)));
    }

    private Host NewHost(CongestionHosts hosts, bool offloads, Nic nic, ExchangePlan plan, string address, IReadOnlyList<(string Name, string Value)> settings)
    {
        var host = (offloads ? hosts.Offload : hosts.Plain)(nic, Network.NewEntropy(), plan);
        Own(Network.Add(host.Stack));
        host.Ipv4.SetAddress(0, InterfaceAddress.Parse(address));
        foreach (var (name, value) in settings)
        {
            host.Write(name, value);
        }

        plan.Paused = (id, pause) => Network.After(pause, () =>
        {
            host.Stack.Advance(Network.Now);
            if (host.Tcp.TryGet(id, out var socket))
            {
                plan.Of(socket).Resume(socket);
            }
        });
        return host;
    }

    private void Open(Host client, Host server)
    {
        client.Stack.Advance(Network.Now);
        var written = 0;
        TcpConnectResult result;
        TcpSocketId id;
        if (scenario.FastOpen)
        {
            var first = new byte[Math.Min(scenario.Upload, 2_000)];
            Seeds.BulkStream.Fill(first, 0, stream: 1);
            result = client.Tcp.Connect(0, server.Port80, first, out id, out written);
        }
        else
        {
            result = client.Tcp.Connect(0, server.Port80, out id);
        }

        if (result == TcpConnectResult.Opening)
        {
            client.Plan.Opening(id, written);
        }
        else
        {
            refused ??= $"a connect says {result}";
        }
    }

    private void Interrupt()
    {
        if (scenario.Interruption is not { } interruption || link is null)
        {
            return;
        }

        if (interruption.State is { } state)
        {
            Network.After(interruption.At, () => link.State = state);
            Network.After(interruption.At + interruption.Length, () => link.State = LinkState.Up);
        }
        else
        {
            Network.After(interruption.At, () =>
            {
                link.Rightward.Options = link.Rightward.Options with { DelayNanoseconds = interruption.DelayNanoseconds };
                link.Leftward.Options = link.Leftward.Options with { DelayNanoseconds = interruption.DelayNanoseconds };
            });
        }
    }

    private string? RunUntil(Func<bool> isDone)
    {
        var audited = 0L;
        try
        {
            Network.RunUntil(
                () =>
                {
                    if (Network.Steps >= audited + StepsBetweenAudits)
                    {
                        audited = Network.Steps;
                        Audit();
                    }

                    return isDone();
                },
                Deadline);
            return null;
        }
        catch (VirtualTimeException exception)
        {
            return $"{exception.Message} {Progress()}";
        }
    }

    private void Audit()
    {
        foreach (var stack in Network.Stacks)
        {
            LedgerAssert.Balanced(stack);
        }
    }

    private string Progress() => $"at {Network.Now} ns " + string.Join("; ", pairs.Select(pair =>
        $"{pair.Client.Plan.Received} of {(long)scenario.Connections * scenario.Download} bytes down and {pair.Server.Plan.Received} of {(long)scenario.Connections * scenario.Upload} up, "
        + $"{pair.Client.Plan.Closed} and {pair.Server.Plan.Closed} of {scenario.Connections} closed {pair.Client.Plan.Problem} {pair.Server.Plan.Problem}"));

    private void Own(IDisposable thing) => owned.Add(thing);
}
