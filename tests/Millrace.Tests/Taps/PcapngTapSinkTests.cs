using Millrace.Memory;
using Millrace.Nics;
using Millrace.Taps;
using Millrace.Tests.Checksum;

namespace Millrace.Tests.Taps;

/// <summary>The buffer between loop and file: nothing is half written, nothing waits, what does not fit is counted.</summary>
public sealed class PcapngTapSinkTests : IDisposable
{
    private readonly Arena arena = new(16, 0, 0);
    private readonly NetworkInterface[] interfaces =
        [new(0, "wan", new FeaturesOnlyNic(NicFeatures.None)), new(1, "lan", new FeaturesOnlyNic(NicFeatures.None))];

    public void Dispose() => arena.Dispose();

    [Fact]
    public void Packets_of_two_interfaces_both_ways_and_drops_are_read_back_as_they_were()
    {
        using var stream = new MemoryStream();
        using (var sink = new PcapngTapSink(stream, new() { LeaveOpen = true, TimeOffset = 1_000 }))
        {
            sink.Attach(interfaces, 1000);
            sink.Observe(new TappedPacket(arena, Packet(60, 0), 5, CaptureDirection.Inbound, 1000));
            sink.Observe(new TappedPacket(arena, Packet(1500, 1), 6, CaptureDirection.Outbound, 1000));
            sink.Observe(new TappedPacket(arena, Packet(61, 1), 7, new PacketDrop(DropReason.TcpInvalidSequence, "Tcp", true, true), 1000));
            sink.Observe(new TappedPacket(arena, Packet(20, 1), 8, new PacketDrop(DropReason.StagePolicy, new string('x', 300), false, false), 1000));
            Assert.Equal((4L, 0L), (sink.Written, sink.Lost));
        }

        stream.Position = 0;
        using var reader = CaptureReader.Open(stream);
        Assert.Equal(
            [
                (0, 1005L, 60, 60, CaptureDirection.Inbound, ""),
                (1, 1006L, 1000, 1500, CaptureDirection.Outbound, ""),
                (1, 1007L, 61, 61, CaptureDirection.Inbound, "dropped: TCP_INVALID_SEQUENCE (Tcp)"),
                (1, 1008L, 0, 20, CaptureDirection.Outbound, "dropped: StagePolicy ()"),
            ],
            Records(reader));
        Assert.Equal(["wan", "lan"], reader.Interfaces.Select(one => one.Name));
    }

    [Theory]
    [InlineData(0x600A, FrameFlags.VlanTagged, new byte[] { 0x81, 0x00, 0x60, 0x0A })]
    [InlineData(0x600A, FrameFlags.VlanTagged | FrameFlags.ServiceVlan, new byte[] { 0x88, 0xA8, 0x60, 0x0A })]
    [InlineData(0x6000, FrameFlags.None, new byte[] { 0x81, 0x00, 0x60, 0x00 })]
    [InlineData(0, FrameFlags.None, new byte[0])]
    public void A_tag_that_was_moved_out_is_shown_in_its_place_at_every_snap_length(int tci, FrameFlags flags, byte[] tag)
    {
        var packet = Packet(100, 0);
        arena.Metadata(packet).VlanTci = (ushort)tci;
        arena.Metadata(packet).Flags = flags;
        var plain = arena.Data(packet).ToArray();
        byte[] whole = [.. plain[..12], .. tag, .. plain[12..]];
        var shown = new byte[200];
        for (var snap = 1; snap <= 110; snap++)
        {
            var tapped = new TappedPacket(arena, packet, 0, CaptureDirection.Inbound, snap);
            Assert.Equal(whole[..Math.Min(snap, whole.Length)], shown[..tapped.CopyTo(shown)]);
            Assert.Equal(whole.Length, tapped.OriginalLength);
        }
    }

    [Fact]
    public void A_chain_of_frames_is_shown_as_one_packet()
    {
        Frame first = Packet(100, 0), second = Packet(300, 0);
        arena.Metadata(first).NextFragment = second;
        arena.Metadata(first).TotalLength = 400;
        byte[] whole = [.. arena.Data(first), .. arena.Data(second)];
        var shown = new byte[400];
        Assert.Equal(400, new TappedPacket(arena, first, 0, CaptureDirection.Outbound, 1000).CopyTo(shown));
        Assert.Equal(whole, shown);
        using var stream = new MemoryStream();
        using (var sink = new PcapngTapSink(stream, new() { LeaveOpen = true }))
        {
            sink.Attach(interfaces, 350);
            sink.Observe(new TappedPacket(arena, first, 0, CaptureDirection.Outbound, 350));
        }

        stream.Position = 0;
        using var reader = CaptureReader.Open(stream);
        Assert.True(reader.Read());
        Assert.Equal(whole[..350], reader.Data.ToArray());
    }

    [Fact]
    public void A_full_buffer_loses_whole_packets_and_counts_them_until_it_is_flushed()
    {
        using var stream = new MemoryStream();
        var sink = new PcapngTapSink(stream, new() { LeaveOpen = true, BufferLength = 4096 });
        sink.Attach(interfaces, 1000);
        var packet = Packet(500, 1);
        var shown = 0;
        for (var round = 0; round < 50; round++)
        {
            var before = sink.Lost;
            for (var i = 0; i < 10; i++, shown++)
            {
                sink.Observe(new TappedPacket(arena, packet, shown, CaptureDirection.Inbound, 1000));
            }

            Assert.InRange(sink.Lost - before, 3, 4);
            sink.Flush();
        }

        Assert.Equal(shown, sink.Written + sink.Lost);
        var written = sink.Written;
        sink.Dispose();
        stream.Position = 0;
        using var reader = CaptureReader.Open(stream);
        var records = Records(reader);
        Assert.Equal(written, records.Count);
        Assert.Equal(records.Select(record => record.Item2).Order(), records.Select(record => record.Item2));
    }

    [Fact]
    public void Another_thread_may_flush_while_packets_are_shown()
    {
        using var stream = new MemoryStream();
        var sink = new PcapngTapSink(stream, new() { LeaveOpen = true, BufferLength = 1 << 16 });
        sink.Attach(interfaces, 1000);
        var packet = Packet(333, 0);
        var done = false;
        var flusher = new Thread(() =>
        {
            while (!Volatile.Read(ref done))
            {
                sink.Flush();
            }
        });
        flusher.Start();
        for (var i = 0; i < 20_000; i++)
        {
            sink.Observe(new TappedPacket(arena, packet, i, CaptureDirection.Inbound, 1000));
        }

        Volatile.Write(ref done, true);
        flusher.Join();
        sink.Dispose();
        stream.Position = 0;
        using var reader = CaptureReader.Open(stream);
        var records = Records(reader);
        Assert.Equal((sink.Written, 20_000L), ((long)records.Count, sink.Written + sink.Lost));
        Assert.All(records, record => Assert.Equal(333, record.Item3));
    }

    [Fact]
    public void Showing_packets_and_drops_allocates_nothing()
    {
        using var sink = new PcapngTapSink(Stream.Null, new() { BufferLength = 1 << 16 });
        sink.Attach(interfaces, 1000);
        var packet = Packet(333, 0);
        var allocated = Allocated.Least(() =>
        {
            for (var i = 0; i < 10_000; i++)
            {
                sink.Observe(new TappedPacket(arena, packet, i, CaptureDirection.Inbound, 1000));
                sink.Observe(new TappedPacket(arena, packet, i, new PacketDrop((DropReason)(i % DropReasons.Count), "Ipv4", true, true), 1000));
                sink.Flush();
            }
        });
        Assert.Equal((0L, 0L), (allocated, sink.Lost));
    }

    [Fact]
    public void A_sink_serves_one_stack()
    {
        using var sink = new PcapngTapSink(Stream.Null);
        sink.Attach(interfaces, 1000);
        Assert.Throws<InvalidOperationException>(() => sink.Attach(interfaces, 1000));
    }

    private Frame Packet(int length, int networkInterface)
    {
        Assert.True(arena.TryAllocate(Share.Receive, Holders.Loop, out var frame));
        ref var metadata = ref arena.Metadata(frame);
        metadata.DataLength = (ushort)length;
        metadata.TotalLength = length;
        metadata.Interface = (byte)networkInterface;
        for (var i = 0; i < length; i++)
        {
            arena.Data(frame)[i] = (byte)(i + length);
        }

        return frame;
    }

    private static List<(int, long, int, int, CaptureDirection, string)> Records(CaptureReader reader)
    {
        var records = new List<(int, long, int, int, CaptureDirection, string)>();
        while (reader.Read())
        {
            records.Add((reader.Current.Interface, reader.Current.Timestamp, reader.Data.Length, reader.Current.OriginalLength, reader.Direction, reader.Comment));
        }

        return records;
    }
}
