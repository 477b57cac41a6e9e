using Millrace.Testing.Packets;

namespace Millrace.Stack.Tests.Attacks;

/// <summary>Segments of somebody who knows the addresses and ports of a connection and guesses its numbers (RFC 5961), some of them well.</summary>
public sealed class BlindTests
{
    private const int Shots = 400;

    [Fact]
    public void Blind_reset()
    {
        using var world = new AttackWorld();
        Shoot(world, SegmentFlags.Rst, inWindow: true, []);
        Assert.InRange(world.Counters.TCPChallengeACK, 1, Challenges(world));
        Assert.True(world.Counters.TCPACKSkippedChallenge > Shots / 2, "not limited");
        world.VictimLives();
    }

    [Fact]
    public void Blind_SYN()
    {
        using var world = new AttackWorld();
        Shoot(world, SegmentFlags.Syn, inWindow: true, []);
        Shoot(world, SegmentFlags.Syn, inWindow: false, []);
        Assert.InRange(world.Counters.TCPSYNChallenge, Shots / 2, 2 * Shots);
        Assert.InRange(world.Counters.TCPChallengeACK, 1, Challenges(world));
        world.VictimLives();
    }

    [Fact]
    public void Blind_data_with_an_acknowledgment_out_of_reach()
    {
        using var world = new AttackWorld();
        var rogue = new byte[100];
        for (var i = 0; i < Shots; i++)
        {
            // in the window by its sequence number, and acknowledging what was never sent or was long ago (RFC 5961 §5.2)
            var acknowledgment = world.ToVictim.Sequence + (i % 2 == 0 ? 0x2000_0000u : 0xE000_0000u);
            world.Send(world.AsVictim.Frame(Segment(world, 7, SegmentFlags.Ack) with { Acknowledgement = acknowledgment, Payload = rogue }));
            world.Run(0.5);
        }

        Assert.InRange(world.Counters.TCPChallengeACK, 1, Challenges(world));
        world.VictimLives();
    }

    [Fact]
    public void Blind_data_out_of_the_window()
    {
        using var world = new AttackWorld();
        Shoot(world, SegmentFlags.Ack, inWindow: false, new byte[100]);
        world.VictimLives();
    }

    [Fact]
    public void Blind_FIN_without_a_right_acknowledgment()
    {
        using var world = new AttackWorld();
        for (var i = 0; i < Shots; i++)
        {
            world.Send(world.AsVictim.Frame(
                Segment(world, 7, SegmentFlags.Fin | SegmentFlags.Ack) with { Acknowledgement = world.ToVictim.Sequence + 0x2000_0000u }));
            world.Run(0.5);
        }

        world.VictimLives();
    }

    [Fact]
    public void Poisoned_timestamps()
    {
        // PAWS drops what is older than the last; whoever could make the last one new would have the victim's segments dropped (RFC 7323 §5.3)
        using var world = new AttackWorld();
        var ahead = TcpOption.Timestamps(0xFFFF_0000, 1);
        for (var i = 0; i < Shots; i++)
        {
            var segment = Segment(world, (i % 3) switch { 0 => 7, 1 => 0x4000_0000, _ => uint.MaxValue }, SegmentFlags.Ack) with
            {
                Options = [TcpOption.KindNop, TcpOption.KindNop, .. ahead], Payload = new byte[i / 3 % 3],
                Acknowledgement = world.ToVictim.Sequence + 0x2000_0000u,
            };
            world.Send(world.AsVictim.Frame(segment));
            world.Run(0.5);
        }

        world.VictimLives();
        Assert.Equal(0, world.Counters.TCPTimeouts);
    }

    [Theory]
    [InlineData(3, 1)]
    [InlineData(3, 3)]
    [InlineData(3, 2)]
    [InlineData(11, 0)]
    public void Forged_ICMP(byte type, byte code)
    {
        // of a segment that is not in flight (RFC 5927 §4.1): neither is the segment size less nor the connection gone
        using var world = new AttackWorld();
        var before = world.Counters.OutOfWindowIcmps;
        for (var i = 0; i < Shots; i++)
        {
            var quoted = new TcpSegment
            {
                SourcePort = world.ToVictim.SourcePort, DestinationPort = world.ToVictim.DestinationPort,
                Sequence = world.ToVictim.Sequence + 0x1000_0000u + ((uint)i << 20), Flags = SegmentFlags.Ack,
            };
            var offending = world.AsVictim.Reverse.Datagram(quoted).ToBytes()[..28];
            world.Send(world.Path(0xC612_0001).Frame(IcmpMessage.Error(type, code, 1_000, offending)));
            world.Run(0.2);
        }

        Assert.Equal(Shots, world.Counters.OutOfWindowIcmps - before);
        world.VictimLives();
        Assert.Equal(0, world.Counters.RetransSegs);
    }

    private static void Shoot(AttackWorld world, SegmentFlags flags, bool inWindow, byte[] payload)
    {
        for (uint i = 0; i < Shots; i++)
        {
            // never at the edge itself, where a reset counts: segments are longer than seven bytes
            var place = inWindow ? 7 + (i % 16 * 1448) : 0x0100_0000 + (i << 22);
            world.Send(world.AsVictim.Frame(Segment(world, place, flags) with { Payload = payload }));
            world.Run(0.5);
        }
    }

    private static TcpSegment Segment(AttackWorld world, uint place, SegmentFlags flags) => new()
    {
        SourcePort = world.ToVictim.DestinationPort, DestinationPort = world.ToVictim.SourcePort,
        Sequence = world.ToVictim.Acknowledgement + place, Acknowledgement = world.ToVictim.Sequence, Flags = flags,
    };

    /// <summary>Answers that a connection may give, one each half second.</summary>
    private static long Challenges(AttackWorld world) => 1 + (world.Network.Now / 500_000_000);
}
