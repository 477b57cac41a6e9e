using Millrace.Headers;
using Millrace.Memory;
using Millrace.Testing.Traffic;

namespace Millrace.Stack.Tests.Reflecting;

public sealed class ReflectStackTests : IDisposable
{
    private readonly ScriptedNic nic = new(new MacAddress(0x02_00_00_00_00_01), Nics.NicFeatures.None);
    private readonly List<SentPacket> sent = [];
    private readonly ReflectStack stack;

    public ReflectStackTests()
    {
        nic.Sent = sent.Add;
        stack = new ReflectStack(new() { Nic = nic, Entropy = new Entropy(1, 2) });
    }

    [Fact]
    public void A_frame_comes_back_with_its_addresses_swapped()
    {
        nic.Inject([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 8, 0, 42]);
        Assert.Equal(1, stack.Poll(0, 0, 0));
        Assert.Equal([7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6, 8, 0, 42], Assert.Single(sent).Bytes);
        Assert.Equal(1, stack.Stages.Reflector.Turned);
        Assert.Equal(1, stack.Counters.Reflector.Received);
        AssertLedgers();
    }

    [Fact]
    public void A_poll_takes_in_the_declared_weight_and_says_that_there_may_be_more()
    {
        for (var i = 0; i < 20; i++)
        {
            nic.Inject(new byte[60]);
        }

        Assert.Equal(16, stack.Poll(0, 0, 0));
        Assert.Equal(4, stack.Poll(0, 0, 1));
        Assert.Equal(20, sent.Count);
        AssertLedgers();
    }

    [Fact]
    public void A_runt_is_a_counted_drop()
    {
        nic.Inject([1, 2, 3]);
        stack.Poll(0, 0, 0);
        Assert.Empty(sent);
        Assert.Equal(1, stack.Ledger.IngressDrops(DropReason.PacketTooSmall));
        AssertLedgers();
    }

    [Fact]
    public void Frames_go_home_and_nothing_is_allocated_when_packets_pass()
    {
        var frame = new byte[60];
        nic.Sent = null;
        for (var i = 0; i < 100; i++)
        {
            Turn(frame, i);
        }

        nic.Inject(frame);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var count = stack.Poll(0, 0, 1_000);
        stack.Advance(1_001);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(1, count);
        Assert.Equal(101, nic.SentCount);
        Assert.Equal(0, stack.Arena.CountHeldBy(Holders.Loop));
        AssertLedgers();
    }

    [Fact]
    public void Another_queue_than_its_own_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => stack.Poll(0, 1, 0));

    private void Turn(byte[] frame, int now)
    {
        nic.Inject(frame);
        stack.Poll(0, 0, now);
    }

    private void AssertLedgers()
    {
        Assert.Equal(stack.HeldIngress, stack.Ledger.IngressDue);
        Assert.Equal(stack.HeldEgress, stack.Ledger.EgressDue);
    }

    public void Dispose() => stack.Dispose();
}
