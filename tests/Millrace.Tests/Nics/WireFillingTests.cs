using Millrace.Memory;
using Millrace.Nics;

namespace Millrace.Tests.Nics;

/// <summary>A wire of one thread that copies, and on which nothing happens: packets are written into posted frames when they are sent.</summary>
public sealed class WireFillingTests
{
    private static MemoryWireOptions Copying => new() { Mode = WireMode.Copying, RingSize = 8 };

    [Fact]
    public void A_packet_is_complete_when_it_is_sent_and_may_change_before_it_is_received()
    {
        using var wire = new MemoryWire(Copying);
        using Station a = new(wire.A), b = new(wire.B);
        var bytes = Station.Pattern(1514, 1);
        var packet = a.Make(bytes);
        a.Arena.HoldChain(packet, Holders.RetransmitQueue);
        Assert.True(a.TrySend(packet, 7));
        Assert.Equal(1, a.Reclaim(7));
        Assert.Equal(Holders.RetransmitQueue, a.Arena.Metadata(packet).Holders);
        a.Arena.Data(packet).Clear();
        Assert.NotEqual(long.MaxValue, b.Queue.NextEvent);
        var received = b.Receive(7);
        Assert.Equal(bytes, b.Bytes(received));
        Assert.Equal(Holders.Loop, b.Arena.Metadata(received).Holders);
        Assert.Equal(long.MaxValue, b.Queue.NextEvent);
    }

    [Fact]
    public void Packets_that_find_no_frame_wait_behind_those_that_did_and_nothing_overtakes_them()
    {
        using var wire = new MemoryWire(Copying);
        using Station a = new(wire.A), b = new(wire.B);
        for (var i = 0; i < 16; i++)
        {
            a.Send(Station.Pattern(100 + (i * 20), i), 0);
        }

        Assert.Equal(0, b.Queue.Vacant);
        Assert.Equal(8, b.Arena.CountHeldBy(Holders.ReceiveRing));
        Assert.Equal(8, a.Reclaim(0));
        Assert.False(a.TrySend(a.Make(Station.Pattern(100, 16)), 0));
        for (var i = 0; i < 16; i++)
        {
            var received = b.Receive(0);
            Assert.Equal(i, Station.Number(b.Bytes(received)));
            b.Free(received);
            b.Refill();
        }

        Assert.Equal(8, a.Reclaim(0));
        Assert.Equal(new WireCounters(16, 16, 0, 0, 0, default), wire.A.Counters);
    }

    [Fact]
    public void A_chain_between_single_frames_keeps_its_place()
    {
        using var wire = new MemoryWire(Copying);
        using Station a = new(wire.A), b = new(wire.B);
        a.Send(Station.Pattern(100, 0), 0);
        Assert.True(a.TrySend(a.Make(Station.Pattern(1200, 1), frameLength: 500), 0));
        a.Send(Station.Pattern(100, 2), 0);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(i, Station.Number(b.Bytes(b.Receive(0))));
        }
    }

    [Theory]
    [InlineData(NicFeatures.None, ChecksumState.None)]
    [InlineData(NicFeatures.ReceiveChecksum, ChecksumState.Unnecessary)]
    public void What_a_frame_said_before_is_not_said_again(NicFeatures features, ChecksumState checksum)
    {
        using var wire = new MemoryWire(new MemoryWireOptions { Mode = WireMode.Copying, Features = features | NicFeatures.TransmitChecksum });
        using Station a = new(wire.A), b = new(wire.B);
        var packet = a.Make(Station.Pattern(100, 1));
        ref var sent = ref a.Arena.Metadata(packet);
        sent.Checksum = ChecksumState.Partial;
        sent.ChecksumStart = (ushort)(sent.DataOffset + 34);
        sent.ChecksumOffset = 16;
        sent.Flags = FrameFlags.Ecn;
        sent.VlanTci = 5;
        a.TrySend(packet, 0);
        var first = b.Receive(0);
        ref var received = ref b.Arena.Metadata(first);
        Assert.Equal(ChecksumState.Partial, received.Checksum);
        Assert.Equal(received.DataOffset + 34, received.ChecksumStart);
        Assert.Equal(16, received.ChecksumOffset);
        Assert.Equal(FrameFlags.Ecn, received.Flags);
        Assert.Equal(5, received.VlanTci);
        b.Free(first);
        b.Refill();

        a.Send(Station.Pattern(60, 2), 0);
        received = ref b.Arena.Metadata(b.Receive(0));
        Assert.Equal(checksum, received.Checksum);
        Assert.Equal(FrameFlags.None, received.Flags);
        Assert.Equal(0, received.VlanTci);
        Assert.Equal(60, received.TotalLength);
    }

    [Fact]
    public void Packets_in_frames_of_the_receiver_are_lost_with_the_link_and_with_either_end()
    {
        using var wire = new MemoryWire(Copying);
        var a = new Station(wire.A);
        var b = new Station(wire.B);
        a.Send(Station.Pattern(100, 1), 0);
        wire.IsUp = false;
        Assert.True(b.Receive(0).IsNone);
        wire.IsUp = true;
        b.Refill();
        a.Send(Station.Pattern(100, 2), 0);
        Assert.Equal(2, Station.Number(b.Bytes(b.Receive(0))));
        b.Refill();
        b.Send(Station.Pattern(100, 3), 0);
        b.Queue.Drain();
        Assert.True(a.Receive(0).IsNone);
        a.Send(Station.Pattern(100, 4), 0);
        a.Queue.Drain();
        Assert.Equal(new WireCounters(3, 1, 0, 0, 2, default), wire.A.Counters);
        Assert.Equal(new WireCounters(1, 0, 0, 0, 1, default), wire.B.Counters);
        Assert.Equal(0, a.Arena.CountHeldBy(Holders.ReceiveRing) + a.Arena.CountHeldBy(Holders.TransmitRing));
        Assert.Equal(0, b.Arena.CountHeldBy(Holders.ReceiveRing) + b.Arena.CountHeldBy(Holders.TransmitRing));
        a.Dispose();
        b.Dispose();
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        using var wire = new MemoryWire(Copying);
        using Station a = new(wire.A), b = new(wire.B);
        var bytes = Station.Pattern(64, 1);
        Pass();
        Assert.Equal(0, Allocated.Least(Pass));

        void Pass()
        {
            for (var i = 0; i < 1000; i++)
            {
                a.Send(bytes, 0);
                b.Swallow(0);
                a.Reclaim(0);
            }
        }
    }
}
