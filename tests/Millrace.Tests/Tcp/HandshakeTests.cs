using Millrace.Sockets;
using Millrace.Tcp;

namespace Millrace.Tests.Tcp;

public sealed class HandshakeTests
{
    [Fact]
    public void A_SYN_carries_the_options_in_Linuxs_order()
    {
        using var script = new TcpScript();
        script.Open(out _);
        script.Expect("S 0:0(0) win 64240 <mss 1460,sackOK,TS,nop,wscale 10>");
    }

    [Fact]
    public void A_listener_answers_a_SYN_with_those_of_its_options_that_the_peer_has()
    {
        using var script = new TcpScript();
        script.Send("S", 0, mss: 1460);
        script.Expect("S. 0:0(0) ack 1 win 64240 <mss 1460>");
        script.Send(".", 1, 1);
        script.ExpectNothing();
        Assert.Equal(["Opened", "Connected"], script.Application.Calls);
        Assert.Equal(TcpState.Established, script.Socket.State);
    }

    [Fact]
    public void An_active_open_ends_with_an_acknowledgment()
    {
        using var script = new TcpScript();
        script.Open(out var id);
        script.Expect("S 0:0(0)");
        script.Send("S.", 0, 1, mss: 1460, scale: 7);
        script.Expect(". 1:1(0) ack 1");
        Assert.Equal(["Opened", "Connected"], script.Application.Calls);
        Assert.Equal(TcpState.Established, script.Host.Socket(id).State);
    }

    [Fact]
    public void Data_goes_both_ways_and_both_ends_close()
    {
        using var wire = new TcpWire();
        wire.Server.Application.OnReceived = socket => socket.Write("pong"u8);
        wire.Server.Application.OnPeerClosed = socket => socket.Close();
        wire.Client.Application.OnConnected = socket => socket.Write("ping"u8);
        wire.Client.Application.OnReceived = socket => socket.Shutdown();
        wire.Connect();
        wire.Run(1_000);
        Assert.Equal("ping"u8.ToArray(), wire.Server.Application.Data);
        Assert.Equal("pong"u8.ToArray(), wire.Client.Application.Data);
        Assert.Equal(["Opened", "Connected", "Received", "PeerClosed", "Closed(Closed)"], wire.Client.Application.Calls);
        Assert.Equal(["Opened", "Connected", "Received", "PeerClosed", "Closed(Closed)"], wire.Server.Application.Calls);
        wire.Client.AssertEmpty();
        wire.Server.AssertEmpty();
    }
}
