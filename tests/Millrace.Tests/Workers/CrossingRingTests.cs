using Millrace.Memory;
using Millrace.Workers;

namespace Millrace.Tests.Workers;

public sealed class CrossingRingTests
{
    [Fact]
    public void It_is_bounded_and_keeps_the_order_and_positions_tell_whose_poll_is_over()
    {
        var ring = new CrossingRing(4);
        for (var i = 1; i <= 4; i++)
        {
            Assert.True(ring.TryAdd(new Crossing { Head = new Frame(i) }, out var position));
            Assert.Equal(i, position);
        }

        Assert.False(ring.TryAdd(new Crossing { Head = new Frame(5) }, out _));
        Assert.Equal((4, 0, 0), (ring.Added, ring.Taken, ring.Finished));

        Assert.Equal(1, ring.Peek().Head.Index);
        ring.Remove();
        Assert.Equal((1, 0), (ring.Taken, ring.Finished));
        ring.Finish();
        Assert.Equal((3, 1), (ring.Count, ring.Finished));
        Assert.True(ring.TryAdd(new Crossing { Head = new Frame(5) }, out _));
        for (var i = 2; i <= 5; i++)
        {
            Assert.Equal(i, ring.Peek().Head.Index);
            ring.Remove();
        }

        Assert.Equal(0, ring.Count);
    }

    [Fact]
    public async Task Several_producers_lose_nothing_and_each_keeps_its_order()
    {
        const int Producers = 3;
        const int Each = 100_000;
        var ring = new CrossingRing(64);

        void Produce(int producer)
        {
            var spin = default(SpinWait);
            for (var i = 1; i <= Each;)
            {
                if (ring.TryAdd(new Crossing { Head = new Frame(i), Lender = (byte)producer }, out _))
                {
                    i++;
                }
                else
                {
                    spin.SpinOnce();
                }
            }
        }

        var producing = Enumerable.Range(0, Producers).Select(producer => Task.Run(() => Produce(producer))).ToArray();
        var next = new int[Producers];
        var taken = 0;
        var spin = default(SpinWait);
        while (taken < Producers * Each)
        {
            var end = ring.Added;
            if (ring.Taken == end)
            {
                spin.SpinOnce();
                continue;
            }

            while (ring.Taken < end)
            {
                ref readonly var crossing = ref ring.Peek();
                Assert.Equal(++next[crossing.Lender], crossing.Head.Index);
                ring.Remove();
                taken++;
            }

            ring.Finish();
        }

        await Task.WhenAll(producing);
        Assert.All(next, count => Assert.Equal(Each, count));
    }

    [Fact]
    public async Task Frames_go_home_in_order_between_two_threads()
    {
        const int Count = 300_000;
        const int Capacity = 100;
        var ring = new HomeRing(Capacity);
        var abroad = 0;
        var producing = Task.Run(() =>
        {
            for (var i = 1; i <= Count; i++)
            {
                // a lender has no more frames than the ring has places
                SpinWait.SpinUntil(() => Volatile.Read(ref abroad) < Capacity);
                Interlocked.Increment(ref abroad);
                ring.Add(new Frame(i));
            }
        });

        var spin = default(SpinWait);
        for (var expected = 1; expected <= Count;)
        {
            if (!ring.TryTake(out var frame))
            {
                spin.SpinOnce();
                continue;
            }

            Assert.Equal(expected++, frame.Index);
            Interlocked.Decrement(ref abroad);
        }

        await producing;
        Assert.True(ring.IsEmpty);
    }

    [Fact]
    public void A_notice_that_finds_no_room_is_counted()
    {
        var ring = new NoticeRing(2);
        for (var i = 0; i < 3; i++)
        {
            ring.Add(new WorkerNotice(WorkerNoticeKind.PathMtu, Number: i));
        }

        Assert.Equal(1, ring.Lost);
        Assert.True(ring.TryTake(out var first) && ring.TryTake(out var second) && first.Number == 0 && second.Number == 1);
        Assert.True(ring.IsEmpty);
        Assert.False(ring.TryTake(out _));
    }
}
