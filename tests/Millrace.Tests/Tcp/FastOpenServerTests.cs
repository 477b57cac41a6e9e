using Millrace.Headers;
using Millrace.Sockets;
using Millrace.Tcp;

namespace Millrace.Tests.Tcp;

/// <summary>Listeners with Fast Open (RFC 7413 §4.2.2).</summary>
public sealed class FastOpenServerTests
{
    private const string Request = "S. 0:0(0) ack 1 <mss 1460,FO 8,nop,nop>";

    [Fact]
    public void A_client_that_asks_gets_a_cookie_of_eight_bytes_on_an_ordinary_handshake()
    {
        using var script = Server();
        script.SynOptions = [34, 2];
        script.Send("S", 0, mss: 1460);
        script.Expect(Request);
        Assert.Empty(script.Application.Calls);
        script.Send(".", 1, 1);
        script.ExpectNothing();
        Assert.Equal(["Opened", "Connected"], script.Application.Calls);
        Assert.Equal(1, script.Counters.TCPFastOpenCookieReqd);
        Assert.Equal(0, script.Counters.TCPFastOpenPassive);
    }

    [Fact]
    public void Data_with_a_valid_cookie_reaches_the_application_before_the_handshake_ends()
    {
        using var script = Fetched(Server());
        script.Send("S", 0, 0, "hello", mss: 1460);
        script.Expect("S. 0:0(0) ack 6 <mss 1460>");
        Assert.Equal(["Opened", "Connected", "Received"], script.Application.Calls);
        Assert.Equal("hello", script.Text);
        Assert.Equal(TcpState.SynReceived, script.Socket.State);
        script.Send(".", 6, 1);
        script.ExpectNothing();
        Assert.Equal(TcpState.Established, script.Socket.State);
        Assert.Equal(["Opened", "Connected", "Received"], script.Application.Calls);
        Assert.Equal(1, script.Counters.TCPFastOpenPassive);
        script.Send("P.", 6, 1, " again");
        Assert.Equal("hello again", script.Text);
    }

    [Fact]
    public void The_application_answers_behind_the_SYN_ACK_before_the_last_acknowledgment()
    {
        using var script = Fetched(Server());
        script.Application.OnReceived = static socket => socket.Write("answer"u8);
        script.Send("S", 0, 0, "hello", mss: 1460);
        script.Expect("S. 0:0(0) ack 6", "P. 1:7(6) ack 6");
        script.Send(".", 6, 7);
        script.Run(5_000);
        script.ExpectNothing();
        Assert.Equal(TcpState.Established, script.Socket.State);
    }

    [Fact]
    public void An_answer_that_the_last_acknowledgment_does_not_cover_goes_again()
    {
        using var script = Fetched(Server());
        script.Application.OnReceived = static socket => socket.Write("answer"u8);
        script.Send("S", 0, 0, "hello", mss: 1460);
        script.Forget();
        script.Send(".", 6, 1);
        script.Run(300);
        script.Expect("P. 1:7(6) ack 6");
    }

    [Fact]
    public void An_application_may_close_before_the_handshake_ends()
    {
        using var script = Fetched(Server());
        script.Application.OnReceived = static socket =>
        {
            socket.Consume(socket.Readable);
            socket.Write("bye"u8);
            socket.Close();
        };
        script.Send("S", 0, 0, "hello", mss: 1460);
        script.Expect("S. 0:0(0) ack 6", "FP. 1:4(3) ack 6");
        script.Send(".", 6, 5);
        script.Send("F.", 6, 5);
        script.Expect(". 5:5(0) ack 7");
        Assert.Equal("Closed(Closed)", script.Application.Calls[^1]);
        script.Host.AssertEmpty();
    }

    [Fact]
    public void A_cookie_without_data_opens_early_too()
    {
        using var script = Fetched(Server());
        script.Send("S", 0, mss: 1460);
        script.Expect("S. 0:0(0) ack 1");
        Assert.Equal(["Opened", "Connected"], script.Application.Calls);
        Assert.Equal(3, script.Write("hey"));
        script.Expect("P. 1:4(3) ack 1");
    }

    [Fact]
    public void A_wrong_cookie_is_an_ordinary_handshake_with_the_right_one_and_the_data_is_not_taken()
    {
        using var script = Server();
        script.SynOptions = [34, 10, 1, 2, 3, 4, 5, 6, 7, 8];
        script.Send("S", 0, 0, "hello", mss: 1460);
        script.Expect(Request);
        Assert.Empty(script.Application.Calls);
        Assert.Equal(1, script.Counters.TCPFastOpenPassiveFail);
        script.Send("P.", 1, 1, "hello");
        Assert.Equal(["Opened", "Connected", "Received"], script.Application.Calls);
        Assert.Equal("hello", script.Text);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_server_that_is_not_allowed_ignores_the_option(int flags)
    {
        using var script = Server(flags);
        script.SynOptions = [34, 2];
        script.Send("S", 0, 0, "hello", mss: 1460);
        script.Expect("S. 0:0(0) ack 1 <mss 1460>");
        Assert.Equal(1, script.Counters.TCPFastOpenCookieReqd);
    }

    [Fact]
    public void A_listener_without_a_limit_ignores_the_option_unless_all_listeners_have_one()
    {
        using (var script = new TcpScript(new TcpChoice { FastOpen = 3 }))
        {
            script.SynOptions = [34, 2];
            script.Send("S", 0, mss: 1460);
            script.Expect("S. 0:0(0) ack 1 <mss 1460>");
        }

        using var all = new TcpScript(new TcpChoice { FastOpen = 0x403 });
        all.SynOptions = [34, 2];
        all.Send("S", 0, mss: 1460);
        all.Expect(Request);
    }

    [Fact]
    public void Data_is_accepted_without_a_cookie_if_none_is_required()
    {
        using var script = Server(0x203);
        script.Send("S", 0, 0, "hello", mss: 1460);
        script.Expect("S. 0:0(0) ack 6 <mss 1460>");
        Assert.Equal("hello", script.Text);
    }

    [Fact]
    public void Beyond_the_limit_the_handshake_is_ordinary_and_counted()
    {
        using var script = Fetched(Server(queue: 1));
        script.Send("S", 0, 0, "one", mss: 1460);
        script.Expect("S. 0:0(0) ack 4");
        script.Send("S", 0, 0, "two", mss: 1460, port: 2);
        script.Expect("S. 0:0(0) ack 1 <mss 1460>");
        Assert.Equal(1, script.Counters.TCPFastOpenListenOverflow);
        Assert.Equal("one", script.Text);
    }

    [Fact]
    public void The_end_of_the_handshake_makes_room_under_the_limit()
    {
        using var script = Fetched(Server(queue: 1));
        script.Send("S", 0, 0, "one", mss: 1460);
        script.Flush();
        script.Send(".", 4, 1);
        script.Send("S", 0, 0, "two", mss: 1460, port: 2);
        Assert.Equal("onetwo", script.Text);
    }

    [Fact]
    public void A_reset_instead_of_the_handshakes_end_counts_under_the_limit_for_a_minute()
    {
        using var script = Fetched(Server(queue: 1));
        script.Send("S", 0, 0, "one", mss: 1460);
        script.Flush();
        script.Send("R", 4);
        Assert.Equal("Closed(Reset)", script.Application.Calls[^1]);
        script.Run(59_000);
        script.Forget();
        script.Send("S", 0, 0, "two", mss: 1460, port: 2);
        script.Expect("S. 0:0(0) ack 1");
        Assert.Equal(1, script.Counters.TCPFastOpenListenOverflow);
        script.Run(1_001);
        script.Forget();
        script.Send("S", 0, 0, "three", mss: 1460, port: 3);
        script.Expect("S. 0:0(0) ack 6");
        Assert.Equal("onethree", script.Text);
    }

    [Fact]
    public void Cookies_of_the_key_before_stay_valid_and_are_replaced()
    {
        using var script = Fetched(Server());
        var old = script.LastCookie;
        script.Host.Tcp.ChangeFastOpenKey(new UInt128(1, 2));
        script.Send("S", 0, 0, "hello", mss: 1460);
        script.Expect("S. 0:0(0) ack 6 <mss 1460,FO 8,nop,nop>");
        Assert.Equal("hello", script.Text);
        Assert.NotEqual(old, script.LastCookie);
        Assert.Equal(1, script.Counters.TCPFastOpenPassiveAltKey);
        script.Host.Tcp.ChangeFastOpenKey(new UInt128(3, 4));
        script.Send("S", 0, 0, "late", mss: 1460, port: 2);
        script.Expect(Request);
        Assert.Equal(1, script.Counters.TCPFastOpenPassiveFail);
    }

    [Fact]
    public void Another_address_needs_another_cookie()
    {
        var keys = new FastOpenKeys(new Entropy(1, 2));
        var cookie = keys.Make(TcpScript.Peer, TcpScript.Own);
        Assert.NotEqual(cookie, keys.Make(InetAddress.Parse("10.0.0.3"), TcpScript.Own));
        Assert.NotEqual(cookie, keys.Make(TcpScript.Peer, InetAddress.Parse("10.0.0.3")));
        Assert.False(keys.IsValid(cookie, InetAddress.Parse("10.0.0.3"), TcpScript.Own, out _));
    }

    [Fact]
    public void The_experimental_option_is_answered_in_its_form()
    {
        using var script = Server();
        script.SynOptions = [254, 4, 0xF9, 0x89];
        script.Send("S", 0, mss: 1460);
        script.Expect("S. 0:0(0) ack 1 <mss 1460,FOX 8>");
    }

    [Fact]
    public void A_SYN_that_comes_again_is_answered_again_without_the_cookie()
    {
        using var script = Server();
        script.SynOptions = [34, 2];
        script.Send("S", 0, mss: 1460);
        script.Expect(Request);
        script.Send("S", 0, mss: 1460);
        script.Expect("S. 0:0(0) ack 1 <mss 1460>");
    }

    [Fact]
    public void A_SYN_with_data_that_comes_again_is_not_delivered_again()
    {
        using var script = Fetched(Server());
        script.Send("S", 0, 0, "hello", mss: 1460);
        script.Expect("S. 0:0(0) ack 6");
        script.Send("S", 0, 0, "hello", mss: 1460);
        script.Expect("S. 0:0(0) ack 6");
        Assert.Equal("hello", script.Text);
    }

    [Fact]
    public void A_client_that_vanishes_is_given_up_and_the_application_told()
    {
        using var script = Fetched(Server());
        script.Send("S", 0, 0, "hello", mss: 1460);
        script.Run(130_000);
        script.Forget();
        Assert.Equal("Closed(TimedOut)", script.Application.Calls[^1]);
        script.Host.AssertEmpty();
    }

    [Fact]
    public void A_listener_that_closes_leaves_what_the_application_has()
    {
        using var script = Fetched(Server());
        script.Send("S", 0, 0, "hello", mss: 1460);
        script.Flush();
        script.Host.Tcp.StopListening(80);
        script.Send(".", 6, 1);
        Assert.Equal(TcpState.Established, script.Socket.State);
        Assert.True(script.Host.Tcp.TryListen(0, 80, 0, 1));
    }

    [Fact]
    public void An_application_may_abort_at_once()
    {
        using var script = Fetched(Server());
        script.Application.OnConnected = static socket => socket.Abort();
        script.Send("S", 0, 0, "hello", mss: 1460);
        script.Flush();
        Assert.Equal("Closed(Aborted)", script.Application.Calls[^1]);
        Assert.DoesNotContain("Received", script.Application.Calls);
        script.Host.AssertEmpty();
    }

    private static TcpScript Server(int flags = 3, int queue = 4) =>
        new(new TcpChoice { FastOpen = flags }, new TestApplication { Port = 80, FastOpenQueue = queue });

    /// <summary>The peer has asked for a cookie, ended that connection, and sends the cookie from now on.</summary>
    private static TcpScript Fetched(TcpScript script)
    {
        script.SynOptions = [34, 2];
        script.Send("S", 0, mss: 1460, port: 1);
        script.Flush();
        script.Send("R", 1, port: 1);
        script.Forget();
        Assert.Empty(script.Application.Calls);
        script.SynOptions = new byte[10];
        script.SynOptions[0] = 34;
        script.SynOptions[1] = 10;
        script.LastCookie.Write(script.SynOptions.AsSpan(2));
        return script;
    }
}
