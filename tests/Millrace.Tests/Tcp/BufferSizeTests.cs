using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tests.Tcp;

/// <summary>Buffers whose size an application chooses, and those that choose theirs.</summary>
public sealed class BufferSizeTests
{
    [Theory]
    [InlineData(50_000, 100_000)]
    [InlineData(0, 2112)]
    [InlineData(int.MaxValue, 2 * 4_194_304)]
    public void A_receive_buffer_is_twice_what_was_asked_for_within_bounds(int asked, int granted)
    {
        using var script = TcpScript.Established();
        script.Socket.SetReceiveBuffer(asked);
        Assert.Equal(granted, script.Socket.ReceiveBuffer);
        script.Socket.SetSendBuffer(asked);
        Assert.Equal(Math.Max(granted, 4224), script.Socket.SendBuffer);
        Assert.Throws<ArgumentOutOfRangeException>(() => script.Socket.SetReceiveBuffer(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => script.Socket.SetSendBuffer(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => script.Socket.SetWindowClamp(-1));
    }

    [Fact]
    public void A_receive_buffer_grows_with_what_is_read_in_a_round_trip_but_not_one_that_was_chosen()
    {
        Assert.True(Received(null) > 500_000);
        Assert.Equal(100_000, Received(50_000));
    }

    [Fact]
    public void A_send_buffer_grows_with_the_congestion_window_but_not_one_that_was_chosen()
    {
        Assert.True(Sent(null) > 200_000);
        Assert.Equal(100_000, Sent(50_000));
    }

    [Fact]
    public void A_chosen_buffer_before_the_SYN_is_in_its_window()
    {
        using var script = new TcpScript(null, new TestApplication());
        script.Open(out var id);
        script.Host.Socket(id).SetReceiveBuffer(10_000);
        script.Expect("S 0:0(0) win 8760");
    }

    [Fact]
    public void A_clamp_bounds_windows_and_takes_back_none()
    {
        using var script = TcpScript.Established();
        script.Socket.SetWindowClamp(5_000);
        var next = 1;
        script.Send(".", next, 1, new string('x', 1000));

        // 64,240 were announced
        script.Expect(". 1:1(0) ack 1001 win 63240");
        var window = 63_240;
        for (next += 1000; window > 5_000; next += 1000)
        {
            script.Send(".", next, 1, new string('x', 1000));
            script.Host.End(packet =>
            {
                var announced = TcpHeader.Window(packet.Span[TcpHost.NetworkHeaderLength..]);
                Assert.InRange(announced, window - 2000, window);
                window = announced;
            });
            Assert.True(next < 120_000, "the clamp has no effect");
        }

        for (var i = 0; i < 100; i++, next += 1000)
        {
            script.Send(".", next, 1, new string('x', 1000));
            script.Host.End(packet => Assert.InRange(TcpHeader.Window(packet.Span[TcpHost.NetworkHeaderLength..]), 1000, 5_000));
        }
    }

    private static int Received(int? chosen)
    {
        using var wire = new TcpWire(1, new TcpChoice()) { Delay = 20_000_000 };
        var server = wire.Server.Application;
        BulkTests.Pour(wire, new byte[3_000_000]);
        server.OnConnected = socket =>
        {
            if (chosen is { } bytes)
            {
                socket.SetReceiveBuffer(bytes);
            }
        };
        wire.Connect();
        Assert.True(wire.Run(100_000, () => server.TotalRead == 3_000_000));
        return wire.Server.Socket(server.Last).ReceiveBuffer;
    }

    private static int Sent(int? chosen)
    {
        using var wire = new TcpWire(1, new TcpChoice()) { Delay = 20_000_000 };
        BulkTests.Pour(wire, new byte[3_000_000]);
        var pour = wire.Client.Application.OnConnected!;
        wire.Client.Application.OnConnected = socket =>
        {
            if (chosen is { } bytes)
            {
                socket.SetSendBuffer(bytes);
            }

            pour(socket);
        };
        var id = wire.Connect();
        Assert.True(wire.Run(100_000, () => wire.Server.Application.TotalRead > 2_000_000));
        return wire.Client.Socket(id).SendBuffer;
    }
}
