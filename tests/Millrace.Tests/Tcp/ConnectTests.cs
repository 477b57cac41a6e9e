using Millrace.Headers;
using Millrace.Sockets;
using Millrace.Tcp;

namespace Millrace.Tests.Tcp;

public sealed class ConnectTests
{
    [Fact]
    public void An_unanswered_SYN_goes_at_1_1_1_1_1_2_4_seconds_and_so_on_until_the_open_times_out()
    {
        using var script = new TcpScript();
        script.Open(out _);
        script.Expect("S 0:0(0)");
        foreach (var seconds in new[] { 1, 1, 1, 1, 1, 2, 4, 8, 16, 32 })
        {
            script.Run((seconds * 1000) - 20);
            script.ExpectNothing();
            script.Run(21);
            script.Expect("S 0:0(0)");
        }

        script.Run(63_000);
        Assert.DoesNotContain("Closed(TimedOut)", script.Application.Calls);
        script.Run(2_000);
        script.ExpectNothing();
        Assert.Equal(["Opened", "Closed(TimedOut)"], script.Application.Calls);
        script.Host.AssertEmpty();
    }

    [Fact]
    public void A_reset_that_acknowledges_the_SYN_refuses()
    {
        using var script = new TcpScript();
        script.Open(out _);
        script.Expect("S 0:0(0)");
        script.Send("R.", 0, 1);
        script.ExpectNothing();
        Assert.Equal(["Opened", "Closed(Refused)"], script.Application.Calls);
    }

    [Fact]
    public void A_reset_that_does_not_acknowledge_the_SYN_is_ignored()
    {
        using var script = new TcpScript();
        script.Open(out _);
        script.Expect("S 0:0(0)");
        Assert.Equal(DropReason.TcpReset, script.Send("R", 0).Reason);
        Assert.Equal(DropReason.TcpInvalidAckSequence, script.Send("R.", 0, 5).Reason);
        script.ExpectNothing();
        Assert.Equal(TcpState.SynSent, script.Socket.State);
    }

    [Fact]
    public void An_acknowledgment_of_something_else_is_reset()
    {
        using var script = new TcpScript();
        script.Open(out _);
        script.Expect("S 0:0(0)");
        script.Send("S.", 0, 9, mss: 1460);
        script.Expect("R 9:9(0)");
        Assert.Equal(TcpState.SynSent, script.Socket.State);
    }

    [Fact]
    public void Both_ends_can_open_at_once()
    {
        using var script = new TcpScript();
        script.Open(out _);
        script.Expect("S 0:0(0)");
        script.Send("S", 0, mss: 1460);
        script.Expect("S. 0:0(0) ack 1");
        Assert.Equal(TcpState.SynReceived, script.Socket.State);
        script.Send("S.", 0, 1, mss: 1460);
        script.Flush();
        Assert.Equal(TcpState.Established, script.Socket.State);
        Assert.Equal(["Opened", "Connected"], script.Application.Calls);
        script.Send("P.", 1, 1, "x");
        Assert.Equal("x", script.Text);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_open_that_is_taken_back_before_the_end_of_the_poll_sends_nothing(bool aborts)
    {
        using var script = new TcpScript();
        script.Open(out var id);
        if (aborts)
        {
            script.Host.Socket(id).Abort();
        }
        else
        {
            script.Host.Socket(id).Close();
        }

        script.ExpectNothing();
        Assert.Equal(["Opened", "Closed(Aborted)"], script.Application.Calls);
        script.Host.AssertEmpty();
    }

    [Fact]
    public void A_shutdown_while_both_ends_open_waits_for_the_end_of_the_handshake()
    {
        using var script = new TcpScript();
        script.Open(out _);
        script.Expect("S 0:0(0)");
        script.Send("S", 0, mss: 1460);
        script.Expect("S. 0:0(0) ack 1");
        script.Socket.Shutdown();
        script.ExpectNothing();

        // the SYN is lost: it goes again
        script.Run(1_001);
        script.Expect("S. 0:0(0) ack 1");
        script.Send(".", 1, 1);
        script.Expect("F. 1:1(0) ack 1");
        Assert.Equal(TcpState.FinWait1, script.Socket.State);
        script.Send(".", 1, 2);
        Assert.Equal(TcpState.FinWait2, script.Socket.State);
    }

    [Fact]
    public void Without_a_route_there_is_no_open()
    {
        using var script = new TcpScript();
        script.Host.Network.HasRoute = false;
        Assert.Equal(TcpConnectResult.NoRoute, script.Host.Tcp.Connect(0, new InetEndpoint(TcpScript.Peer, 1), out var id));
        Assert.True(id.IsNone);
    }

    [Fact]
    public void An_application_without_a_free_connection_cannot_open()
    {
        using var script = new TcpScript(null, new TestApplication { Connections = 1 });
        script.Open(out _);
        Assert.Equal(TcpConnectResult.NoCapacity, script.Host.Tcp.Connect(0, new InetEndpoint(TcpScript.Peer, 1), out _));
    }

    [Fact]
    public void Ports_are_of_the_range_and_differ_for_one_destination_until_none_is_left()
    {
        using var script = new TcpScript(new TcpChoice { LocalPortMinimum = 50_000, LocalPortMaximum = 50_003 }, new TestApplication { Connections = 8 });
        var ports = new HashSet<ushort>();
        for (var i = 0; i < 4; i++)
        {
            script.Open(out var id);
            Assert.InRange(script.Host.Socket(id).Local.Port, 50_000, 50_003);
            Assert.True(ports.Add(script.Host.Socket(id).Local.Port));
        }

        Assert.Equal(TcpConnectResult.NoPort, script.Host.Tcp.Connect(0, new InetEndpoint(TcpScript.Peer, TcpScript.PeerPort), out _));
        Assert.Equal(TcpConnectResult.Opening, script.Host.Tcp.Connect(0, new InetEndpoint(TcpScript.Peer, 1), out _));
    }

    [Fact]
    public void A_port_that_is_taken_is_refused()
    {
        using var script = new TcpScript();
        var remote = new InetEndpoint(TcpScript.Peer, 1);
        Assert.Equal(TcpConnectResult.Opening, script.Host.Tcp.Connect(0, remote, out _, 1234));
        Assert.Equal(TcpConnectResult.NoPort, script.Host.Tcp.Connect(0, remote, out _, 1234));
    }

    [Fact]
    public void Initial_sequence_numbers_grow_with_time_for_one_flow_and_differ_between_flows()
    {
        var first = Iss(1, 0);
        Assert.Equal(1_000_000u >> 6, Iss(1, 1_000_000) - first);
        Assert.True(Math.Abs((int)(Iss(2, 0) - first)) > 1_000_000);
    }

    private static uint Iss(ushort port, long later)
    {
        using var host = new TcpHost(TcpScript.Own, 7);
        host.Begin(1_000_000_000 + later);
        host.Tcp.Connect(0, new InetEndpoint(TcpScript.Peer, port), out _, 1000);
        uint iss = 0;
        host.End(packet => iss = TcpHeader.Sequence(packet.Span[TcpHost.NetworkHeaderLength..]).Value);
        return iss;
    }

    [Theory]
    [InlineData(TransportErrorKind.PortUnreachable, TcpCloseReason.Refused)]
    [InlineData(TransportErrorKind.HostUnreachable, TcpCloseReason.HostUnreachable)]
    [InlineData(TransportErrorKind.NetworkUnreachable, TcpCloseReason.NetworkUnreachable)]
    public void An_ICMP_error_ends_an_open(TransportErrorKind kind, TcpCloseReason reason)
    {
        using var script = new TcpScript();
        script.Open(out _);
        uint iss = 0;
        script.Host.End(packet => iss = TcpHeader.Sequence(packet.Span[TcpHost.NetworkHeaderLength..]).Value);
        Fail(script, kind, iss + 1);
        Assert.Equal(1, script.Counters.OutOfWindowIcmps);
        Fail(script, kind, iss);
        Assert.Equal(["Opened", $"Closed({reason})"], script.Application.Calls);
    }

    private static void Fail(TcpScript script, TransportErrorKind kind, uint sequence) =>
        script.Host.Tcp.TransportFailed(
            new TransportError(kind, IpProtocol.Tcp, new InetEndpoint(TcpScript.Own, script.OwnPort), new InetEndpoint(TcpScript.Peer, TcpScript.PeerPort), sequence, 0),
            script.Host.Now);

    [Fact]
    public void A_stack_can_connect_to_itself()
    {
        var server = new TestApplication { Port = 80 };
        var client = new TestApplication { OnConnected = socket => { socket.Write("to myself"u8); socket.Shutdown(); } };
        server.OnPeerClosed = socket => socket.Close();
        using var host = new TcpHost(TcpScript.Own, 3, null, server, client);
        host.Begin(1);
        Assert.Equal(TcpConnectResult.Opening, host.Tcp.Connect(1, new InetEndpoint(TcpScript.Own, 80), out _));
        for (var i = 0; i < 20; i++)
        {
            host.Begin(host.Now + 50_000_000);
            host.Tcp.Advance(host.Now);
            var packets = new List<byte[]>();
            host.End(packet => packets.Add(packet.ToArray()));
            packets.ForEach(packet => host.Take(packet));
        }

        Assert.Equal("to myself"u8.ToArray(), server.Data);
        Assert.Contains("Closed(Closed)", server.Calls);
        Assert.Contains("Closed(Closed)", client.Calls);
        host.AssertEmpty();
    }
}
