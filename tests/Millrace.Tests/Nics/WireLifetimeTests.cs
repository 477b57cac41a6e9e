using Millrace.Memory;
using Millrace.Nics;

namespace Millrace.Tests.Nics;

/// <summary>What becomes of frames when an end of the wire ends.</summary>
public sealed class WireLifetimeTests
{
    [Theory]
    [InlineData(WireMode.HandOver)]
    [InlineData(WireMode.Copying)]
    public void Draining_both_ends_in_any_state_leaves_every_frame_free(WireMode mode)
    {
        using var wire = new MemoryWire(new MemoryWireOptions
        {
            Mode = mode, DelayNanoseconds = 1000, BandwidthBitsPerSecond = 100_000_000,
            Impairments = new ImpairmentOptions { Loss = 0.1, Duplication = 0.1, Reorder = 0.1, Corruption = 0.1 },
        });
        Station a = new(wire.A), b = new(wire.B);
        for (var i = 0; i < 100; i++)
        {
            a.TrySend(a.Make(Station.Pattern(1400, i), 400), i * 50_000);
            b.TrySend(b.Make(Station.Pattern(100, i)), i * 50_000);
        }

        var kept = b.Receive(3_000_000);
        b.Swallow(3_000_000);
        a.Queue.Drain();
        b.Queue.Drain();
        b.Free(kept);
        Assert.Equal(a.Arena.Capacity, a.Arena.FreeCount);
        Assert.Equal(b.Arena.Capacity, b.Arena.FreeCount);
        a.Arena.Dispose();
        b.Arena.Dispose();
    }

    [Fact]
    public void The_senders_memory_outlives_its_stack_while_the_receiver_shows_it()
    {
        using var wire = new MemoryWire();
        using var b = new Station(wire.B);
        var bytes = Station.Pattern(500, 3);
        using (var a = new Station(wire.A))
        {
            a.Send(bytes, 0);
            var received = b.Receive(0);
            a.Dispose();
            Assert.Equal(bytes, b.Bytes(received));
            b.Free(received);
        }
    }

    [Fact]
    public void A_receiver_that_is_disposed_of_gives_back_what_it_never_freed()
    {
        using var wire = new MemoryWire();
        using var a = new Station(wire.A);
        var b = new Station(wire.B);
        a.TrySend(a.Make(Station.Pattern(1500, 3), frameLength: 500), 0);
        Assert.False(b.Receive(0).IsNone);
        b.Queue.Drain();
        Assert.Equal(0, a.Reclaim(0));
        b.Arena.Dispose();
        Assert.Equal(1, a.Reclaim(0));
        Assert.Equal(0, a.Arena.CountHeldBy(Holders.TransmitRing));
    }
}
