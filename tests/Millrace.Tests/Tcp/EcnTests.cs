namespace Millrace.Tests.Tcp;

public sealed class EcnTests
{
    private const byte Ect0 = 2;
    private const byte CongestionExperienced = 3;

    [Theory]
    [InlineData(2, "SEW", 0, "SE. 0:0(0) ack 1 [0]")]
    [InlineData(1, "SEW", 0, "SE. 0:0(0) ack 1 [0]")]
    [InlineData(0, "SEW", 0, "S. 0:0(0) ack 1 [0]")]
    [InlineData(2, "S", 0, "S. 0:0(0) ack 1 [0]")]
    [InlineData(2, "SE", 0, "S. 0:0(0) ack 1 [0]")]
    [InlineData(2, "SEW", Ect0, "S. 0:0(0) ack 1 [0]")]
    public void A_listener_accepts_who_asks(int setting, string flags, byte trafficClass, string answer)
    {
        using var script = new TcpScript(new TcpChoice { Ecn = setting });
        script.Send(flags, 0, mss: 1460, trafficClass: trafficClass);
        script.Expect(answer);
    }

    [Fact]
    public void A_client_asks_where_that_is_set_and_not_twice()
    {
        using var script = new TcpScript(new TcpChoice { Ecn = 1 }).Open(out _);
        script.Expect("SEW 0:0(0)");
        script.Run(1_100);
        script.Expect("S 0:0(0)");
        using var other = new TcpScript().Open(out _);
        other.Expect("S 0:0(0)");
    }

    [Theory]
    [InlineData("SE.", 2)]
    [InlineData("S.", 0)]
    [InlineData("SEW.", 0)]
    public void Data_is_marked_if_the_server_accepted(string answer, byte trafficClass)
    {
        using var script = new TcpScript(new TcpChoice { Ecn = 1 }).Open(out var id);
        script.Forget();
        script.Send(answer, 0, 1, mss: 1460);
        script.Forget();
        script.Host.Socket(id).Write("data"u8);
        script.Expect($"P. 1:5(4) ack 1 [{trafficClass}]");
    }

    [Fact]
    public void What_goes_again_and_acknowledgments_are_not_marked()
    {
        using var script = Accepted();
        script.Write("data");
        script.Expect("P. 1:5(4) ack 1 [2]");
        script.Run(201);
        script.Expect("P. 1:5(4) ack 1 [0]");
        script.Send("P.", 1, 5, "hello", trafficClass: Ect0);
        script.Expect(". 5:5(0) ack 6 [0]");
    }

    [Fact]
    public void A_mark_is_echoed_until_the_peer_has_reduced_its_window()
    {
        using var script = Accepted();
        script.Send("P.", 1, 1, "one", trafficClass: CongestionExperienced);
        script.Expect("E. 1:1(0) ack 4");
        script.Send("P.", 4, 1, "two", trafficClass: Ect0);
        script.Expect("E. 1:1(0) ack 7");
        script.Write("x");
        script.Expect("PE. 1:2(1) ack 7");
        script.Send("PW.", 7, 2, "three", trafficClass: Ect0);
        script.Expect(". 2:2(0) ack 12");
    }

    [Fact]
    public void An_echo_reduces_the_window_once_and_the_next_new_data_says_so()
    {
        using var script = Accepted();
        script.Write(10 * 1460);
        Assert.Equal(10, script.Count());
        script.Send("E.", 1, 1461);
        script.Send("E.", 1, 2921);
        script.Send("E.", 1, 4381);
        script.Forget();
        for (var i = 4; i <= 10; i++)
        {
            script.Send(i < 8 ? "E." : ".", 1, 1 + (i * 1460));
        }

        Assert.Equal(0, script.Counters.RetransSegs);
        script.Write(12 * 1460);
        script.Expect([.. Enumerable.Range(10, 7).Select(i => $"{(i == 10 ? "W" : "")}. {1 + (i * 1460)}:{1 + ((i + 1) * 1460)}(1460) ack 1 [2]")]);
    }

    [Fact]
    public void Of_a_large_packet_the_first_segment_alone_says_that_the_window_was_reduced()
    {
        using var script = Accepted(new TcpChoice { MaxGsoSegments = 16 });
        script.Write(10 * 1460);
        Assert.Equal(10, script.Count());
        script.Send("E.", 1, 1 + (10 * 1460));
        script.Write(4 * 1460);
        script.Expect(
            "W. 14601:16061(1460) ack 1 [2]", ". 16061:17521(1460) ack 1 [2]", ". 17521:18981(1460) ack 1 [2]", "P. 18981:20441(1460) ack 1 [2]");
    }

    [Fact]
    public void A_peer_that_did_not_negotiate_is_not_heard()
    {
        using var script = TcpScript.Established();
        script.Write(10 * 1460);
        Assert.Equal(10, script.Count());
        script.Send("E.", 1, 1 + (10 * 1460));
        script.Write(30 * 1460);
        Assert.Equal(20, script.Count());
        script.Send(".", 1, 1 + (30 * 1460));
        script.Forget();
        script.Send("P.", 1, 1 + (40 * 1460), "one", trafficClass: CongestionExperienced);
        script.Run(300);
        script.Expect(". 58401:58401(0) ack 4");
    }

    private static TcpScript Accepted(TcpChoice? choice = null)
    {
        var script = new TcpScript(choice);
        script.Send("SEW", 0, mss: 1460);
        script.Expect("SE. 0:0(0) ack 1");
        script.Send(".", 1, 1);
        script.ExpectNothing();
        return script;
    }
}
