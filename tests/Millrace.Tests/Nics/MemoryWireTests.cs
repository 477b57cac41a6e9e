using Millrace.Memory;
using Millrace.Nics;

namespace Millrace.Tests.Nics;

public sealed class MemoryWireTests
{
    [Theory]
    [InlineData(WireMode.HandOver)]
    [InlineData(WireMode.Copying)]
    public void Packets_of_one_and_of_several_frames_arrive_whole_and_in_order(WireMode mode)
    {
        using var wire = new MemoryWire(new MemoryWireOptions { Mode = mode, Mtu = 9000 });
        using Station a = new(wire.A), b = new(wire.B);
        for (var i = 0; i < 50; i++)
        {
            var bytes = Station.Pattern(60 + (i * 170), i);
            Assert.True(a.TrySend(a.Make(bytes, frameLength: 700), now: i));
            var packet = b.Receive(i);
            Assert.Equal(bytes, b.Bytes(packet));
            Assert.Equal(bytes.Length, b.Arena.Metadata(packet).TotalLength);
            Assert.Equal(1, b.Arena.Metadata(packet).WirePackets);
            Assert.Equal(Holders.Loop, b.Arena.Metadata(packet).Holders);
            b.Free(packet);
            b.Refill();
            Assert.Equal(1, a.Reclaim(i));
        }

        Assert.Equal(a.Arena.Capacity - 256, a.Arena.FreeCount);
        Assert.Equal(new WireCounters(50, 50, 0, 0, 0, default), wire.A.Counters);
    }

    [Fact]
    public void Hand_over_shares_the_bytes_and_completes_when_the_receiver_frees()
    {
        using var wire = new MemoryWire();
        using Station a = new(wire.A), b = new(wire.B);
        var packet = a.Make(Station.Pattern(3000, 1), frameLength: 1000);
        a.Arena.HoldChain(packet, Holders.RetransmitQueue);
        Assert.True(wire.A.Mtu < 3000);
        a.Arena.Metadata(packet).GsoSize = 1000;
        Assert.True(a.TrySend(packet, 0));

        var received = b.Receive(0);
        Assert.True((b.Arena.Metadata(received).Flags & FrameFlags.Borrowed) != 0);
        Assert.Equal(3, PacketBytes.CountFrames(b.Arena, received));
        Assert.True(a.Arena.Data(packet).Overlaps(b.Arena.Data(received)), "the same memory");
        Assert.Equal(0, a.Reclaim(0));

        // the acknowledgement comes first: the frame stays in the transmit ring
        a.Arena.ReleaseChain(packet, Holders.RetransmitQueue);
        Assert.Equal(3, a.Arena.CountHeldBy(Holders.TransmitRing));
        b.Free(received);
        Assert.Equal(1, a.Reclaim(0));
        Assert.Equal(0, a.Arena.CountHeldBy(Holders.TransmitRing));
    }

    [Fact]
    public void A_lent_packet_is_told_of_when_it_has_departed_and_not_after_it_came_back()
    {
        using var wire = new MemoryWire(new MemoryWireOptions { BandwidthBitsPerSecond = 8_000_000, DelayNanoseconds = 1_000_000 });
        using Station a = new(wire.A), b = new(wire.B);
        var departed = new Frame[8];
        Assert.Equal(0, a.Queue.TakeDeparted(departed, 0));
        var (first, second) = (a.Make(Station.Pattern(1000, 1)), a.Make(Station.Pattern(1000, 2)));
        Assert.True(a.TrySend(first, 0));
        Assert.True(a.TrySend(second, 0));

        // a byte takes a microsecond
        Assert.Equal(0, a.Queue.TakeDeparted(departed, 999_999));
        Assert.Equal(1_000_000, a.Queue.NextEvent);
        Assert.Equal(1, a.Queue.TakeDeparted(departed, 1_000_000));
        Assert.Equal(first, departed[0]);
        Assert.Equal(0, a.Reclaim(1_000_000));
        Assert.Equal(0, a.Queue.TakeDeparted(departed, 1_000_000));

        // the second is complete before anybody asks whether it has departed
        Assert.Equal(2, b.Swallow(3_000_000));
        Assert.Equal(2, a.Reclaim(3_000_000));
        Assert.Equal(0, a.Queue.TakeDeparted(departed, 3_000_000));
    }

    [Fact]
    public void A_frame_in_the_retransmit_queue_outlives_its_completion()
    {
        using var wire = new MemoryWire();
        using Station a = new(wire.A), b = new(wire.B);
        var packet = a.Make(Station.Pattern(100, 1));
        a.Arena.HoldChain(packet, Holders.RetransmitQueue);
        a.TrySend(packet, 0);
        b.Swallow(0);
        Assert.Equal(1, a.Reclaim(0));
        Assert.Equal(Holders.RetransmitQueue, a.Arena.Metadata(packet).Holders);
    }

    [Fact]
    public void Copying_completes_when_the_packet_has_been_copied()
    {
        using var wire = new MemoryWire(new MemoryWireOptions { Mode = WireMode.Copying });
        using Station a = new(wire.A), b = new(wire.B);
        for (var i = 0; i < 20; i++)
        {
            a.Send(Station.Pattern(1514, i), 0);
            var received = b.Receive(0);
            Assert.Equal(1, a.Reclaim(0));
            Assert.Equal(FrameFlags.None, b.Arena.Metadata(received).Flags);
        }
    }

    [Theory]
    [InlineData(WireMode.HandOver)]
    [InlineData(WireMode.Copying)]
    public void Offload_metadata_passes_over_as_from_a_virtual_peer(WireMode mode)
    {
        using var wire = new MemoryWire(new MemoryWireOptions { Mode = mode });
        using Station a = new(wire.A), b = new(wire.B);
        var packet = a.Make(Station.Pattern(10_054, 1));
        ref var sent = ref a.Arena.Metadata(packet);
        sent.GsoSize = 1000;
        sent.WirePackets = 10;
        sent.Checksum = ChecksumState.Partial;
        sent.ChecksumStart = (ushort)(sent.DataOffset + 34);
        sent.ChecksumOffset = 16;
        sent.Flags = FrameFlags.Ecn;
        a.TrySend(packet, 0);
        ref var received = ref b.Arena.Metadata(b.Receive(0));
        Assert.Equal(1000, received.GsoSize);
        Assert.Equal(10, received.WirePackets);
        Assert.Equal(ChecksumState.Partial, received.Checksum);
        Assert.Equal(received.DataOffset + 34, received.ChecksumStart);
        Assert.Equal(16, received.ChecksumOffset);
        Assert.True((received.Flags & FrameFlags.Ecn) != 0);
    }

    [Fact]
    public void A_wire_without_offloads_refuses_what_needs_them()
    {
        using var wire = new MemoryWire(new MemoryWireOptions { Features = NicFeatures.None, Mtu = 9000 });
        using Station a = new(wire.A), b = new(wire.B);
        Assert.Throws<InvalidOperationException>(() => a.TrySend(a.Make(Station.Pattern(3000, 1)), 0));
        var partial = a.Make(Station.Pattern(100, 1));
        a.Arena.Metadata(partial).Checksum = ChecksumState.Partial;
        Assert.Throws<InvalidOperationException>(() => a.TrySend(partial, 0));
        Assert.Throws<ArgumentException>(() => new MemoryWire(new MemoryWireOptions { Features = NicFeatures.TcpSegmentation }));
    }

    [Fact]
    public void Delay_and_bandwidth_are_kept_in_the_callers_time()
    {
        // 1,000 bytes at 8 Mbit/s take a millisecond
        using var wire = new MemoryWire(new MemoryWireOptions { BandwidthBitsPerSecond = 8_000_000, DelayNanoseconds = 5_000_000 });
        using Station a = new(wire.A), b = new(wire.B);
        a.Send(Station.Pattern(1000, 1), 0);
        a.Send(Station.Pattern(1000, 2), 0);
        Assert.Equal(6_000_000, b.Queue.NextEvent);
        Assert.True(b.Receive(5_999_999).IsNone);
        var first = b.Receive(6_000_000);
        Assert.Equal(1, Station.Number(b.Bytes(first)));
        Assert.True(b.Receive(6_999_999).IsNone);
        Assert.Equal(7_000_000, b.Queue.NextEvent);
        Assert.Equal(2, Station.Number(b.Bytes(b.Receive(7_000_000))));
        Assert.Equal(long.MaxValue, b.Queue.NextEvent);
    }

    [Fact]
    public void Copying_completes_with_the_departure_and_an_unsegmented_packet_takes_the_time_of_its_segments()
    {
        using var wire = new MemoryWire(new MemoryWireOptions
        {
            Mode = WireMode.Copying, BandwidthBitsPerSecond = 8_000_000, DelayNanoseconds = 1_000_000_000,
        });
        using Station a = new(wire.A), b = new(wire.B);
        var packet = a.Make(Station.Pattern(54 + 4000, 1));
        a.Arena.Metadata(packet).GsoSize = 1000;
        a.Arena.Metadata(packet).WirePackets = 4;
        a.TrySend(packet, 0);
        const long departs = (4000 + (4 * 54)) * 1000L;
        Assert.Equal(departs, a.Queue.NextEvent);
        Assert.Equal(0, a.Reclaim(departs - 1));
        Assert.Equal(1, a.Reclaim(departs));
        Assert.Equal(1, b.Swallow(departs + 1_000_000_000));
    }

    [Fact]
    public void The_transmit_ring_holds_what_has_not_departed()
    {
        using var wire = new MemoryWire(new MemoryWireOptions { RingSize = 4, BandwidthBitsPerSecond = 8_000_000 });
        using Station a = new(wire.A), b = new(wire.B);
        for (var i = 0; i < 4; i++)
        {
            a.Send(Station.Pattern(1000, i), 0);
        }

        Assert.Equal(0, a.Queue.TransmitRoom);
        Assert.False(a.TrySend(a.Make(Station.Pattern(1000, 5)), 0));
        Assert.True(a.TrySend(a.Make(Station.Pattern(1000, 5)), 1_000_000));
    }

    [Fact]
    public void A_receiver_that_does_not_keep_up_holds_the_sender_back_or_misses_packets()
    {
        using var paused = new MemoryWire(new MemoryWireOptions { RingSize = 8 });
        using Station a = new(paused.A), b = new(paused.B);
        for (var i = 0; i < 16; i++)
        {
            a.Send(Station.Pattern(100, i), 0);
        }

        Assert.False(a.TrySend(a.Make(Station.Pattern(100, 16)), 0));
        Assert.Equal(16, b.Swallow(0));
        Assert.Equal(0, b.Queue.Missed);

        using var missing = new MemoryWire(new MemoryWireOptions { RingSize = 8, FlowControl = false });
        using Station c = new(missing.A), d = new(missing.B);
        for (var i = 0; i < 20; i++)
        {
            c.Send(Station.Pattern(100, i), 0);
        }

        // eight for the posted frames, eight that wait
        Assert.Equal(4, d.Queue.Missed);
        Assert.Equal(4, c.Reclaim(0));
        Assert.Equal(16, d.Swallow(0));
        Assert.Equal(16, c.Reclaim(0));
        Assert.Equal(4, missing.A.Counters.Missed);
    }

    [Fact]
    public void Packets_wait_while_no_frame_is_posted_and_do_not_count_as_an_event()
    {
        using var wire = new MemoryWire();
        using var a = new Station(wire.A);
        using var b = new Station(wire.B, receive: 0, reserve: 4);
        a.Send(Station.Pattern(100, 1), 7);
        Assert.True(b.Receive(7).IsNone);
        Assert.Equal(long.MaxValue, b.Queue.NextEvent);
        Assert.True(b.Arena.TryAllocate(Share.Reserve, Holders.ReceiveRing, out var frame));
        b.Queue.Post([frame]);
        Assert.Equal(7, b.Queue.NextEvent);
        Assert.False(b.Receive(7).IsNone);
    }

    [Fact]
    public void Packets_longer_than_the_MTU_and_packets_without_carrier_are_lost_and_complete()
    {
        using var wire = new MemoryWire(new MemoryWireOptions { DelayNanoseconds = 10 });
        using Station a = new(wire.A), b = new(wire.B);
        var revision = wire.B.Revision;
        wire.Mtu = 500;
        Assert.NotEqual(revision, wire.B.Revision);
        a.Send(Station.Pattern(519, 1), 0);
        Assert.Equal(1, a.Reclaim(0));
        a.Send(Station.Pattern(514, 2), 0);
        wire.IsUp = false;
        Assert.False(wire.B.IsLinkUp);
        a.Send(Station.Pattern(100, 3), 0);
        Assert.Equal(2, a.Reclaim(0));
        wire.IsUp = true;
        a.Send(Station.Pattern(100, 4), 0);
        Assert.Equal(1, b.Swallow(10));
        Assert.Equal(new WireCounters(4, 1, 0, 1, 2, default), wire.A.Counters);
    }

    [Fact]
    public void A_duplicate_is_not_what_the_receiver_made_of_the_first()
    {
        using var wire = new MemoryWire(new MemoryWireOptions { Impairments = new ImpairmentOptions { Duplication = 1 } });
        using Station a = new(wire.A), b = new(wire.B);
        var bytes = Station.Pattern(100, 3);
        a.Send(bytes, 0);
        var one = b.Receive(0);
        b.Arena.Data(one).Clear();
        Assert.Equal(bytes, b.Bytes(b.Receive(0)));
    }

    [Theory]
    [InlineData(WireMode.HandOver, 64)]
    [InlineData(WireMode.Copying, 64)]
    [InlineData(WireMode.HandOver, 20_000)]
    [InlineData(WireMode.Copying, 20_000)]
    public void Nothing_is_allocated_while_packets_pass(WireMode mode, int length)
    {
        using var wire = new MemoryWire(new MemoryWireOptions
        {
            Mode = mode, DelayNanoseconds = 100, Impairments = new ImpairmentOptions { Reorder = 0.1, Corruption = 0.1, Loss = 0.1, Duplication = 0.1 },
        });
        using Station a = new(wire.A), b = new(wire.B);
        var bytes = Station.Pattern(length, 1);
        Pass(a, b, bytes, 0, 500);
        var start = 0L;
        Assert.Equal(0, Allocated.Least(() => Pass(a, b, bytes, start += 1_000_000_000, 2000)));

        static void Pass(Station a, Station b, ReadOnlySpan<byte> bytes, long start, int count)
        {
            for (var i = 0; i < count; i++)
            {
                var now = start + (i * 1000L);
                var packet = a.Make(bytes);
                a.Arena.Metadata(packet).GsoSize = 1000;
                _ = a.Queue.Transmit(new ReadOnlySpan<Frame>(in packet), now);
                b.Swallow(now + 500);
                a.Reclaim(now + 500);
            }
        }
    }

    [Fact]
    public void Two_threads_may_poll_an_end_each()
    {
        using var wire = new MemoryWire(new MemoryWireOptions { Concurrent = true });
        using Station a = new(wire.A), b = new(wire.B);
        const int packets = 20_000;
        var received = 0;
        var receiver = new Thread(() =>
        {
            for (var idle = 0; received < packets && idle < 1000;)
            {
                var count = b.Swallow(0);
                received += count;
                idle = count == 0 && !b.Queue.Wait(TimeSpan.FromMilliseconds(10)) ? idle + 1 : 0;
            }
        });
        receiver.Start();
        var bytes = Station.Pattern(100, 1);
        var packet = Frame.None;
        for (var sent = 0; sent < packets; a.Reclaim(0))
        {
            // room that was seen may be gone again: the other end pauses this one when it runs out of frames
            packet = packet.IsNone ? a.Make(bytes) : packet;
            if (a.TrySend(packet, 0))
            {
                packet = Frame.None;
                sent++;
            }
            else
            {
                a.Queue.Wait(TimeSpan.FromMilliseconds(10));
            }
        }

        receiver.Join();
        a.Reclaim(0);
        Assert.Equal(packets, received);
        Assert.Equal(0, a.Arena.CountHeldBy(Holders.TransmitRing));
    }

    [Fact]
    public void Wake_ends_a_wait()
    {
        using var wire = new MemoryWire();
        using var a = new Station(wire.A);
        a.Queue.Wake();
        Assert.True(a.Queue.Wait(TimeSpan.FromMinutes(1)));
        Assert.False(a.Queue.Wait(TimeSpan.Zero));
    }
}
