using Millrace.Ip;
using Millrace.Tcp;
using Millrace.Testing;
using Millrace.Testing.Networks;
using Millrace.Testing.Packets;

namespace Millrace.Stack.Tests.Networks;

/// <summary>Long transfers over a bottleneck that drops what its buffer has no room for.</summary>
public sealed class BottleneckTests(ITestOutputHelper output)
{
    /// <summary>Payload of a full frame, with timestamps.</summary>
    private const double Efficiency = 1448 / 1514.0;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void CUBIC_fills_a_path_of_100_megabits_and_100_milliseconds_with_a_buffer_of_one_bandwidth_delay_product(ulong seed)
    {
        const long Rate = 100_000_000;
        using var pair = new LinkPair(
            new LinkOptions { BitsPerSecond = Rate, DelayNanoseconds = 50_000_000, BufferBytes = Rate / 8 / 10 },
            upload: long.MaxValue, checks: false, seed: seed);
        pair.Open();
        pair.Network.RunFor(TimeSpan.FromSeconds(5));
        var before = pair.Server.Plan.Received;
        pair.Network.RunFor(TimeSpan.FromSeconds(40));
        var share = (pair.Server.Plan.Received - before) * 8 / (40 * Rate * Efficiency);
        output.WriteLine($"{share:P1} of the path, {pair.Link.Rightward.Counters.Overflowed} overflows");
        Assert.InRange(share, 0.90, 1.001);
        Assert.True(pair.Link.Rightward.Counters.Overflowed > 0, "the buffer never overflowed, so this shows nothing of recovery");
        Assert.Equal(0, pair.Client.Tcp.Counters.TCPTimeouts);
    }

    [Fact]
    public void Two_CUBIC_flows_share_a_bottleneck_within_a_tenth()
    {
        const long Rate = 20_000_000;
        var network = new VirtualTimeNetwork { Seed = 5 };
        var link = network.NewLink(new LinkOptions { BitsPerSecond = Rate, DelayNanoseconds = 20_000_000, BufferBytes = Rate / 8 / 25 });
        var (servers, clients) = (new List<Host>(), new List<Host>());
        for (var i = 0; i < 2; i++)
        {
            servers.Add(NewHost(network, link.Right, $"10.0.0.{101 + i}/24"));
            clients.Add(NewHost(network, link.Left, $"10.0.0.{1 + i}/24"));
        }

        network.Settle();
        for (var i = 0; i < 2; i++)
        {
            // the second begins later, as flows do
            var (client, server) = (clients[i], servers[i]);
            network.After(TimeSpan.FromMilliseconds(300 * i), () =>
            {
                client.Stack.Advance(network.Now);
                Assert.Equal(TcpConnectResult.Opening, client.Tcp.Connect(0, server.Port80, out _));
            });
        }

        network.RunFor(TimeSpan.FromSeconds(30));
        var before = servers.Select(server => server.Plan.Received).ToArray();
        network.RunFor(TimeSpan.FromSeconds(600));
        var shares = servers.Select((server, i) => server.Plan.Received - before[i]).ToArray();
        output.WriteLine($"{shares[0]} and {shares[1]} bytes, {link.Rightward.Counters.Overflowed} overflows");
        Assert.InRange((double)shares[0] / shares[1], 0.9, 1.1);
        Assert.InRange(shares.Sum() * 8 / (600 * Rate * Efficiency), 0.9, 1.0);
        clients.Concat(servers).ToList().ForEach(host => host.Stack.Dispose());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void RACK_repairs_the_loss_of_a_tail_without_a_timeout(int segments)
    {
        const int Length = 20 * 1448;
        using var pair = new LinkPair(new LinkOptions { BitsPerSecond = 100_000_000, DelayNanoseconds = 20_000_000 }, upload: Length);
        var last = new HashSet<uint>();
        var initial = 0u;
        pair.Link.Rightward.Loses = frame =>
        {
            if (Dissection.Of(frame.Span).Tcp is not { } segment)
            {
                return false;
            }

            initial = segment.Flags.HasFlag(SegmentFlags.Syn) ? segment.Sequence : initial;
            var offset = segment.Sequence - initial - 1;

            // each of them once
            return segment.Payload.Length > 0 && offset + segment.Payload.Length > Length - (segments * 1448) && last.Add(offset);
        };
        pair.Open();
        pair.Network.RunUntil(() => pair.Server.Plan.Closed == 1 || pair.Server.Plan.Received == Length, TimeSpan.FromMinutes(1));
        Assert.Equal(segments, last.Count);
        var counters = pair.Client.Tcp.Counters;
        Assert.Equal(0, counters.TCPTimeouts);
        Assert.Equal(1, counters.TCPLossProbes);
        Assert.InRange(counters.RetransSegs, segments, segments + 1);
    }

    private static Host NewHost(VirtualTimeNetwork network, LinkSide side, string address)
    {
        var plan = new ExchangePlan { SendLength = side == side.Link.Left ? long.MaxValue : 0, ReceiveLength = 0, SendStream = 1, ReceiveStream = 1, WriteLength = 65_536, Checks = false };
        var host = CongestionHosts.Named("CUBIC").Wide(side.NewNic(), network.NewEntropy(), plan);
        network.Add(host.Stack);
        host.Ipv4.SetAddress(0, InterfaceAddress.Parse(address));
        return host;
    }
}
