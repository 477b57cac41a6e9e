using Millrace.Stack.Tests.Twin;
using Millrace.Testing;
using Millrace.Testing.Packets;
using Millrace.Testing.Traffic;

namespace Millrace.Stack.Tests.WaysIn;

/// <summary>Packets that GRO holds over the end of a poll, in virtual time.</summary>
public sealed class GroFlushTimeoutTests : IDisposable
{
    private const long Timeout = 100_000;
    private const long Tick = 4_000_000;

    // the beginning of a tick
    private const long Start = 250 * Tick;

    private static readonly PacketPath Path = TwinCase.Target.From(0) with { Network = new Ipv4Datagram { DontFragment = true } };

    private readonly ScriptedNic nic = new(TwinCase.Mac);
    private readonly MergeLog log = new();
    private readonly HoldingStack stack;

    public GroFlushTimeoutTests() => stack = new HoldingStack(new() { Nic = nic, Entropy = new Entropy(1, 1), Log = log });

    [Fact]
    public void Segments_of_two_polls_within_the_timeout_are_one_packet_in_order()
    {
        Inject(port: 80, sequence: 1_000);
        Assert.Equal(1, Poll(Start));
        Assert.Empty(log.Packets);
        Assert.Equal(1, stack.HeldIngress);
        Assert.Equal(Start + Timeout, stack.NextDeadline);

        Inject(port: 80, sequence: 1_100);
        Poll(Start + 50_000);
        Assert.Equal(2, stack.HeldIngress);
        Assert.Equal(Start + 50_000 + Timeout, stack.NextDeadline);

        // looked at in between for another reason: it is not time yet
        Poll(Start + 60_000);
        Assert.Empty(log.Packets);
        Poll(Start + 50_000 + Timeout);
        Assert.Equal([(2, 80)], log.Packets);
        Assert.Equal(0, stack.HeldIngress);
        Assert.Equal(long.MaxValue, stack.NextDeadline);
    }

    [Fact]
    public void A_segment_that_cannot_follow_sends_on_what_is_held_and_overtakes_nothing()
    {
        Inject(port: 80, sequence: 1_000);
        Poll(Start);
        Inject(port: 80, sequence: 5_000);
        Poll(Start + 1_000);
        Assert.Equal([(1, 80)], log.Packets);
        Poll(Start + 1_000 + Timeout);
        Assert.Equal([(1, 80), (1, 80)], log.Packets);
    }

    [Fact]
    public void A_host_that_only_advances_flushes_too()
    {
        Inject(port: 80, sequence: 1_000);
        Poll(Start);
        stack.Advance(Start + Timeout - 1);
        Assert.Empty(log.Packets);
        stack.Advance(Start + Timeout);
        Assert.Equal([(1, 80)], log.Packets);
        LedgerAssert.Balanced(stack);
    }

    [Fact]
    public void A_full_poll_keeps_nothing()
    {
        for (var i = 0; i < 8; i++)
        {
            Inject((ushort)(80 + i), sequence: 1_000);
        }

        Assert.Equal(8, Poll(Start));
        Assert.Equal(8, log.Packets.Count);
        Assert.Equal(long.MaxValue, stack.NextDeadline);
    }

    [Fact]
    public void Traffic_that_keeps_putting_the_timer_off_holds_a_packet_to_the_end_of_its_tick_and_no_longer()
    {
        Inject(port: 80, sequence: 1_000);
        Poll(Start);
        var sequence = 0u;
        for (var now = Start + 50_000; now < Start + Tick; now += 50_000)
        {
            Inject(port: 81, sequence: sequence += 1_000);
            Poll(now);
            Assert.DoesNotContain((1, 80), log.Packets);
        }

        Inject(port: 81, sequence: sequence + 1_000);
        Poll(Start + Tick);
        Assert.Contains((1, 80), log.Packets);

        // what came in this tick is still there
        Assert.Equal(1, stack.HeldIngress);
    }

    [Fact]
    public void At_run_time_the_timeout_can_be_taken_away_and_given_back()
    {
        var other = new ScriptedNic(TwinCase.Mac);
        using var settable = new SettableStack(new() { Nic = other, Entropy = new Entropy(1, 1), Log = log });
        settable.Settings.Napi.GroFlushTimeout = 0;
        other.Inject(Segment(80, 1_000));
        settable.Poll(0, 0, Start);
        Assert.Equal([(1, 80)], log.Packets);
        Assert.Equal((false, long.MaxValue), (settable.Deferral.IsInterruptMasked, settable.NextDeadline));

        settable.Settings.Napi.GroFlushTimeout = 70_000;
        settable.Settings.Napi.DeferHardIrqs = 1;
        other.Inject(Segment(80, 1_100));
        settable.Poll(0, 0, Start + 1);
        Assert.Single(log.Packets);
        Assert.Equal((true, Start + 1 + 70_000), (settable.Deferral.IsInterruptMasked, settable.NextDeadline));

        // taken away while it holds: the next poll that counts lets go
        settable.Settings.Napi.GroFlushTimeout = 0;
        settable.Poll(0, 0, Start + 1 + 70_000);
        Assert.Equal(2, log.Packets.Count);
        LedgerAssert.Balanced(settable);
        Assert.Throws<ArgumentOutOfRangeException>(() => settable.Settings.Napi.GroFlushTimeout = -1);
        Assert.Throws<ArgumentOutOfRangeException>(() => settable.Settings.Napi.BusyPollBudget = 0);
    }

    [Fact]
    public void A_poll_takes_in_its_own_budget_and_none_with_a_budget_of_nothing()
    {
        for (var i = 0; i < 6; i++)
        {
            Inject((ushort)(80 + i), sequence: 1_000);
        }

        Assert.Equal(0, stack.Poll(0, 0, 0, Start));
        Assert.Equal(2, stack.Poll(0, 0, 2, Start));
        Assert.Equal(4, stack.Poll(0, 0, 100, Start));
        Assert.Throws<ArgumentOutOfRangeException>(() => stack.Poll(0, 1, 1, Start));
    }

    [Fact]
    public void Holding_and_merging_over_polls_allocates_nothing()
    {
        var nic = new ScriptedNic(TwinCase.Mac);
        using var sink = new PatientStack(new() { Nic = nic, Entropy = new Entropy(1, 1) });
        var segments = new[] { Segment(80, 1_000), Segment(80, 1_100), Segment(80, 1_200) };
        var now = Start;
        Run(3_000);
        Assert.Equal(0, Allocated.By(() => Run(30_000)));
        Assert.True(sink.Counters.Tcp.Received * 2 < sink.Counters.Gro.Received);

        void Run(int count)
        {
            for (var i = 0; i < count; i++)
            {
                nic.Inject(segments[i % 3]);
                now += i % 3 == 0 ? 3_000_000 : 50_000;
                sink.Poll(0, 0, now);
            }
        }
    }

    public void Dispose() => stack.Dispose();

    private static byte[] Segment(ushort port, uint sequence) => (Path with { Network = new Ipv4Datagram { DontFragment = true } }).Frame(
        new TcpSegment { SourcePort = 4_000, DestinationPort = port, Sequence = sequence, Flags = SegmentFlags.Ack, Payload = new byte[100] });

    private void Inject(ushort port, uint sequence) => nic.Inject(Segment(port, sequence));

    private int Poll(long now)
    {
        var count = stack.Poll(0, 0, now);
        LedgerAssert.Balanced(stack);
        return count;
    }
}
