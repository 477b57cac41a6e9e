using Millrace.Nics;
using Millrace.Stack.Tests.Twin;
using Millrace.Testing.Packets;
using Millrace.Testing.Traffic;

namespace Millrace.Stack.Tests.Hooks;

/// <summary>Hooks of declared stacks: what each point sees of random traffic, in which order, and what a drop there comes to.</summary>
public sealed class HookTests
{
    private static TrafficTarget Target => TwinCase.Target;

    [Fact]
    public void Hooks_that_only_count_agree_with_an_oracle_on_spoilt_traffic()
    {
        for (ulong seed = 1; seed <= 8; seed++)
        {
            var journal = new HookJournal();
            var nic = new ScriptedNic(TwinCase.Mac);
            using var stack = new CountedStack(new() { Nic = nic, Entropy = new Entropy(seed, 1), Journal = journal });
            var oracle = new HookOracle(Everything());
            var run = new StackRun(oracle, seed, new StackLane("router", stack, nic));
            run.Run(1500);
            Assert.Equal([oracle.PreRouting, oracle.LocalIn, oracle.Forward], journal.Counts[..3]);
            Assert.InRange(journal.Counts[3] - oracle.OwnSent, 0, stack.Ledger.EgressDropped + stack.HeldEgress);
            Assert.Equal(journal.Counts[2] + journal.Counts[3], journal.Counts[4]);
            Assert.Equal(journal.Counts[2], stack.Ledger.Forwarded + stack.Ledger.IngressDrops(DropReason.NeighbourQueueFull));
            Assert.All(journal.Counts, count => Assert.True(count > 100));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_drop_at_a_point_is_counted_once_and_no_later_point_sees_the_packet(int point)
    {
        var journal = new HookJournal();
        journal.Drops[point] = true;
        var nic = new ScriptedNic(TwinCase.Mac);
        using var stack = new CountedStack(new() { Nic = nic, Entropy = new Entropy(1, 1), Journal = journal });
        new StackRun(new HookOracle(Everything()), 7, new StackLane("router", stack, nic)).Run(1000);
        var dropped = (stack.Ledger.IngressDrops(DropReason.NetfilterDrop), stack.Ledger.EgressDrops(DropReason.NetfilterDrop));
        Assert.True(journal.Counts[point] > 100);
        switch (point)
        {
            case 3:
                Assert.Equal((0, journal.Counts[3]), dropped);
                break;
            case 4:
                Assert.Equal((journal.Counts[2], journal.Counts[3]), dropped);
                break;
            default:
                Assert.Equal((journal.Counts[point], 0), dropped);
                break;
        }

        Assert.Equal(0, point switch { 0 => journal.Counts[1] + journal.Counts[2], 2 => stack.Ledger.Forwarded, _ => 0 });
    }

    [Fact]
    public void Hooks_run_by_priority_and_where_it_is_equal_in_source_order()
    {
        var journal = new HookJournal { Calls = [] };
        var nic = new ScriptedNic(TwinCase.Mac);
        using var stack = new CountedStack(new() { Nic = nic, Entropy = new Entropy(1, 1), Journal = journal });
        nic.Inject(Target.From(0).Frame(new UdpMessage { DestinationPort = 53 }));
        stack.Poll(0, 0, 1);
        Assert.Equal(["First", "Middle", "Last"], journal.Calls);
        Assert.Contains("hooks at PreRouting: First (-300), Tally (0), Middle (0), Last (2147483647)", stack.Pipeline.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_state_of_a_hook_is_read_from_the_stack_and_what_it_refuses_reaches_nobody()
    {
        var nic = new ScriptedNic(TwinCase.Mac);
        using var stack = new WatchedStack(new() { Nic = nic, Entropy = new Entropy(1, 1), Journal = new HookJournal() });
        for (var peer = 0; peer < 8; peer++)
        {
            nic.Inject(Target.From(peer).Frame(new UdpMessage { SourcePort = 9, DestinationPort = 53 }));
        }

        stack.Poll(0, 0, 1_000_000_000);
        Assert.Equal(1, stack.Hooks.Blocklist.Refused);
        Assert.Equal((7, 1), (stack.Ledger.Delivered, stack.Ledger.IngressDrops(DropReason.NetfilterDrop)));
        Assert.Equal(["Blocklist", "Tally"], stack.Pipeline.Drops.Where(drop => drop.Reason == DropReason.NetfilterDrop).Select(drop => drop.Stage));
    }

    [Fact]
    public void Loop_and_twin_agree_on_hooks_and_on_forwarding()
    {
        for (ulong seed = 1; seed <= 6; seed++)
        {
            var journals = new[] { new HookJournal(), new HookJournal() };
            var both = new TwinCase("toll",
                (nic, entropy) => new TollStack(new() { Nic = nic, Entropy = entropy, Journal = journals[0] }),
                (nic, entropy) => new TollTwin(new() { Nic = nic, Entropy = entropy, Journal = journals[1] }));
            var source = new TrafficMix((TrafficMix.Everything(Target), 2), (new TransitTraffic(Target), 2), (new SpoiltTraffic(new TransitTraffic(Target), 30), 1))
            {
                Always = [new ArpTraffic(Target) { SilentFrom = 7 }],
            };
            both.Run(source, seed, TwinCase.AllFeatures[(int)seed % TwinCase.AllFeatures.Count], run => run.Run(400));
            Assert.All(journals[0].Counts, count => Assert.True(count > 0));
            Assert.Equal(journals[0].Counts, journals[1].Counts);
            Assert.Equal(journals[0].Digest, journals[1].Digest);
        }
    }

    [Fact]
    public void Half_a_million_packets_through_hooks_and_half_a_million_forwarded_allocate_nothing()
    {
        var nic = new ScriptedNic(TwinCase.Mac);
        using var stack = new TollStack(new() { Nic = nic, Entropy = new Entropy(1, 1), Journal = new HookJournal() });
        var path = Target.From(0);
        byte[][] frames = [path.Frame(new UdpMessage { SourcePort = 4000, DestinationPort = 53, Payload = new byte[100] }), (path with { Destination = Target.From(1).Source }).Frame(new UdpMessage { Payload = new byte[100] })];
        nic.Inject(path.ArpRequest());
        nic.Inject(Target.From(1).ArpRequest());
        long now = 1_000_000_000;
        stack.Poll(0, 0, now);
        Send(4_000);
        var (forwarded, delivered) = (stack.Ledger.Forwarded, stack.Ledger.Delivered);
        Assert.Equal(0, Allocated.By(() => Send(1_000_000)));
        Assert.InRange(stack.Ledger.Forwarded - forwarded, 300_000, 500_000);
        Assert.InRange(stack.Ledger.Delivered - delivered, 300_000, 500_000);

        void Send(int count)
        {
            for (var sent = 0; sent < count; sent += 50)
            {
                for (var i = 0; i < 50; i++)
                {
                    nic.Inject(frames[i & 1]);
                }

                stack.Poll(0, 0, now += 1000);
                stack.Poll(0, 0, now);
            }
        }
    }

    private static TrafficMix Everything() => new(
        (new UdpTraffic(Target), 2), (new IcmpTraffic(Target), 2), (new TransitTraffic(Target), 4),
        (new SpoiltTraffic(new UdpTraffic(Target), 40), 1), (new SpoiltTraffic(new TransitTraffic(Target), 40), 3), (new GarbageTraffic(Target), 1))
    {
        Always = [new ArpTraffic(Target)],
    };
}
