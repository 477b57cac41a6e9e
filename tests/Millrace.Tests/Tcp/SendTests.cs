using Millrace.Headers;
using Millrace.Memory;
using Millrace.Sockets;
using Millrace.Tcp;

namespace Millrace.Tests.Tcp;

public sealed class SendTests
{
    [Fact]
    public void What_is_written_goes_at_the_end_of_the_poll_and_is_kept_until_acknowledged()
    {
        using var script = TcpScript.Established();
        Assert.Equal(5, script.Write("hello"));
        script.Expect("P. 1:6(5) ack 1");
        Assert.Equal(1, script.Host.Arena.CountHeldBy(Holders.RetransmitQueue));
        script.Send(".", 1, 6);
        Assert.Equal(0, script.Host.Arena.CountHeldBy(Holders.RetransmitQueue));
        script.ExpectNothing();
        script.Run(10_000);
        script.ExpectNothing();
    }

    [Fact]
    public void Writes_of_one_poll_share_segments()
    {
        using var script = TcpScript.Established();
        script.Write("one");
        script.Write("two");
        script.Expect("P. 1:7(6) ack 1");
    }

    [Fact]
    public void Ten_segments_go_at_first()
    {
        using var script = TcpScript.Established();
        script.Write(20 * 1460);
        Assert.Equal(10, script.Count());
        script.Send(".", 1, 1 + (2 * 1460));
        Assert.Equal(4, script.Count());
    }

    [Fact]
    public void An_interrupted_write_is_told_when_there_is_room()
    {
        using var script = TcpScript.Established();
        var written = script.Write(1_000_000);
        Assert.InRange(written, 16384, 999_999);
        Assert.Equal(0, script.Socket.WritableLength);
        script.Forget();
        Assert.DoesNotContain("Writable", script.Application.Calls);
        script.Send(".", 1, 1 + (10 * 1460));
        Assert.Contains("Writable", script.Application.Calls);
        Assert.True(script.Socket.WritableLength > 0);
    }

    [Fact]
    public void WritableLength_is_what_a_write_accepts()
    {
        using var script = TcpScript.Established();
        var random = new Random(3);
        var acknowledged = 1;
        var total = 1;
        for (var i = 0; i < 200; i++)
        {
            var room = script.Socket.WritableLength;
            Assert.Equal(room, script.Socket.Write(new byte[room + random.Next(2)]));
            total += room;
            script.Forget();
            acknowledged += Math.Min(random.Next(3) * 700, total - acknowledged);
            if (script.Send(".", 1, acknowledged).Kind == VerdictKind.Drop)
            {
                // beyond what is sent yet
                acknowledged = 1;
                break;
            }
        }
    }

    [Fact]
    public void A_small_segment_waits_for_another_to_be_acknowledged()
    {
        using var script = TcpScript.Established();
        script.Write("a");
        script.Expect("P. 1:2(1) ack 1");
        script.Write("b");
        script.ExpectNothing();
        script.Write("c");
        script.ExpectNothing();
        script.Send(".", 1, 2);
        script.Expect("P. 2:4(2) ack 1");
    }

    [Fact]
    public void A_small_segment_behind_full_ones_does_not_wait()
    {
        using var script = TcpScript.Established();
        script.Write(1460);
        script.Expect("P. 1:1461(1460) ack 1");
        script.Write("tail");
        script.Expect("P. 1461:1465(4) ack 1");
    }

    [Fact]
    public void Without_delay_small_segments_go_at_once()
    {
        using var script = TcpScript.Established();
        script.Socket.SetNoDelay(true);
        script.Write("a");
        script.Expect("P. 1:2(1) ack 1");
        script.Write("b");
        script.Expect("P. 2:3(1) ack 1");
    }

    [Fact]
    public void Data_carries_the_acknowledgment()
    {
        using var script = TcpScript.Established();
        script.Application.OnReceived = socket => socket.Write("answer"u8);
        script.Send("P.", 1, 1, "question");
        script.Expect("P. 1:7(6) ack 9");
    }

    [Fact]
    public void A_window_smaller_than_a_segment_is_not_filled_but_probed()
    {
        using var script = TcpScript.Established(window: 3000);
        script.Write(6000);
        script.Expect(". 1:1461(1460) ack 1", ". 1461:2921(1460) ack 1");
        script.Send(".", 1, 2921, window: 600);
        script.ExpectNothing();
        script.Run(199);
        script.ExpectNothing();
        script.Run(2);
        script.Expect(". 2921:3521(600) ack 1");
    }

    [Fact]
    public void A_closed_window_is_probed_ever_more_slowly_and_opens()
    {
        using var script = TcpScript.Established();
        script.Send(".", 1, 1, window: 0);
        script.Write("hello");
        script.ExpectNothing();
        foreach (var milliseconds in new[] { 200, 400, 800 })
        {
            script.Run(milliseconds - 10);
            script.ExpectNothing();
            script.Run(11);
            script.Expect(". 0:0(0) ack 1");
            script.Send(".", 1, 1, window: 0);
        }

        script.Send(".", 1, 1, window: 1000);
        script.Expect("P. 1:6(5) ack 1");
        script.Send(".", 1, 6, window: 1000);
        script.Run(10_000);
        script.ExpectNothing();
    }

    [Theory]
    [InlineData(1000, 500)]
    [InlineData(400, 400)]
    [InlineData(20, 48)]
    public void Segments_are_bound_to_half_of_the_largest_window_and_a_peer_with_little_room_waits_for_no_probe(int window, int mss)
    {
        using var script = TcpScript.Established(window: (ushort)window);
        script.Write(5000);
        if (window < mss)
        {
            script.ExpectNothing();
            script.Run(201);
            script.Expect($". 1:{1 + window}({window}) ack 1");
            return;
        }

        var count = window / mss;
        var next = 1;
        for (var round = 0; round < 3; round++)
        {
            script.Expect([.. Enumerable.Range(0, count).Select(i => $". {next + (i * mss)}:{next + ((i + 1) * mss)}({mss}) ack 1")]);
            next += count * mss;
            script.Send(".", 1, next, window: window);
        }

        script.Forget();
        next += count * mss;
        script.Send(".", 1, next, window: 20_000);
        script.Write(20_000);
        script.Forget();
        Assert.Equal(0, script.Counters.TCPWinProbe);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public void A_window_that_shrinks_below_what_is_in_flight_does_not_keep_it_from_being_repeated(int window)
    {
        using var script = TcpScript.Established();
        script.Write(2920);
        script.Expect(". 1:1461(1460) ack 1", "P. 1461:2921(1460) ack 1");
        script.Send(".", 1, 1, window: window);
        script.Forget();
        script.Run(500);
        script.Expect(". 1:1461(1460) ack 1");
        script.Send(".", 1, 1, window: window);
        script.Run(500);
        script.Expect(". 1:1461(1460) ack 1");
        script.Send(".", 1, 1461, window: 65_535);
        script.Expect("P. 1461:2921(1460) ack 1");
        script.Send(".", 1, 2921);
        script.Run(5000);
        script.ExpectNothing();
    }

    [Fact]
    public void A_peer_that_closed_its_window_on_data_in_flight_is_not_given_up_while_it_answers()
    {
        using var script = TcpScript.Established();
        script.Write(1000);
        script.Forget();
        for (var seconds = 0; seconds < 2000; seconds += 50)
        {
            script.Send(".", 1, 1, window: 0);
            script.Run(50_000);
        }

        Assert.Equal(TcpState.Established, script.Socket.State);
        Assert.NotEqual(0, script.Count());
        script.Run(300_000);
        script.Run(300_000);
        Assert.Contains("Closed(TimedOut)", script.Application.Calls);
    }

    [Fact]
    public void After_two_gigabytes_in_full_segments_a_small_one_goes_at_once_and_a_loss_is_repaired_fast()
    {
        const int Segments = 40;
        using var script = TcpScript.Established(new TcpChoice { MaxGsoSegments = Segments, Timestamps = false });
        script.Application.IsQuiet = true;
        script.Write(1);
        script.Forget();
        long next = 2;
        script.Send(".", 1, (int)next);
        var bytes = new byte[Segments * 1460];
        for (var round = 4; next < (1L << 31) + 10_000_000; round++)
        {
            // no more than the congestion window has grown for
            var length = Math.Min(Math.Min(round, Segments), script.Socket.WritableLength / 1460) * 1460;
            var written = script.Socket.Write(bytes.AsSpan(0, length));
            Assert.NotEqual(0, written);
            script.Forget();
            next += written;
            script.Send(".", 1, unchecked((int)next));
        }

        script.Write("x");
        Assert.Equal(1, script.Count());
        script.Send(".", 1, unchecked((int)++next));
        script.Write(4 * 1460);
        Assert.NotEqual(0, script.Count());
        for (var i = 0; i < 3; i++)
        {
            script.Send(".", 1, unchecked((int)next));
        }

        Assert.Equal(1, script.Count());
        Assert.Equal(1, script.Counters.TCPFastRetrans);
    }

    [Fact]
    public void A_partial_acknowledgment_cuts_what_is_sent_again()
    {
        using var script = TcpScript.Established();
        script.Write("abcdefghij");
        script.Expect("P. 1:11(10) ack 1");
        script.Send(".", 1, 4);
        script.Run(201);
        script.Expect("P. 4:11(7) ack 1");
    }

    [Fact]
    public void Segments_are_no_longer_than_the_peers_option_and_the_path_allow()
    {
        using var script = TcpScript.Established(mss: 1000);
        script.Write(2500);
        script.Expect(". 1:1001(1000) ack 1", ". 1001:2001(1000) ack 1", "P. 2001:2501(500) ack 1");
        using var narrow = TcpScript.Established(new TcpChoice { Mtu = 576 });
        narrow.Write(1000);
        narrow.Expect(". 1:537(536) ack 1", "P. 537:1001(464) ack 1");
    }

    [Fact]
    public void A_peer_without_the_option_gets_536_bytes()
    {
        using var script = new TcpScript();
        script.Send("S", 0);
        script.Send(".", 1, 1);
        script.Forget();
        script.Write(600);
        script.Expect(". 1:537(536) ack 1", "P. 537:601(64) ack 1");
    }

    [Fact]
    public void A_smaller_path_MTU_cuts_what_was_sent_and_sends_it_at_once()
    {
        using var script = TcpScript.Established();
        uint first = 0;
        script.Write(2000);
        script.Host.End(packet => first = first == 0 ? TcpHeader.Sequence(packet.Span[20..]).Value : first);
        script.Host.Tcp.TransportFailed(
            new TransportError(TransportErrorKind.PacketTooBig, IpProtocol.Tcp, new InetEndpoint(TcpScript.Own, 80), new InetEndpoint(TcpScript.Peer, TcpScript.PeerPort), first, 1040),
            script.Host.Now);

        // what was short enough was not lost
        script.Expect(". 1:1001(1000) ack 1", ". 1001:1461(460) ack 1");
        script.Send(".", 1, 2001);
        script.Write(1500);
        script.Expect(". 2001:3001(1000) ack 1", "P. 3001:3501(500) ack 1");
    }

    [Fact]
    public void An_interfaces_new_MTU_holds_for_the_next_segments()
    {
        using var script = TcpScript.Established();
        script.Host.Network.Mtu = 1040;
        script.Host.Tcp.InterfaceChanged(script.Host.Now);
        script.Write(1500);
        script.Expect(". 1:1001(1000) ack 1", "P. 1001:1501(500) ack 1");
    }

    [Fact]
    public void An_error_about_something_not_in_flight_is_ignored()
    {
        using var script = TcpScript.Established();
        script.Host.Tcp.TransportFailed(
            new TransportError(TransportErrorKind.PacketTooBig, IpProtocol.Tcp, new InetEndpoint(TcpScript.Own, 80), new InetEndpoint(TcpScript.Peer, TcpScript.PeerPort), 1, 600),
            script.Host.Now);
        Assert.Equal(1, script.Counters.OutOfWindowIcmps);
        Assert.Equal(1500, script.Host.Network.Mtu);
        script.Write(1460);
        script.Expect("P. 1:1461(1460) ack 1");
    }

    [Fact]
    public void With_segmentation_below_one_packet_stands_for_many_segments()
    {
        using var script = TcpScript.Established(new TcpChoice { MaxGsoSegments = 64 });
        script.Write((4 * 1460) + 100);
        var before = script.Host.Ledger.Created;
        script.Host.Tcp.FillOutbox(script.Host.Now);
        Assert.Equal(1, script.Host.Outbox.Count);
        Assert.Equal(5, script.Host.Ledger.Created - before);
        script.Expect(". 1:1461(1460) ack 1", ". 1461:2921(1460) ack 1", ". 2921:4381(1460) ack 1", ". 4381:5841(1460) ack 1", "P. 5841:5941(100) ack 1");
    }

    [Fact]
    public void A_full_outbox_keeps_the_rest_for_later()
    {
        using var script = TcpScript.Established(new TcpChoice { OutboxCapacity = 4 });
        script.Write(10 * 1460);
        Assert.True(script.Host.Tcp.FillOutbox(script.Host.Now));
        Assert.Equal(4, script.Host.Outbox.Count);
        Assert.True(script.Host.Tcp.NextDeadline > script.Host.Now);
        Assert.Equal(10, script.Count());
    }

    [Fact]
    public void Nothing_can_be_written_behind_a_shutdown()
    {
        using var script = TcpScript.Established();
        script.Socket.Shutdown();
        Assert.Equal(0, script.Write("x"));
        Assert.Equal(0, script.Socket.WritableLength);
        script.Expect("F. 1:1(0) ack 1");
    }
}
