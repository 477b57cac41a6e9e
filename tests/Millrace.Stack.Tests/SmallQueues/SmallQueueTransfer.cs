using Millrace.Headers;
using Millrace.Nics;
using Millrace.Stack.Tests.Seeds;
using Millrace.Tcp;
using Millrace.Testing;

namespace Millrace.Stack.Tests.SmallQueues;

internal enum SenderKind
{
    Thrifty,
    ThriftyGso,
    Lavish,
    LavishGso,
    PacedGso,
}

/// <summary>A stream from a client to a server over a wire in virtual time, with an eye on what the client has below TCP.</summary>
internal static class SmallQueueTransfer
{
    /// <summary>Sends from a client to a server.</summary>
    /// <returns>The share of the wire's bandwidth that the second half of the stream took, and how often the sender was stopped.</returns>
    public static (double Share, long Stopped) Run(MemoryWireOptions options, ChargeLog log, int length, SenderKind kind, ulong seed)
    {
        using var wire = new MemoryWire(options);
        var (up, down) = Plans(length, 0);
        using var server = new BulkServer(new() { Nic = wire.A, Entropy = new Entropy(seed, 1), Plan = down });
        var (client, tcp, counters) = Client(kind, wire.B, new Entropy(seed, 2), up, log);
        using (client)
        {
            var network = new VirtualTimeNetwork(client, server);
            log.Clock = () => network.Now;
            network.Settle();
            log.Connection = Connect(tcp, 0, 80);
            var limit = TimeSpan.FromMinutes(20);
            network.RunUntil(() => down.Received >= length / 2, limit);
            var (half, since) = (down.Received, network.Now);
            network.RunUntil(() => down.Received == length, limit);

            // 1,448 bytes of payload take 1,514 on the wire
            var bits = (down.Received - half) * 8.0 * 1514 / 1448;
            var share = bits / (network.Now - since) * 1e9 / options.BandwidthBitsPerSecond;
            network.RunUntil(() => up.Closed == 1 && down.Closed == 1, limit);
            network.RunFor(TimeSpan.FromMinutes(3));
            Assert.Null(up.Problem ?? down.Problem);
            Assert.Equal((1, 1), (up.Finished, down.Finished));
            Assert.Equal(0, tcp.WmemAlloc);
            LedgerAssert.Empty(client);
            LedgerAssert.Empty(server);
            return (share, counters().SmallQueueThrottled);
        }
    }

    private static (INetworkStack Stack, TcpSockets Tcp, Func<TcpCounters> Counters) Client(SenderKind kind, Nic nic, Entropy entropy, BulkPlan plan, ChargeLog log)
    {
        switch (kind)
        {
            case SenderKind.Thrifty:
                var thrifty = new ThriftySender(new() { Nic = nic, Entropy = entropy, Plan = plan, Log = log });
                return (thrifty, thrifty.Tcp, () => thrifty.Stages.Tcp.Counters);
            case SenderKind.ThriftyGso:
                var segmenting = new ThriftyGsoSender(new() { Nic = nic, Entropy = entropy, Plan = plan, Log = log });
                return (segmenting, segmenting.Tcp, () => segmenting.Stages.Tcp.Counters);
            case SenderKind.LavishGso:
                var coarse = new LavishGsoSender(new() { Nic = nic, Entropy = entropy, Plan = plan, Log = log });
                return (coarse, coarse.Tcp, () => coarse.Stages.Tcp.Counters);
            case SenderKind.PacedGso:
                var paced = new PacedGsoSender(new() { Nic = nic, Entropy = entropy, Plan = plan, Log = log });
                return (paced, paced.Tcp, () => paced.Stages.Tcp.Counters);
            default:
                var lavish = new LavishSender(new() { Nic = nic, Entropy = entropy, Plan = plan, Log = log });
                return (lavish, lavish.Tcp, () => lavish.Stages.Tcp.Counters);
        }
    }

    public static (BulkPlan Up, BulkPlan Down) Plans(long up, long down) => (
        new BulkPlan { SendLength = up, ReceiveLength = down, SendStream = 1, ReceiveStream = 2 },
        new BulkPlan { SendLength = down, ReceiveLength = up, SendStream = 2, ReceiveStream = 1 });

    public static int Connect(TcpSockets sockets, int application, ushort port)
    {
        Assert.Equal(TcpConnectResult.Opening, sockets.Connect(application, new InetEndpoint(InetAddress.Parse("10.0.0.1"), port), out var id));
        return id.Index;
    }
}
