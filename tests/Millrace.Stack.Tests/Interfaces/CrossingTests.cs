using Millrace.Headers;
using Millrace.Memory;
using Millrace.Testing;
using Millrace.Testing.Traffic;

namespace Millrace.Stack.Tests.Interfaces;

/// <summary>Two interfaces without a network stage: in by one, out by the other.</summary>
public sealed class CrossingTests
{
    private static readonly MacAddress Wan = new(0x02_00_00_00_00_01);
    private static readonly MacAddress Lan = new(0x02_00_00_00_00_02);

    [Fact]
    public void What_comes_in_by_one_interface_goes_out_by_the_other()
    {
        using var world = new World();
        world.Wan.Inject(Frame(1));
        world.Lan.Inject(Frame(2));
        Assert.Equal(1, world.Stack.Poll(0, 0, 1));
        Assert.Equal([1], world.SentByLan);
        Assert.Empty(world.SentByWan);
        Assert.Equal(1, world.Stack.Poll(1, 0, 2));
        Assert.Equal([2], world.SentByWan);
        Assert.Equal(2, world.Stack.Ledger.Forwarded);
        Assert.Equal(["wan", "lan"], world.Stack.Interfaces.Select(one => one.Name));
        LedgerAssert.Balanced(world.Stack);
    }

    [Fact]
    public void A_bound_stage_sees_the_packets_of_its_interface_alone_both_ways()
    {
        using var world = new World();
        for (var i = 0; i < 3; i++)
        {
            world.Wan.Inject(new byte[60]);
        }

        world.Lan.Inject(new byte[100]);
        world.Stack.Poll(0, 0, 1);
        world.Stack.Poll(1, 0, 1);
        var (meter, counts) = (world.Stack.Stages.Meter, world.Stack.Counters.Meter);
        Assert.Equal((100, 180), (meter.ReceivedBytes, meter.TransmittedBytes));
        Assert.Equal((1, 3), (counts.Received, counts.Transmitted));
        Assert.Equal(4, world.Stack.Counters.CrossOver.Received);
    }

    [Fact]
    public void A_frame_that_was_of_the_other_interface_before_is_not_taken_for_its_packet()
    {
        using var world = new World();
        for (var i = 0; i < 2_000; i++)
        {
            // frames of both rings come from one arena, and turn up at either
            world.Wan.Inject(Frame(1));
            world.Wan.Inject(Frame(1));
            world.Lan.Inject(Frame(2));
            world.Stack.Poll(i & 1, 0, i);
            world.Stack.Poll(~i & 1, 0, i);
        }

        Assert.All(world.SentByLan, mark => Assert.Equal(1, mark));
        Assert.All(world.SentByWan, mark => Assert.Equal(2, mark));
        Assert.Equal((4_000, 2_000), (world.SentByLan.Count, world.SentByWan.Count));
        LedgerAssert.Balanced(world.Stack);
    }

    [Fact]
    public void A_full_ring_drops_what_wants_it_and_the_other_flows()
    {
        using var world = new World(lanRing: 8, lanCompletion: long.MaxValue / 2);
        for (var round = 0; round < 10; round++)
        {
            for (var i = 0; i < 10; i++)
            {
                world.Wan.Inject(Frame(1));
            }

            world.Lan.Inject(Frame(2));
            world.Stack.Poll(0, 0, round);
            world.Stack.Poll(1, 0, round);
        }

        Assert.Equal(8, world.SentByLan.Count);
        Assert.Equal(10, world.SentByWan.Count);
        Assert.Equal(92, world.Stack.Ledger.EgressDrops(DropReason.FullRing));
        LedgerAssert.Balanced(world.Stack);
    }

    [Fact]
    public void A_full_ring_that_moves_again_takes_packets_in_order()
    {
        using var world = new World(lanRing: 8, lanCompletion: 100);
        for (byte i = 0; i < 16; i++)
        {
            world.Wan.Inject(Frame(i));
        }

        world.Stack.Poll(0, 0, 0);
        Assert.Equal(100, world.Stack.NextDeadline);
        world.Stack.Advance(100);
        world.Wan.Inject(Frame(99));
        world.Stack.Poll(0, 0, 100);
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 99], world.SentByLan);
        LedgerAssert.Balanced(world.Stack);
    }

    [Fact]
    public void An_interface_that_is_not_there_is_a_counted_drop()
    {
        var (wan, lan) = (new ScriptedNic(Wan), new ScriptedNic(Lan));
        using var stack = new NowhereStack(new() { WanNic = wan, LanNic = lan, Entropy = new Entropy(1, 2) });
        lan.Inject(new byte[60]);
        stack.Poll(1, 0, 0);
        Assert.Equal(1, stack.Ledger.EgressDrops(DropReason.DeviceNotReady));
        LedgerAssert.Balanced(stack);
    }

    [Fact]
    public void Another_interface_or_queue_than_its_own_is_refused()
    {
        using var world = new World();
        Assert.Throws<ArgumentOutOfRangeException>(() => world.Stack.Poll(2, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => world.Stack.Poll(-1, 0, 0));
        Assert.Contains("interfaces 0 to 1", Assert.Throws<ArgumentOutOfRangeException>(() => world.Stack.Poll(0, 1, 0)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Both_receive_rings_are_filled_with_their_part_however_long_they_are()
    {
        using var world = new World(wanRing: 4096);
        Assert.Equal(2 * 64, world.Stack.Arena.CountHeldBy(Holders.ReceiveRing));
        for (var i = 0; i < 64; i++)
        {
            world.Lan.Inject(Frame(2));
        }

        while (world.Stack.Poll(1, 0, 1) > 0)
        {
        }

        Assert.Equal(64, world.SentByWan.Count);
    }

    [Fact]
    public void Nothing_is_allocated_when_packets_cross()
    {
        using var world = new World();
        world.Wan.Sent = null;
        world.Lan.Sent = null;
        var frame = Frame(1);
        var now = 0;
        Pass(1_000);
        Assert.Equal(0, Allocated.By(() => Pass(10_000)));
        Assert.Equal(11_000, world.Lan.SentCount);
        Assert.Equal(11_000, world.Wan.SentCount);

        void Pass(int packets)
        {
            for (var i = 0; i < packets; i++)
            {
                world.Wan.Inject(frame);
                world.Lan.Inject(frame);
                world.Stack.Poll(0, 0, ++now);
                world.Stack.Poll(1, 0, now);
            }
        }
    }

    private static byte[] Frame(byte mark)
    {
        var frame = new byte[60];
        frame[20] = mark;
        return frame;
    }

    private sealed class World : IDisposable
    {
        public World(int wanRing = 256, int lanRing = 256, long lanCompletion = 0)
        {
            Wan = new ScriptedNic(CrossingTests.Wan, ringSize: wanRing) { Sent = packet => SentByWan.Add(packet.Bytes[20]) };
            Lan = new ScriptedNic(CrossingTests.Lan, ringSize: lanRing, completionAfter: lanCompletion) { Sent = packet => SentByLan.Add(packet.Bytes[20]) };
            Stack = new CrossStack(new() { WanNic = Wan, LanNic = Lan, Entropy = new Entropy(1, 2) });
        }

        public ScriptedNic Wan { get; }

        public ScriptedNic Lan { get; }

        public CrossStack Stack { get; }

        public List<byte> SentByWan { get; } = [];

        public List<byte> SentByLan { get; } = [];

        public void Dispose() => Stack.Dispose();
    }
}
