using Millrace.Headers;
using Millrace.Nics;
using Millrace.Stack.Tests.Seeds;
using Millrace.Tcp;
using Millrace.Testing;

namespace Millrace.Stack.Tests.Interfaces;

/// <summary>A server in two networks, each a memory wire with a client at its other end.</summary>
public sealed class TwoNetworksTests : IDisposable
{
    private const int Length = 1_000_000;

    private readonly MemoryWire wan = new(new MemoryWireOptions { BandwidthBitsPerSecond = 100_000_000, DelayNanoseconds = 1_000_000 });
    private readonly MemoryWire lan = new(new MemoryWireOptions { BandwidthBitsPerSecond = 100_000_000, DelayNanoseconds = 200_000, RingSize = 64 });
    private readonly BulkPlan serving = new() { SendLength = Length, ReceiveLength = 0, SendStream = 1, ReceiveStream = 2 };
    private readonly BulkPlan wanPlan = new() { SendLength = 0, ReceiveLength = Length, SendStream = 2, ReceiveStream = 1 };
    private readonly BulkPlan lanPlan = new() { SendLength = 0, ReceiveLength = Length, SendStream = 2, ReceiveStream = 1 };
    private readonly TwoSidedServer server;
    private readonly BulkClient wanClient;
    private readonly LanClient lanClient;

    public TwoNetworksTests()
    {
        server = new TwoSidedServer(new() { WanNic = wan.A, LanNic = lan.A, Entropy = new Entropy(1, 1), Plan = serving });
        wanClient = new BulkClient(new() { Nic = wan.B, Entropy = new Entropy(1, 2), Plan = wanPlan });
        lanClient = new LanClient(new() { Nic = lan.B, Entropy = new Entropy(1, 3), Plan = lanPlan });
    }

    [Fact]
    public void It_serves_connections_of_both_networks_at_once()
    {
        var network = new VirtualTimeNetwork(server, wanClient, lanClient) { CheckLedgers = true };
        Connect(network);
        network.RunUntil(() => wanPlan.Closed == 1 && lanPlan.Closed == 1, TimeSpan.FromMinutes(5));
        Assert.Null(wanPlan.Problem);
        Assert.Null(lanPlan.Problem);
        Assert.Equal((Length, Length), (wanPlan.Received, lanPlan.Received));
        network.RunFor(TimeSpan.FromMinutes(3));
        LedgerAssert.Empty(server);
        Assert.Equal("10.0.0.1/24", server.Stages.Ipv4.Ipv4.AddressOf(0).ToString());
        Assert.Equal("10.0.1.1/24", server.Stages.Ipv4.Ipv4.AddressOf(1).ToString());
    }

    [Fact]
    public void A_lost_link_stops_its_own_network_alone()
    {
        var network = new VirtualTimeNetwork(server, wanClient, lanClient);
        Connect(network);
        network.RunUntil(() => lanPlan.Received > Length / 4, TimeSpan.FromMinutes(1));
        lan.IsUp = false;
        var meanwhile = lanPlan.Received;
        network.RunUntil(() => wanPlan.Closed == 1, TimeSpan.FromMinutes(5));
        Assert.Equal(Length, wanPlan.Received);
        network.RunFor(TimeSpan.FromSeconds(2));
        Assert.Equal(meanwhile, lanPlan.Received);
        Assert.True(server.Ledger.EgressDrops(DropReason.DeviceNotReady) > 0);
        LedgerAssert.Balanced(server);
        lan.IsUp = true;
        network.RunUntil(() => lanPlan.Closed == 1, TimeSpan.FromMinutes(30));
        Assert.Equal(Length, lanPlan.Received);
        Assert.Null(lanPlan.Problem);
    }

    [Fact]
    public void A_ring_that_stays_full_delays_its_own_network_alone()
    {
        var all = new VirtualTimeNetwork(server, wanClient, lanClient);
        Connect(all);
        all.RunUntil(() => lanPlan.Received > Length / 10, TimeSpan.FromMinutes(1));

        // the client of the lan is not polled any more, and its wire keeps what it does not take
        var some = new VirtualTimeNetwork(server, wanClient) { StartAt = all.Now };
        some.RunUntil(() => wanPlan.Closed == 1, TimeSpan.FromMinutes(5));
        Assert.Equal(Length, wanPlan.Received);
        Assert.True(lanPlan.Received < Length);
        LedgerAssert.Balanced(server);
        var again = new VirtualTimeNetwork(server, wanClient, lanClient) { StartAt = some.Now };
        again.RunUntil(() => lanPlan.Closed == 1, TimeSpan.FromMinutes(30));
        Assert.Equal(Length, lanPlan.Received);
        Assert.Null(lanPlan.Problem);
    }

    [Fact]
    public void An_address_of_the_other_network_is_reached_by_either_as_on_Linux()
    {
        var network = new VirtualTimeNetwork(server, lanClient);
        network.Settle();

        // 10.0.0.1 is the wan's, asked for by way of the lan: the answer comes from it, by the lan
        Assert.Equal(TcpConnectResult.Opening, lanClient.Tcp.Connect(0, new InetEndpoint(InetAddress.Parse("10.0.0.1"), 80), out _));
        network.RunUntil(() => lanPlan.Closed == 1, TimeSpan.FromMinutes(5));
        Assert.Equal(Length, lanPlan.Received);
    }

    private void Connect(VirtualTimeNetwork network)
    {
        network.Settle();
        Assert.Equal(TcpConnectResult.Opening, wanClient.Tcp.Connect(0, new InetEndpoint(InetAddress.Parse("10.0.0.1"), 80), out _));
        Assert.Equal(TcpConnectResult.Opening, lanClient.Tcp.Connect(0, new InetEndpoint(InetAddress.Parse("10.0.1.1"), 80), out _));
    }

    public void Dispose()
    {
        server.Dispose();
        wanClient.Dispose();
        lanClient.Dispose();
        wan.Dispose();
        lan.Dispose();
    }
}
