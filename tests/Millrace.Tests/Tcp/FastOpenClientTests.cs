using Millrace.Headers;
using Millrace.Tcp;

namespace Millrace.Tests.Tcp;

/// <summary>Connections opened with first data (RFC 7413 §4.2.1).</summary>
public sealed class FastOpenClientTests
{
    private static readonly InetEndpoint Server = new(TcpScript.Peer, TcpScript.PeerPort);
    private static readonly byte[] Cookie = [34, 10, 1, 2, 3, 4, 5, 6, 7, 8];

    [Fact]
    public void Without_a_cookie_the_SYN_asks_for_one_and_the_data_follows_the_handshake()
    {
        using var script = new TcpScript(new TcpChoice { Timestamps = false, WindowScaling = false });
        Assert.Equal(5, Open(script, "hello"));
        script.Expect("S 0:0(0) <mss 1460,nop,nop,sackOK,FO 0,nop,nop>");
        script.SynOptions = Cookie;
        script.Send("S.", 0, 1, mss: 1460);
        script.Expect("P. 1:6(5) ack 1");
        Assert.Equal(["Opened", "Connected"], script.Application.Calls);
        Assert.Equal(0, script.Counters.TCPFastOpenActive + script.Counters.TCPFastOpenActiveFail);
    }

    [Fact]
    public void With_a_cookie_the_SYN_carries_the_data()
    {
        using var script = Fetched();
        Assert.Equal(5, Open(script, "hello"));
        script.Expect("S 0:5(5) <mss 1460,nop,nop,sackOK,FO 8,nop,nop>");
        script.SynOptions = [];
        script.Send("S.", 0, 6, mss: 1460);
        script.Expect(". 6:6(0) ack 1");
        Assert.Equal(1, script.Counters.TCPFastOpenActive);
        script.Write("more");
        script.Expect("P. 6:10(4) ack 1");
        script.Send(".", 1, 10);
        script.Run(5_000);
        script.ExpectNothing();
        Assert.Equal(0, script.Host.Arena.Used(Millrace.Memory.Share.Sockets));
    }

    [Fact]
    public void Data_that_the_SYN_ACK_does_not_acknowledge_goes_again_behind_the_handshake()
    {
        using var script = Fetched();
        Open(script, "hello");
        script.Expect("S 0:5(5)");
        script.Send("S.", 0, 1, mss: 1460);
        script.Expect("P. 1:6(5) ack 1");
        Assert.Equal(1, script.Counters.TCPFastOpenActiveFail);
        script.Send(".", 1, 6);
        script.Run(5_000);
        script.ExpectNothing();
    }

    [Fact]
    public void A_SYN_ACK_that_acknowledges_a_part_leaves_the_rest_to_go_again()
    {
        using var script = Fetched();
        Open(script, "hello");
        script.Expect("S 0:5(5)");
        script.Send("S.", 0, 3, mss: 1460);
        script.Expect("P. 3:6(3) ack 1");
        Assert.Equal(1, script.Counters.TCPFastOpenActiveFail);
    }

    [Fact]
    public void A_SYN_that_is_not_answered_goes_again_without_data_and_option()
    {
        using var script = Fetched();
        Open(script, "hello");
        script.Expect("S 0:5(5) <mss 1460,nop,nop,sackOK,FO 8,nop,nop>");
        script.Run(1_001);
        script.Expect("S 0:0(0) <mss 1460,nop,nop,sackOK>");
        script.Send("S.", 0, 1, mss: 1460);
        script.Expect("P. 1:6(5) ack 1");
        Assert.Equal(1, script.Counters.TCPFastOpenActiveFail);
    }

    [Fact]
    public void A_late_acknowledgment_of_the_data_counts_after_the_second_SYN()
    {
        using var script = Fetched();
        Open(script, "hello");
        script.Run(1_001);
        script.Forget();
        script.Send("S.", 0, 6, mss: 1460);
        script.Expect(". 6:6(0) ack 1");
        Assert.Equal(1, script.Counters.TCPFastOpenActive);
    }

    [Fact]
    public void An_acknowledgment_beyond_the_data_is_reset()
    {
        using var script = Fetched();
        Open(script, "hello");
        script.Forget();
        Assert.Equal(DropReason.TcpInvalidAckSequence, script.Send("S.", 0, 7, mss: 1460).Reason);
        script.Expect("R 7:7(0)");
    }

    [Fact]
    public void The_SYN_carries_what_the_servers_segment_size_leaves_beside_forty_bytes_of_options()
    {
        using var script = Fetched(mss: 1000);
        Assert.Equal(960, Open(script, new string('x', 3000)));
        script.Expect("S 0:960(960)");
        script.Send("S.", 0, 961, mss: 1000);
        script.Expect(". 961:961(0) ack 1");
    }

    [Fact]
    public void A_new_cookie_replaces_the_old_one()
    {
        using var script = Fetched();
        Open(script, "hello");
        script.Forget();
        script.SynOptions = [34, 6, 9, 9, 9, 9];
        script.Send("S.", 0, 1, mss: 1460);
        script.Forget();
        Open(script, "hello");
        script.Expect("S 0:5(5) <mss 1460,nop,nop,sackOK,FO 4,nop,nop>");
    }

    [Fact]
    public void A_cookie_that_nobody_asked_for_is_not_kept()
    {
        using var script = new TcpScript(Plain());
        script.Open(out _);
        script.Forget();
        script.SynOptions = Cookie;
        script.Send("S.", 0, 1, mss: 1460);
        script.Forget();
        Open(script, "hello");
        script.Expect("S 0:0(0) <mss 1460,nop,nop,sackOK,FO 0,nop,nop>");
    }

    [Fact]
    public void A_client_that_is_not_allowed_sends_its_data_behind_the_handshake()
    {
        using var script = new TcpScript(Plain(flags: 2));
        Assert.Equal(5, Open(script, "hello"));
        script.Expect("S 0:0(0) <mss 1460,nop,nop,sackOK>");
        script.Send("S.", 0, 1, mss: 1460);
        script.Expect("P. 1:6(5) ack 1");
    }

    [Fact]
    public void A_client_that_needs_no_cookie_sends_data_without_the_option()
    {
        using var script = new TcpScript(Plain(flags: 5));
        Assert.Equal(536 - 40, Open(script, new string('x', 1000)));
        script.Expect("S 0:496(496) <mss 1460,nop,nop,sackOK>");
    }

    [Fact]
    public void A_refusal_frees_the_data()
    {
        using var script = Fetched();
        Open(script, "hello");
        script.Forget();
        script.Send("R.", 0, 6);
        Assert.Equal("Closed(Refused)", script.Application.Calls[^1]);
        Assert.Equal(0, script.Host.Arena.Used(Millrace.Memory.Share.Sockets));
    }

    [Fact]
    public void Both_ends_can_open_at_once_with_data_on_one_SYN()
    {
        using var script = Fetched();
        Open(script, "hello");
        script.Expect("S 0:5(5)");
        script.SynOptions = [];
        script.Send("S", 0, mss: 1460);
        script.Expect("S. 0:0(0) ack 1 <mss 1460>");
        script.Send("S.", 0, 1, mss: 1460);
        script.Expect("P. 1:6(5) ack 1");
        Assert.Equal(TcpState.Established, script.Socket.State);
    }

    private static TcpChoice Plain(int flags = 1) => new() { Timestamps = false, WindowScaling = false, FastOpen = flags };

    private static int Open(TcpScript script, string first)
    {
        var result = script.Host.Tcp.Connect(0, Server, System.Text.Encoding.ASCII.GetBytes(first), out var id, out var written);
        Assert.Equal(TcpConnectResult.Opening, result);
        script.Talk(script.Host.Socket(id).Local.Port);
        return written;
    }

    /// <summary>A cookie and a segment size of the server are known, by a connection that is over.</summary>
    private static TcpScript Fetched(int mss = 1460)
    {
        var script = new TcpScript(Plain());
        Assert.Equal(0, Open(script, ""));
        script.Expect("S 0:0(0) <mss 1460,nop,nop,sackOK,FO 0,nop,nop>");
        script.SynOptions = Cookie;
        script.Send("S.", 0, 1, mss: mss);
        script.Expect(". 1:1(0) ack 1");
        script.Send("R", 1);
        script.SynOptions = [];
        return script;
    }
}
