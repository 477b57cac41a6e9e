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

    [Fact]
    public void Frames_that_are_taken_together_are_as_those_that_are_taken_one_by_one()
    {
        using var arena = new Arena(receive: 5, reserve: 1, sockets: 0);
        var frames = new Frame[8];
        Assert.Equal(5, arena.Allocate(frames, Share.Receive, Holders.Loop));
        Assert.Equal(0, arena.Allocate(frames.AsSpan(5), Share.Receive, Holders.Loop));
        Assert.Equal(5, frames[..5].Distinct().Count());
        foreach (var frame in frames[..5])
        {
            // everything that the one before wrote must be gone
            Spoil(ref arena.Metadata(frame));
        }

        arena.Release(frames, 5, Holders.Loop);
        Assert.Equal(6, arena.FreeCount);
        Assert.Equal(5, arena.Allocate(frames, Share.Receive, Holders.ReceiveRing));
        Assert.True(arena.TryAllocate(Share.Reserve, Holders.ReceiveRing, out var single));
        var expected = arena.Metadata(single);
        expected.Share = Share.Receive;
        foreach (var frame in frames[..5])
        {
            expected.Buffer = arena.Metadata(frame).Buffer;
            Assert.Equal(expected, arena.Metadata(frame));
        }
    }

    [Fact]
    public void Packets_that_are_released_together_may_be_chained_shared_and_of_any_share()
    {
        using var arena = new Arena(receive: 4, reserve: 2, sockets: 2);
        Frame Take(Share share)
        {
            Assert.True(arena.TryAllocate(share, Holders.Loop, out var frame));
            return frame;
        }

        Frame[] packets = [Take(Share.Receive), Take(Share.Receive), Take(Share.Sockets), Take(Share.Reserve), Take(Share.Receive), Frame.None];
        arena.Metadata(packets[1]).NextFragment = Take(Share.Reserve);
        arena.Hold(packets[2], Holders.RetransmitQueue);
        arena.Release(packets, packets.Length, Holders.Loop);
        Assert.Equal(7, arena.FreeCount);
        Assert.Equal(0, arena.CountHeldBy(Holders.Loop));
        Assert.Equal((0, 0, 1), (arena.Used(Share.Receive), arena.Used(Share.Reserve), arena.Used(Share.Sockets)));
        Assert.Throws<InvalidOperationException>(() => arena.Release(packets, 1, Holders.Loop));
    }

    [Fact]
    public void Data_that_is_set_is_one_packet_of_one_frame_and_stays_in_its_slot()
    {
        using var arena = new Arena(1, 0, 0);
        Assert.True(arena.TryAllocate(Share.Receive, Holders.Loop, out var frame));
        var data = Arena.SetData(ref arena.Metadata(frame), 64, 1514);
        data.Fill(1);
        var metadata = arena.Metadata(frame);
        Assert.Equal((64, 1514, 1514), (metadata.DataOffset, metadata.DataLength, metadata.TotalLength));
        Assert.Equal((0, 1, 1, 0), (arena.Slot(frame)[63], arena.Slot(frame)[64], arena.Slot(frame)[1577], arena.Slot(frame)[1578]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Arena.SetData(ref arena.Metadata(frame), 64, Arena.Stride - 63).Length);
    }

    private static void Spoil(ref FrameMetadata metadata)
    {
        metadata.Next = new Frame(1);
        metadata.DataOffset = metadata.DataLength = metadata.NetworkOffset = metadata.TransportOffset = 7;
        metadata.ChecksumStart = metadata.ChecksumOffset = metadata.GsoSize = metadata.WirePackets = metadata.VlanTci = 7;
        metadata.TotalLength = metadata.Truesize = metadata.Owner = 7;
        metadata.Hash = metadata.Sequence = metadata.SentAt = 7;
        metadata.Checksum = ChecksumState.Partial;
        metadata.Interface = 7;
        metadata.Flags = FrameFlags.Ecn;
    }
}
