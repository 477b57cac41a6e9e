using Millrace.Headers;
using Millrace.Testing;
using Millrace.Testing.Packets;
using Millrace.Testing.Traffic;

namespace Millrace.Stack.Tests.Bridging;

/// <summary>Ports that are chosen, that go down and come back, and that take less than the others.</summary>
public sealed class BridgePortTests
{
    private const ulong Broadcast = 0xFFFF_FFFF_FFFF, Station = 0x0200_0000_1000, Other = 0x0200_0000_2000;

    private readonly ScriptedNic[] nics = [Nic(1), Nic(2), Nic(3, mtu: 600)];

    [Fact]
    public void An_interface_that_goes_down_forgets_its_stations_and_is_not_flooded_to()
    {
        using var stack = Switch();
        Pass(stack, 1, Broadcast, Station, 60);
        Assert.Equal([0, 1, 0], Pass(stack, 0, Station, Other, 60));
        nics[1].SetLink(isUp: false);
        Assert.Equal([0, 0, 1], Pass(stack, 0, Station, Other, 60));
        Assert.Equal(1, stack.Stations.Count);
        Assert.Equal([0, 0, 1], Pass(stack, 0, Broadcast, Other, 60));

        // it is known again when it has spoken again
        nics[1].SetLink(isUp: true);
        Assert.Equal([0, 1, 1], Pass(stack, 0, Station, Other, 60));
        Pass(stack, 1, Broadcast, Station, 60);
        Assert.Equal([0, 1, 0], Pass(stack, 0, Station, Other, 60));
    }

    [Fact]
    public void Without_another_port_that_is_up_a_frame_has_no_target()
    {
        using var stack = Switch();
        nics[1].SetLink(isUp: false);
        nics[2].SetLink(isUp: false);
        Assert.Equal([0, 0, 0], Pass(stack, 0, Broadcast, Other, 60));
        Assert.Equal(1, stack.Ledger.IngressDrops(DropReason.NoTransmitTarget));
    }

    [Fact]
    public void What_is_too_long_for_a_port_is_dropped_or_flooded_to_the_others()
    {
        using var stack = Switch();
        Pass(stack, 2, Broadcast, Station, 60);
        Assert.Equal([0, 0, 1], Pass(stack, 0, Station, Other, 614));
        Assert.Equal([0, 0, 0], Pass(stack, 0, Station, Other, 615));
        Assert.Equal(1, stack.Ledger.IngressDrops(DropReason.PacketTooBig));
        Assert.Equal([0, 1, 0], Pass(stack, 0, Broadcast, Other, 615));
        nics[1].SetLink(isUp: false);
        Assert.Equal([0, 0, 0], Pass(stack, 0, Broadcast, Other, 615));
        Assert.Equal(2, stack.Ledger.IngressDrops(DropReason.PacketTooBig));
    }

    [Fact]
    public void An_interface_that_is_no_port_goes_by_the_bridge()
    {
        using var stack = new PartialSwitch(new() { OneNic = nics[0], TwoNic = nics[1], ThreeNic = nics[2], Entropy = new Entropy(1, 1) });
        Assert.Equal([0, 0, 1], Pass(stack, 1, Broadcast, Station, 60));
        Assert.Equal([0, 1, 0], Pass(stack, 2, Station, Other, 60));
        Assert.Equal([0, 0, 0], Pass(stack, 0, Broadcast, 0x0200_0000_3000, 60));
        Assert.Equal((1L, 2), (stack.Ledger.IngressDrops(DropReason.UnhandledProtocol), stack.Stations.Count));
    }

    private static ScriptedNic Nic(int number, int mtu = 1500) => new(new MacAddress(0x0200_0000_0000UL + (ulong)number), mtu: mtu);

    private SwitchStack Switch() => new(new() { OneNic = nics[0], TwoNic = nics[1], ThreeNic = nics[2], Entropy = new Entropy(1, 1) });

    /// <summary>What each port sent when one was given a frame.</summary>
    private int[] Pass(INetworkStack stack, int port, ulong destination, ulong source, int length)
    {
        var before = nics.Select(nic => nic.SentCount).ToArray();
        nics[port].Inject(new EthernetFrame { Source = source, Destination = destination, EtherType = 0x88B5, Payload = new byte[length - EthernetFrame.HeaderLength] }.ToBytes());
        stack.Poll(port, 0, 1_000_000_000);
        stack.Advance(1_000_000_000);
        LedgerAssert.Balanced(stack);
        return [.. nics.Select((nic, i) => (int)(nic.SentCount - before[i]))];
    }
}
