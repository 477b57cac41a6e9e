using Millrace.Headers;
using Millrace.Memory;
using Millrace.Tcp;

namespace Millrace.Tests.Tcp;

public sealed class ListenTests
{
    [Fact]
    public void A_SYN_to_a_port_nobody_listens_on_is_reset()
    {
        using var script = new TcpScript(null, new TestApplication { Port = 0 });
        Assert.Equal(DropReason.NoSocket, script.Send("S", 0, mss: 1460).Reason);
        script.Expect("R. 0:0(0) ack 1");
    }

    [Fact]
    public void An_acknowledgment_out_of_nowhere_is_reset_with_its_own_number()
    {
        using var script = new TcpScript();
        script.Send(".", 5, 77);
        script.Expect("R 77:77(0)");
    }

    [Fact]
    public void A_reset_is_never_answered()
    {
        using var script = new TcpScript();
        script.Send("R.", 5, 77);
        script.Send("R", 5);
        script.ExpectNothing();
    }

    [Fact]
    public void A_segment_with_neither_SYN_nor_ACK_is_dropped_by_a_listener()
    {
        using var script = new TcpScript();
        Assert.Equal(DropReason.TcpFlags, script.Send("P", 0, payload: "x").Reason);
        Assert.Equal(DropReason.TcpFlags, script.Send("SF", 0).Reason);
        script.ExpectNothing();
    }

    [Fact]
    public void An_unanswered_SYN_ACK_goes_five_times_more_and_is_forgotten()
    {
        using var script = new TcpScript();
        script.Send("S", 0, mss: 1460);
        script.Expect("S. 0:0(0) ack 1");
        foreach (var seconds in new[] { 1, 2, 4, 8, 16 })
        {
            script.Run((seconds * 1000) - 20);
            script.ExpectNothing();
            script.Run(21);
            script.Expect("S. 0:0(0) ack 1");
        }

        script.Run(33_000);
        script.ExpectNothing();
        Assert.Empty(script.Application.Calls);
        script.Host.AssertEmpty();
    }

    [Fact]
    public void A_repeated_SYN_is_answered_again()
    {
        using var script = new TcpScript();
        script.Send("S", 0, mss: 1460);
        script.Expect("S. 0:0(0) ack 1");
        script.Send("S", 0, mss: 1460);
        script.Expect("S. 0:0(0) ack 1");
    }

    [Fact]
    public void A_full_backlog_without_cookies_drops_and_counts()
    {
        // one more than the backlog says, as in Linux
        using var script = new TcpScript(new TcpChoice { SynCookies = 0 }, new TestApplication { Port = 80, Backlog = 1 });
        for (ushort port = 1; port <= 2; port++)
        {
            Assert.Equal(VerdictKind.Consumed, script.Send("S", 0, mss: 1460, port: port).Kind);
            script.Expect("S. 0:0(0) ack 1");
        }

        Assert.Equal(DropReason.TcpListenOverflow, script.Send("S", 0, mss: 1460, port: 3).Reason);
        Assert.Equal(1, script.Counters.TCPReqQFullDrop);
        Assert.Equal(1, script.Counters.ListenDrops);
        script.ExpectNothing();
    }

    [Fact]
    public void A_connection_too_many_for_the_application_stays_half_open()
    {
        using var script = new TcpScript(null, new TestApplication { Port = 80, Connections = 1 });
        script.Send("S", 0, mss: 1460, port: 1);
        script.Expect("S. 0:0(0) ack 1");
        script.Remember(80, 1);
        script.Send("S", 0, mss: 1460, port: 2);
        script.Expect("S. 0:0(0) ack 1");
        script.Remember(80, 2);
        script.Recall(80, 1);
        script.Send(".", 1, 1, port: 1);
        script.Recall(80, 2);
        Assert.Equal(DropReason.TcpListenOverflow, script.Send(".", 1, 1, port: 2).Reason);
        Assert.Equal(1, script.Counters.PassiveOpens);
        Assert.Equal(1, script.Counters.ListenOverflows);
    }

    [Fact]
    public void No_handshake_begins_while_the_application_has_no_free_connection()
    {
        using var script = TcpScript.Established(null, new TestApplication { Port = 80, Connections = 1 });
        Assert.Equal(DropReason.TcpListenOverflow, script.Send("S", 0, mss: 1460, port: 2).Reason);
        script.ExpectNothing();
        Assert.Equal(1, script.Counters.ListenOverflows);
    }

    [Fact]
    public void Half_open_connections_leave_the_places_that_applications_were_promised()
    {
        var later = new TestApplication { Connections = 2 };
        using var script = new TcpScript(new TcpChoice { SynCookies = 0 }, new TestApplication { Port = 80, Connections = 1, Backlog = 1 }, later);
        Assert.True(script.Host.Tcp.TryListen(1, 81, 8));
        script.Talk(81);
        var accepted = 0;
        for (ushort port = 1; port <= 8; port++)
        {
            accepted += script.Send("S", 0, mss: 1460, port: port).Kind == VerdictKind.Consumed ? 1 : 0;
        }

        Assert.InRange(accepted, 2, 7);
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(TcpConnectResult.Opening, script.Host.Tcp.Connect(1, new Millrace.Headers.InetEndpoint(TcpScript.Peer, 1), out _));
        }
    }

    [Fact]
    public void A_wrong_acknowledgment_of_the_SYN_ACK_is_reset()
    {
        using var script = new TcpScript();
        script.Send("S", 0, mss: 1460);
        script.Expect("S. 0:0(0) ack 1");
        Assert.Equal(DropReason.TcpInvalidAckSequence, script.Send(".", 1, 100).Reason);
        script.Expect("R 100:100(0)");
        script.Send(".", 1, 1);
        Assert.Contains("Connected", script.Application.Calls);
    }

    [Fact]
    public void A_half_open_connection_answers_what_is_outside_its_window_at_once()
    {
        using var script = new TcpScript();
        script.Send("S", 0, mss: 1460);
        script.Expect("S. 0:0(0) ack 1");

        // the client has started again with another number: the answer makes it reset what is left of its first attempt
        script.Send("S", 1_000_000, mss: 1460);
        script.Expect(". 1:1(0) ack 1");
        script.Send("R", 1);
        script.Send("S", 1_000_000, mss: 1460);
        script.Expect("S. 0:0(0) ack 1000001");
    }

    [Theory]
    [InlineData("S", 80)]
    [InlineData("S", 81)]
    [InlineData(".", 81)]
    public void A_segment_to_a_group_of_hosts_is_never_answered(string flags, int port)
    {
        using var script = new TcpScript();
        var isSyn = flags == "S";
        Span<byte> packet = stackalloc byte[TcpHost.NetworkHeaderLength + TcpHeader.MinimumLength];
        var group = InetAddress.Parse("10.0.0.255");
        TcpHost.WriteNetworkHeader(packet, TcpScript.Peer, group);
        TcpHeader.Write(
            packet[TcpHost.NetworkHeaderLength..], TcpScript.PeerPort, (ushort)port, new SequenceNumber(1), default,
            TcpHeader.MinimumLength, isSyn ? TcpFlags.Syn : TcpFlags.Ack, 1000);
        Assert.Equal(DropReason.NoSocket, script.Host.Take(packet, checksum: ChecksumState.Unnecessary).Reason);
        script.ExpectNothing();
    }

    [Fact]
    public void A_reset_ends_a_handshake()
    {
        using var script = new TcpScript();
        script.Send("S", 0, mss: 1460);
        script.Expect("S. 0:0(0) ack 1");
        script.Send("R", 1);
        script.Host.AssertEmpty();
        script.Run(100_000);
        script.ExpectNothing();
    }

    [Fact]
    public void Data_with_the_last_acknowledgment_of_the_handshake_is_taken()
    {
        using var script = new TcpScript();
        script.Send("S", 0, mss: 1460);
        script.Expect("S. 0:0(0) ack 1");
        script.Send("P.", 1, 1, "hello");
        script.Expect(". 1:1(0) ack 6");
        Assert.Equal("hello", script.Text);
    }

    [Fact]
    public void A_port_can_be_listened_on_once_and_given_up()
    {
        using var script = new TcpScript();
        Assert.False(script.Host.Tcp.TryListen(0, 80));
        script.Host.Tcp.StopListening(80);
        script.Send("S", 0, mss: 1460);
        script.Expect("R. 0:0(0) ack 1");
        Assert.True(script.Host.Tcp.TryListen(0, 80));
    }

    [Fact]
    public void Stopping_to_listen_forgets_what_is_half_open_and_keeps_what_is_open()
    {
        using var script = TcpScript.Established();
        script.Send("S", 0, mss: 1460, port: 2);
        script.Expect("S. 0:0(0) ack 1");
        script.Host.Tcp.StopListening(80);
        script.ExpectNothing();
        script.Send(".", 1, 1, port: 2);
        script.Expect("R 1:1(0)");
        Assert.Equal(TcpState.Established, script.Socket.State);
    }
}
