using Millrace.Headers;
using Millrace.Ip;
using Millrace.Nics;
using Millrace.Stack.Tests.Seeds;
using Millrace.Tcp;
using Millrace.Testing;
using Millrace.Workers;

namespace Millrace.Stack.Tests.Workers;

/// <summary>What one worker learns or is told, the others know.</summary>
public sealed class NoticeTests : IDisposable
{
    private readonly MemoryWire wire = new();
    private readonly WorkerGroup group = new(OneQueueStack.WorkerCount);
    private readonly BulkPlan near = Plan(1, 2);
    private readonly BulkPlan far = Plan(2, 1);
    private readonly OneQueueStack first;
    private readonly OneQueueStack second;
    private readonly RouterPeer peer;
    private readonly VirtualTimeNetwork network;

    public NoticeTests()
    {
        first = new OneQueueStack(new() { Nic = wire.A, Entropy = new Entropy(1, 2), Group = group, Worker = 0, Plan = near });
        second = new OneQueueStack(new() { Nic = wire.A, Entropy = new Entropy(1, 2), Group = group, Worker = 1, Plan = near });
        peer = new RouterPeer(new() { Nic = wire.B, Entropy = new Entropy(3, 4), Plan = far });
        network = new VirtualTimeNetwork(first, second, peer);
        network.Settle();
    }

    [Fact]
    public void Routes_and_addresses_changed_at_one_worker_hold_at_all()
    {
        var network10 = InetAddress.Parse("10.9.0.0");
        var inside = InetAddress.Parse("10.9.1.1");
        Assert.False(second.Network.TryRoute(inside, out _));

        first.Ipv4.AddRoute(network10, 16, InetAddress.Parse("10.0.0.2"));
        network.Settle();
        Assert.True(second.Network.TryRoute(inside, out _));

        Assert.True(second.Ipv4.RemoveRoute(network10, 16));
        network.Settle();
        Assert.False(first.Network.TryRoute(inside, out _));

        first.Ipv4.SetAddress(0, new InterfaceAddress(0x0A00_0009, 24));
        network.Settle();
        Assert.True(second.Network.IsLocal(InetAddress.Parse("10.0.0.9")));
        Assert.False(second.Network.IsLocal(InetAddress.Parse("10.0.0.1")));
    }

    [Fact]
    public void No_change_of_a_table_is_lost_however_many_there_are()
    {
        // far more than a ring holds, and neither worker looks in between
        const int Changes = 20_000;
        var via = InetAddress.Parse("10.0.0.2");
        for (var i = 0; i < Changes; i++)
        {
            first.Ipv4.AddRoute(Network(i), 24, via);
            if (i >= 4)
            {
                Assert.True(first.Ipv4.RemoveRoute(Network(i - 4), 24));
            }
        }

        second.Ipv4.AddRoute(InetAddress.Parse("10.8.0.0"), 16, via);
        network.Settle();
        Assert.Equal((0, 0), (first.Workers.LostNotices, second.Workers.LostNotices));
        Assert.Equal(first.Ipv4.RouteCount, second.Ipv4.RouteCount);
        for (var i = Changes - 8; i < Changes; i++)
        {
            Assert.Equal(i >= Changes - 4, second.Network.TryRoute(Network(i), out _));
        }

        Assert.True(first.Network.TryRoute(InetAddress.Parse("10.8.0.1"), out _));
        Assert.True(group.IsIdle);

        static InetAddress Network(int number) => InetAddress.FromIpv4(0x1400_0000u + ((uint)number << 8));
    }

    [Fact]
    public void An_ICMP_error_that_reaches_one_worker_ends_the_connection_of_another()
    {
        second.Ipv4.AddRoute(InetAddress.Parse("10.9.0.0"), 16, InetAddress.Parse("10.0.0.2"));
        network.Settle();

        // the router at 10.0.0.2 knows no way to there and says so, to the worker that has the queue
        Assert.Equal(TcpConnectResult.Opening, second.Tcp.Connect(0, new InetEndpoint(InetAddress.Parse("10.9.1.1"), 80), out _));
        network.RunFor(TimeSpan.FromMilliseconds(500));

        Assert.Equal(1, near.Closed);
        Assert.Contains("closed (NetworkUnreachable)", near.Problem, StringComparison.Ordinal);
        Assert.Equal((0, 0), (second.Ledger.Received, (int)second.Ledger.SteeredIn));
    }

    [Fact]
    public void A_connection_belongs_to_the_worker_that_opened_it_and_to_nobody_when_it_is_gone()
    {
        Assert.Equal(TcpConnectResult.Opening, second.Tcp.Connect(0, new InetEndpoint(InetAddress.Parse("10.0.0.2"), 80), out var id));
        Assert.True(second.Tcp.TryGet(id, out var socket));
        var hash = second.Workers.HashOf(socket.Local, socket.Remote);
        Assert.Equal(1, group.Owners.OwnerOf(hash));
        network.RunFor(TimeSpan.FromSeconds(200));
        Assert.Null(near.Problem ?? far.Problem);
        Assert.Equal((1, -1), (near.Finished, group.Owners.OwnerOf(hash)));
    }

    public void Dispose()
    {
        first.Dispose();
        second.Dispose();
        peer.Dispose();
        wire.Dispose();
    }

    private static BulkPlan Plan(int send, int receive) =>
        new() { SendLength = 10_000, ReceiveLength = 10_000, SendStream = send, ReceiveStream = receive };
}
