using Millrace.Headers;
using Millrace.Nics;
using Millrace.Stack.Tests.Seeds;
using Millrace.Tcp;
using Millrace.Testing;

namespace Millrace.Stack.Tests.Interfaces;

public sealed class LinkChangeTests : IDisposable
{
    private const int Length = 2_000_000;

    private readonly MemoryWire wire = new(new MemoryWireOptions { BandwidthBitsPerSecond = 100_000_000, DelayNanoseconds = 1_000_000 });
    private readonly BulkPlan sending = new() { SendLength = Length, ReceiveLength = 0, SendStream = 1, ReceiveStream = 2 };
    private readonly BulkPlan receiving = new() { SendLength = 0, ReceiveLength = Length, SendStream = 2, ReceiveStream = 1 };
    private readonly BulkServer server;
    private readonly BulkClient client;
    private readonly VirtualTimeNetwork network;

    public LinkChangeTests()
    {
        server = new BulkServer(new() { Nic = wire.A, Entropy = new Entropy(1, 1), Plan = receiving });
        client = new BulkClient(new() { Nic = wire.B, Entropy = new Entropy(1, 2), Plan = sending });
        network = new VirtualTimeNetwork(client, server);
        network.Settle();
        Assert.Equal(TcpConnectResult.Opening, client.Tcp.Connect(0, new InetEndpoint(InetAddress.Parse("10.0.0.1"), 80), out _));
        network.RunUntil(() => receiving.Received > Length / 4, TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void A_transfer_goes_on_when_a_lost_link_comes_back()
    {
        wire.IsUp = false;
        network.RunFor(TimeSpan.FromSeconds(3));
        var meanwhile = receiving.Received;
        Assert.True(meanwhile < Length);
        Assert.True(client.Ledger.EgressDrops(DropReason.DeviceNotReady) > 0);
        network.RunFor(TimeSpan.FromSeconds(3));
        Assert.Equal(meanwhile, receiving.Received);
        wire.IsUp = true;
        Finish();
    }

    [Fact]
    public void A_smaller_MTU_holds_for_everything_that_is_sent_after_it()
    {
        wire.Mtu = 600;

        // what was on its way when the MTU changed may still be too long; after that nothing is
        network.RunFor(TimeSpan.FromMilliseconds(1));
        var tooLong = wire.B.Counters.TooLong;
        Finish();
        Assert.Equal(tooLong, wire.B.Counters.TooLong);
    }

    public void Dispose()
    {
        client.Dispose();
        server.Dispose();
        wire.Dispose();
    }

    private void Finish()
    {
        network.RunUntil(() => sending.Closed == 1 && receiving.Closed == 1, TimeSpan.FromMinutes(30));
        Assert.Null(sending.Problem);
        Assert.Null(receiving.Problem);
        Assert.Equal(Length, receiving.Received);
        network.RunFor(TimeSpan.FromMinutes(3));
        LedgerAssert.Empty(client);
        LedgerAssert.Empty(server);
    }
}
