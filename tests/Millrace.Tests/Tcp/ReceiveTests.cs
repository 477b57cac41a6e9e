using Millrace.Memory;

namespace Millrace.Tests.Tcp;

public sealed class ReceiveTests
{
    private static readonly string Segment = new('x', 1460);

    [Fact]
    public void The_first_segments_are_acknowledged_at_once()
    {
        using var script = TcpScript.Established();
        script.Send("P.", 1, 1, "a");
        script.Expect(". 1:1(0) ack 2");
        script.Send("P.", 2, 1, "b");
        script.Expect(". 1:1(0) ack 3");
    }

    [Fact]
    public void Later_a_single_segment_waits_40_milliseconds_and_a_second_full_one_does_not()
    {
        using var script = TcpScript.Established(new TcpChoice { ModerateReceiveBuffer = false });
        var next = 1;
        for (var i = 0; i < 60; i++, next += 1460)
        {
            script.Send(".", next, 1, Segment);
            script.Flush();
        }

        script.Run(100);
        script.Forget();
        script.Send(".", next, 1, Segment);
        script.ExpectNothing();
        script.Run(39);
        script.ExpectNothing();
        script.Run(2);
        script.Expect($". 1:1(0) ack {next + 1460}");
        next += 1460;
        script.Send(".", next, 1, Segment);
        script.ExpectNothing();
        script.Send(".", next + 1460, 1, Segment);
        script.Expect($". 1:1(0) ack {next + 2920}");
    }

    [Fact]
    public void A_merged_packet_is_acknowledged_at_once()
    {
        using var script = TcpScript.Established();
        script.Inject(".", 1, 1, new byte[10 * 1460], gsoSize: 1460, wirePackets: 10);
        script.Expect(". 1:1(0) ack 14601");
        Assert.Equal(14_600, script.Application.TotalRead);
        Assert.Equal(10, script.Host.Ledger.Delivered);
        script.Host.AssertLedgers();
    }

    [Fact]
    public void Data_received_before_is_acknowledged_again_and_dropped()
    {
        using var script = TcpScript.Established();
        script.Send("P.", 1, 1, "abc");
        script.Expect(". 1:1(0) ack 4");
        Assert.Equal(DropReason.TcpOldSequence, script.Send("P.", 1, 1, "ab").Reason);
        script.Expect(". 1:1(0) ack 4");
        Assert.Equal("abc", script.Text);
    }

    [Fact]
    public void Of_a_segment_that_was_received_in_part_the_rest_is_taken()
    {
        using var script = TcpScript.Established();
        script.Send("P.", 1, 1, "abc");
        script.Send("P.", 2, 1, "bcdef");
        script.Expect(". 1:1(0) ack 4", ". 1:1(0) ack 7");
        Assert.Equal("abcdef", script.Text);
    }

    [Fact]
    public void Each_segment_ahead_of_a_gap_gets_an_acknowledgment_of_its_own()
    {
        using var script = TcpScript.Established();
        script.Inject(".", 11, 1, "cccccccccc"u8.ToArray(), null, 0, -1, null, false, null);
        script.Inject(".", 21, 1, "dddddddddd"u8.ToArray(), null, 0, -1, null, false, null);
        script.Expect(". 1:1(0) ack 1", ". 1:1(0) ack 1");
        script.Send(".", 1, 1, "bbbbbbbbbb");
        script.Expect(". 1:1(0) ack 31");
        Assert.Equal("bbbbbbbbbbccccccccccdddddddddd", script.Text);
    }

    [Fact]
    public void A_FIN_ahead_of_a_gap_counts_when_the_gap_is_filled()
    {
        using var script = TcpScript.Established();
        script.Send("FP.", 3, 1, "cd");
        script.Expect(". 1:1(0) ack 1");
        Assert.DoesNotContain("PeerClosed", script.Application.Calls);
        script.Send("P.", 1, 1, "ab");
        script.Expect(". 1:1(0) ack 6");
        Assert.Equal("abcd", script.Text);
        Assert.Contains("PeerClosed", script.Application.Calls);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Any_pieces_in_any_order_with_any_overlap_make_the_same_stream(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 30; round++)
        {
            using var script = TcpScript.Established();
            var stream = new byte[20_000];
            random.NextBytes(stream);
            var sequence = 1;
            for (var i = 0; i < 60; i++)
            {
                var start = random.Next(stream.Length);
                var length = random.Next(1, Math.Min(stream.Length - start, random.Next(2) == 0 ? 200 : 4000) + 1);
                script.Inject(".", sequence + start, 1, stream[start..(start + length)], fragment: random.Next(60, 1537));
                script.Host.End(_ => { });
            }

            for (var start = 0; start < stream.Length; start += 1000)
            {
                script.Inject(".", sequence + start, 1, stream[start..(start + 1000)]);
                script.Host.End(_ => { });
            }

            Assert.Equal(stream, script.Application.Data);
            Assert.Equal(0, script.Host.Arena.CountHeldBy(Holders.ReceiveQueue | Holders.OutOfOrderQueue));
            script.Host.AssertLedgers();
        }
    }

    [Fact]
    public void Small_payloads_are_copied_behind_each_other()
    {
        var application = new TestApplication { Port = 80, Reads = false };
        using var script = TcpScript.Established(null, application);
        Assert.Equal(VerdictKind.Queued, script.Send("P.", 1, 1, "a").Kind);
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(VerdictKind.Deliver, script.Send("P.", 2 + i, 1, "b").Kind);
        }

        Assert.Equal(1, script.Host.Arena.CountHeldBy(Holders.ReceiveQueue));
        Assert.Equal(21, script.Socket.Readable);
        script.Application.Drain(script.Socket);
        Assert.Equal("a" + new string('b', 20), script.Text);
    }

    [Fact]
    public void Frames_that_somebody_else_holds_too_are_copied()
    {
        using var script = TcpScript.Established(null, new TestApplication { Port = 80, Reads = false });
        script.Host.AlsoHeldBy = Holders.Stage;
        var stream = BulkTests.Pattern(1)[..4000];
        Assert.Equal(VerdictKind.Deliver, script.Inject(".", 1, 1, stream, fragment: 700).Kind);
        Assert.Equal(0, script.Host.Arena.CountHeldBy(Holders.ReceiveQueue | Holders.OutOfOrderQueue) - 2);
        for (var i = 1; i <= script.Host.Arena.Capacity; i++)
        {
            if ((script.Host.Arena.Metadata(new Frame(i)).Holders & Holders.Stage) != 0)
            {
                script.Host.Arena.Slot(new Frame(i)).Clear();
                script.Host.Arena.Release(new Frame(i), Holders.Stage);
            }
        }

        script.Application.Drain(script.Socket);
        Assert.Equal(stream, script.Application.Data);
    }

    [Fact]
    public void Middling_payloads_share_frames_when_the_buffer_is_half_full()
    {
        var choice = new TcpChoice { Rmem = new MemoryLimits(4096, 32768, 32768), ModerateReceiveBuffer = false };
        using var script = TcpScript.Established(choice, new TestApplication { Port = 80, Reads = false });
        var next = 1;
        while (script.Inject(".", next, 1, new byte[300]).Kind != VerdictKind.Drop)
        {
            next += 300;
            script.Forget();
        }

        // one to a frame would be 15 at most
        Assert.True(script.Socket.Readable > 20 * 300);
        Assert.Equal(next - 1, script.Socket.Readable);
        Assert.InRange(script.Host.Arena.Used(Share.Sockets) * Arena.FrameTruesize, 1, 32768 + Arena.FrameTruesize);
    }

    [Fact]
    public void A_wrong_checksum_is_dropped_and_counted()
    {
        using var script = TcpScript.Established();
        Assert.Equal(DropReason.TcpChecksum, script.Send("P.", 1, 1, "abc", corrupt: true).Reason);
        script.ExpectNothing();
        Assert.Equal(1, script.Counters.InCsumErrors);
    }

    [Fact]
    public void A_checksum_over_odd_fragments_is_verified()
    {
        using var script = TcpScript.Established();
        foreach (var fragment in new[] { 61, 63, 100, 1001 })
        {
            var next = 1 + (int)script.Application.TotalRead;
            Assert.NotEqual(VerdictKind.Drop, script.Inject("P.", next, 1, BulkTests.Pattern(1)[..1999], fragment: fragment).Kind);
        }

        Assert.Equal(4 * 1999, script.Application.TotalRead);
    }

    [Fact]
    public void A_header_longer_than_the_segment_is_dropped()
    {
        using var script = TcpScript.Established();
        var packet = new byte[40];
        TcpHost.WriteNetworkHeader(packet, TcpScript.Peer, TcpScript.Own);
        packet[32] = 0x60;
        Assert.Equal(DropReason.TcpHeader, script.Host.Take(packet).Reason);
        packet[32] = 0x40;
        Assert.Equal(DropReason.TcpHeader, script.Host.Take(packet).Reason);
        Assert.Equal(DropReason.PacketTooSmall, script.Host.Take(packet.AsSpan(0, 39)).Reason);
        Assert.Equal(3, script.Counters.InErrs);
    }

    [Fact]
    public void Any_bytes_at_all_are_a_verdict_and_never_an_exception()
    {
        using var script = TcpScript.Established();
        var random = new Random(5);
        var packet = new byte[120];
        for (var i = 0; i < 20_000; i++)
        {
            random.NextBytes(packet);
            TcpHost.WriteNetworkHeader(packet, TcpScript.Peer, TcpScript.Own);
            if (random.Next(2) == 0)
            {
                // near the open connection
                packet[20] = TcpScript.PeerPort >> 8;
                packet[21] = TcpScript.PeerPort & 0xFF;
                packet[22] = 0;
                packet[23] = 80;
                packet[32] = (byte)(random.Next(5, 12) << 4);
            }

            script.Host.Take(packet.AsSpan(0, random.Next(21, 121)), checksum: ChecksumState.Unnecessary);
            script.Host.End(_ => { });
        }

        script.Host.AssertLedgers();
    }
}
