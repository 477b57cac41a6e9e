using Millrace.Headers;
using Millrace.Nics;
using Millrace.Sockets;
using Millrace.Testing.Traffic;

namespace Millrace.Stack.Tests.Datagrams;

/// <summary>Keeps what came.</summary>
public struct UdpCollector(List<string> datagrams) : IUdpHandler
{
    public void Received(UdpDatagram datagram) => datagrams.Add($"{datagram.Source}: {System.Text.Encoding.ASCII.GetString(datagram.Data)}");
}

[NetworkStack]
[NicQueues(1)]
[Ipv4("10.0.0.2/24")]
[Udp]
[UdpHandler<UdpCollector>(5000)]
public sealed partial class CollectStack;

public sealed class EchoStackTests
{
    private const ulong Mac = 0x02_00_00_00_00_01;
    private const uint Address = 0x0A000001;

    [Fact]
    public void A_datagram_comes_back_over_a_wire()
    {
        var datagrams = new List<string>();
        using var wire = new MemoryWire();
        using var server = new EchoStack(new() { Nic = wire.A, Entropy = new Entropy(1, 2) });
        using var client = new CollectStack(new() { Nic = wire.B, Entropy = new Entropy(3, 4), Datagrams = datagrams });
        var remote = new InetEndpoint(InetAddress.FromIpv4(Address), 7);
        client.Poll(0, 0, 0);
        Assert.True(client.Udp.TrySend(new InetEndpoint(default, 5000), remote, "hello"u8));
        for (var now = 1; now < 20; now++)
        {
            client.Poll(0, 0, now);
            server.Poll(0, 0, now);
        }

        Assert.Equal("10.0.0.1:7: hello", Assert.Single(datagrams));
        Assert.Equal(1, server.Handlers.UdpEcho.Datagrams);
        Assert.Equal(server.HeldIngress, server.Ledger.IngressDue);
        Assert.Equal(server.HeldEgress, server.Ledger.EgressDue);
    }

    [Fact]
    public void Loop_and_twin_agree_on_datagrams_fragments_errors_and_neighbours()
    {
        var target = new TrafficTarget(Mac, Address) { UdpPorts = [7] };
        var (first, second) = (new ScriptedNic(new MacAddress(Mac)), new ScriptedNic(new MacAddress(Mac)));
        using var loop = new EchoStack(new() { Nic = first, Entropy = new Entropy(1, 2) });
        using var twin = new EchoTwin(new() { Nic = second, Entropy = new Entropy(1, 2) });
        new StackRun(TrafficMix.Everything(target), 11, new StackLane("loop", loop, first), new StackLane("twin", twin, second)).RunFrames(4_000);
        Assert.True(loop.Ledger.Delivered > 0);
        Assert.True(loop.Ledger.Transmitted > 0);
    }

    [Fact]
    public void The_drop_table_has_every_reason_that_was_counted()
    {
        var target = new TrafficTarget(Mac, Address) { UdpPorts = [7] };
        var nic = new ScriptedNic(new MacAddress(Mac));
        using var stack = new EchoStack(new() { Nic = nic, Entropy = new Entropy(1, 2) });
        new StackRun(new UdpTraffic(target), 5, new StackLane("loop", stack, nic)).RunFrames(1_000);
        var table = stack.Pipeline.Drops.Select(drop => drop.Reason).ToHashSet();
        foreach (var reason in Enum.GetValues<DropReason>().Where(reason => stack.Ledger.Dropped(reason) > 0))
        {
            Assert.Contains(reason, table);
        }
    }

    [Fact]
    public void Faults_of_a_handler_are_said_on_each_later_call()
    {
        var nic = new ScriptedNic(new MacAddress(Mac));
        var stack = new ThrowingStack(new() { Nic = nic, Entropy = new Entropy(1, 2) });
        nic.Inject(new byte[60]);
        Assert.Equal("on purpose", Assert.Throws<NotSupportedException>(() => stack.Poll(0, 0, 0)).Message);
        var second = Assert.Throws<InvalidOperationException>(() => stack.Advance(1));
        Assert.IsType<NotSupportedException>(second.InnerException);
        stack.Dispose();
    }
}

public struct Thrower : IIngressStage
{
    public Verdict Receive(ref Packet packet) => throw new NotSupportedException("on purpose");
}

[NetworkStack]
[Stage<Thrower>]
public sealed partial class ThrowingStack;
