using Millrace.Headers;
using Millrace.Nics;
using Millrace.Stack.Tests.Twin;
using Millrace.Testing;
using Millrace.Testing.Packets;
using Millrace.Testing.Traffic;

namespace Millrace.Stack.Tests.RxHandlers;

/// <summary>A bond made of two handlers (ANOTHER to the bond, EXACT for what belongs to a link) and a stage of egress.</summary>
public sealed class BondTests
{
    private const ulong LldpGroup = 0x0180_C200_000E;
    private const int Steps = 400;

    [Theory]
    [InlineData(1, NicFeatures.None, 256, 0)]
    [InlineData(2, NicFeatures.TransmitChecksum | NicFeatures.ScatterGather | NicFeatures.TcpSegmentation, 256, 200_000)]
    [InlineData(3, NicFeatures.None, 32, 300_000)]
    public void Loop_and_twin_agree_and_the_host_speaks_by_the_slaves(ulong seed, NicFeatures features, int ringSize, long completionAfter)
    {
        var (first, second) = (Nics(), Nics());
        InterfaceCounts loopTap = new(), twinTap = new();
        using var stack = new BondHost(new() { Bond0Nic = first[0], Eth0Nic = first[1], Eth1Nic = first[2], Entropy = new Entropy(seed, 1), Bond = new Bond(), TapSink = loopTap });
        using var twin = new BondHostTwin(new() { Bond0Nic = second[0], Eth0Nic = second[1], Eth1Nic = second[2], Entropy = new Entropy(seed, 1), Bond = new Bond(), TapSink = twinTap });
        var run = new StackRun(TrafficMix.Everything(TwinCase.Target), seed, new StackLane("loop", stack, first), new StackLane("twin", twin, second));
        run.Run(Steps);

        Assert.Equal(0, first[0].SentCount);
        Assert.True(first[1].SentCount > 100 && first[2].SentCount > 100, "The host said little.");
        Assert.Equal(loopTap.Received, twinTap.Received);
        Assert.Equal(loopTap.Sent, twinTap.Sent);

        // what a slave received was shown once as the slave's and once as the bond's
        Assert.True(loopTap.Received[0] >= loopTap.Received[1] + loopTap.Received[2]);
        Assert.Equal(stack.Counters.FirstSlave.Received, loopTap.Received[1]);
        Assert.True(stack.Counters.Tcp.Received > 100);

        ScriptedNic[] Nics() => [.. Enumerable.Range(0, 3).Select(_ => new ScriptedNic(TwinCase.Mac, features, ringSize: ringSize, completionAfter: completionAfter))];
    }

    [Fact]
    public void What_belongs_to_a_link_is_for_the_protocol_of_that_link()
    {
        ScriptedNic[] nics = [.. Enumerable.Range(0, 3).Select(_ => new ScriptedNic(TwinCase.Mac))];
        using var stack = new BondHost(new() { Bond0Nic = nics[0], Eth0Nic = nics[1], Eth1Nic = nics[2], Entropy = new Entropy(1, 1), Bond = new Bond(), TapSink = new InterfaceCounts() });
        foreach (var one in stack.Interfaces)
        {
            one.JoinGroup(new MacAddress(LldpGroup));
        }

        var frame = new EthernetFrame { Source = 0x0200_0000_1000, Destination = LldpGroup, EtherType = LldpAgent.EtherType, Payload = new byte[46] }.ToBytes();
        for (var port = 1; port <= 2; port++)
        {
            nics[port].Inject(frame);
            stack.Poll(port, 0, 1_000);
        }

        // eth0 has an agent; on eth1 nobody is bound, and the host's own protocols do not see it
        Assert.Equal((1L, 1L), (stack.Counters.LldpAgent.Received, stack.Ledger.Delivered));
        Assert.Equal(1, stack.Ledger.IngressDrops(DropReason.UnhandledProtocol));
        Assert.Equal((1L, 1L, 0L), (stack.Counters.FirstSlave.Received, stack.Counters.SecondSlave.Received, stack.Counters.Ipv4.Received));
        LedgerAssert.Balanced(stack);
    }
}
