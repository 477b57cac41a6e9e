using Millrace.Memory;

namespace Millrace.Tests.Memory;

public sealed class ArenaTests
{
    [Fact]
    public void A_frame_with_two_holders_is_free_after_the_second_release_in_either_order()
    {
        using var arena = new Arena(0, 0, 4);
        foreach (var first in new[] { Holders.RetransmitQueue, Holders.TransmitRing })
        {
            Assert.True(arena.TryAllocate(Share.Sockets, Holders.RetransmitQueue, out var frame));
            arena.Hold(frame, Holders.TransmitRing);
            arena.Release(frame, first);
            Assert.Equal(3, arena.FreeCount);
            arena.Release(frame, first ^ (Holders.RetransmitQueue | Holders.TransmitRing));
            Assert.Equal(4, arena.FreeCount);
        }
    }

    [Fact]
    public void A_second_release_by_the_same_holder_is_refused()
    {
        using var arena = new Arena(1, 0, 0);
        Assert.True(arena.TryAllocate(Share.Receive, Holders.Loop, out var frame));
        arena.Release(frame, Holders.Loop);
        Assert.Throws<InvalidOperationException>(() => arena.Release(frame, Holders.Loop));
    }

    [Fact]
    public void A_share_does_not_borrow_from_another()
    {
        using var arena = new Arena(receive: 1, reserve: 1, sockets: 1);
        Assert.True(arena.TryAllocate(Share.Sockets, Holders.ReceiveQueue, out _));
        Assert.False(arena.TryAllocate(Share.Sockets, Holders.ReceiveQueue, out _));
        Assert.True(arena.TryAllocate(Share.Receive, Holders.Loop, out var received));
        Assert.False(arena.TryMoveShare(received, Share.Sockets));
        Assert.True(arena.TryAllocate(Share.Reserve, Holders.Outbox, out _));
    }
}
