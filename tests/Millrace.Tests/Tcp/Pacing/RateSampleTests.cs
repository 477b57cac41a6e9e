using Millrace.Sockets;
using Millrace.Tcp;

namespace Millrace.Tests.Tcp.Pacing;

/// <summary>The delivery rate that is measured is that of the path, and it is known when it was the application's.</summary>
public sealed class RateSampleTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 0.02)]
    public void The_delivery_rate_is_the_paths(int seed, double loss)
    {
        const long Rate = 20_000_000 / 8;
        using var wire = BbrPathTests.NewWire<Bbr>(seed, Rate / 25, Rate, 20_000_000);
        wire.Loss = loss;
        BbrPathTests.Pour(wire, 1);
        wire.Run(3_000);
        for (var i = 0; i < 20; i++)
        {
            wire.Run(100);
            var info = wire.Client.Socket().Info;
            Assert.InRange((double)info.DeliveryRate, 0.7 * Rate * 1448 / 1500, 1.01 * Rate * 1448 / 1500);
            Assert.False(info.IsDeliveryRateAppLimited);
        }

        // what the peer has is what was delivered, but for what lies out of order there, or is told on the way
        var delivered = wire.Client.Socket().Info.Delivered * 1448.0;
        Assert.InRange(delivered, 0.95 * wire.Server.Application.TotalRead, 1.05 * wire.Server.Application.TotalRead);
        Assert.Equal(0u, wire.Client.Socket().Info.DeliveredCe);
    }

    [Fact]
    public void A_trickle_is_known_to_be_the_applications_doing_and_is_not_taken_for_the_path()
    {
        const long Rate = 20_000_000 / 8;
        using var wire = BbrPathTests.NewWire<Bbr>(3, Rate / 25, Rate, 20_000_000);
        var id = wire.Connect();
        wire.Run(100);
        Trickle(wire, id);
        var info = wire.Client.Socket(id).Info;
        Assert.True(info.IsDeliveryRateAppLimited);
        Assert.InRange(info.DeliveryRate, 10_000UL, 60_000UL);

        // a burst shows more of the path, and a trickle behind it takes nothing away
        wire.Client.Begin(wire.Now);
        wire.Client.Socket(id).Write(new byte[2_000_000]);
        wire.Run(500);
        var taken = wire.Client.Tcp.CongestionControlOf(id.Index).BytesPerSecondOfPath;
        Assert.True(taken > 300_000, $"the path is taken for {taken} bytes a second");
        Trickle(wire, id);
        Assert.Equal(taken, wire.Client.Tcp.CongestionControlOf(id.Index).BytesPerSecondOfPath);
    }

    private static void Trickle(TcpWire<Bbr> wire, TcpSocketId id)
    {
        for (var i = 0; i < 100; i++)
        {
            wire.Client.Begin(wire.Now);
            wire.Client.Socket(id).Write(new byte[1_000]);
            wire.Run(50);
        }
    }

    [Fact]
    public void Algorithms_that_need_no_samples_are_given_none()
    {
        var sample = default(CongestionSample);
        Assert.True(sample.RateSamples.IsEmpty);
        Assert.False(Needs<Cubic>());
        Assert.True(Needs<Bbr>());

        static bool Needs<TControl>()
            where TControl : ICongestionControl => TControl.NeedsRateSamples;
    }
}
