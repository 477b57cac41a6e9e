using Millrace.Memory;
using Millrace.Sockets;
using Millrace.Testing.Packets;
using Millrace.Testing.Traffic;

namespace Millrace.Stack.Tests.Attacks;

/// <summary>A receiver that lies about what it has received.</summary>
public sealed class ReceiverTests
{
    [Fact]
    public void Acknowledgments_of_what_was_never_sent()
    {
        using var world = Writing(out var flow);
        for (var i = 0; i < 500; i++)
        {
            Acknowledge(world, flow, flow.PeerEnd + 1 + (uint)(i * 1460));
            world.Run(0.2);
        }

        Assert.InRange(world.Counters.TCPChallengeACK, 1, 1 + (world.Network.Now / 500_000_000));
        Assert.False(flow.IsOver);
        world.VictimLives();
    }

    [Fact]
    public void Optimistic_acknowledgments()
    {
        // of all that was sent, as it leaves: the window of the peer and the send buffer still bound what is outstanding
        using var world = Writing(out var flow);
        for (var i = 0; i < 1_000; i++)
        {
            var before = flow.PeerEnd;
            Acknowledge(world, flow, flow.PeerEnd);
            Assert.InRange(flow.PeerEnd - before, 0u, 65536u);
            world.Run(0.2);
        }

        world.IsBounded();
    }

    [Fact]
    public void Divided_acknowledgments()
    {
        // Savage et al.: each byte by itself would open a window that counts acknowledgments; this one counts bytes (RFC 3465)
        Assert.InRange(WindowAfter(pieces: 100), 1, WindowAfter(pieces: 1));
    }

    [Fact]
    public void Duplicate_acknowledgments()
    {
        // without anything lost: they open no window, and what goes again is bounded
        using var world = Writing(out var flow);
        var retransmitted = world.Counters.RetransSegs;
        for (var i = 0; i < 1_000; i++)
        {
            Acknowledge(world, flow, world.FirstByte);
        }

        Assert.InRange(world.Counters.RetransSegs - retransmitted, 0, 64);
        world.VictimLives();
    }

    [Theory]
    [InlineData(48)]
    [InlineData(88)]
    [InlineData(536)]
    public void SACK_panic(ushort mss)
    {
        // CVE-2019-11477 to 11479: the smallest segments, and blocks of one in two, again and again
        using var world = new AttackWorld();
        world.Target.Writes = true;
        var flow = world.Open(mss: mss, window: 512);
        var random = new Random(3);
        var una = world.FirstByte;
        for (var i = 0; i < 2_000; i++)
        {
            var segments = Math.Max((int)(flow.PeerEnd - una) / mss, 4);
            var blocks = Enumerable.Range(0, 3).Select(_ => una + (uint)(mss * (1 + (2 * random.Next(segments))))).Select(at => (at, at + mss)).ToArray();
            Acknowledge(world, flow, una, [TcpOption.KindNop, TcpOption.KindNop, .. TcpOption.Sack(blocks)]);
            world.Run(0.05);
        }

        // no segment smaller than tcp_min_snd_mss, and no more frames than the send buffer pays for
        Assert.InRange(world.Server.Arena.CountHeldBy(Holders.RetransmitQueue), 0, 400);
        Assert.True(world.Counters.RetransSegs < 4_000, $"{world.Counters.RetransSegs} went again");
        world.VictimLives();
    }

    [Fact]
    public void SACK_of_everything_and_then_of_nothing()
    {
        // a receiver that reneges (RFC 2018 §8): what it takes back goes again
        using var world = Writing(out var flow);
        world.Run(5);
        var una = world.FirstByte;
        Acknowledge(world, flow, una, [TcpOption.KindNop, TcpOption.KindNop, .. TcpOption.Sack((una + 1460, flow.PeerEnd))]);
        world.Run(3_000);
        Assert.True(world.Counters.RetransSegs > 0);
        Acknowledge(world, flow, flow.PeerEnd);
        world.Run(100);
        Assert.False(flow.IsOver);
        world.VictimLives();
    }

    [Fact]
    public void Slow_readers_with_windows_of_a_byte()
    {
        using var world = new AttackWorld();
        world.Target.Writes = true;
        var readers = Enumerable.Range(0, 60).Select(i => world.Open(number: (uint)i, scale: 0, window: 1)).ToArray();
        for (var round = 0; round < 20; round++)
        {
            foreach (var reader in readers)
            {
                reader.Window = 1;
                Acknowledge(world, reader, reader.RcvNxt);
            }

            world.Run(20);
        }

        // silly windows are not filled (RFC 9293 §3.8.6.2.1), send buffers bound what waits
        Assert.InRange(world.Server.Arena.SocketMemory, 1, (60L * 65536) + (2 * 131072));
        world.VictimLives();
    }

    private static int WindowAfter(int pieces)
    {
        using var world = Writing(out var flow);
        var from = world.FirstByte;
        for (var round = 0; round < 6; round++)
        {
            var to = flow.PeerEnd;
            for (var piece = 1; piece <= pieces; piece++)
            {
                Acknowledge(world, flow, from + (uint)((to - from) * (ulong)piece / (ulong)pieces));
            }

            from = to;
            world.Run(1);
        }

        Assert.True(world.Server.Tcp.TryGet(world.Target.Last, out var socket));
        return (int)(socket.Info.SndCwnd * socket.Info.SndMss);
    }

    private static AttackWorld Writing(out TcpFlow flow)
    {
        var world = new AttackWorld();
        world.Target.Writes = true;
        flow = world.Open(window: 512);
        return world;
    }

    private static void Acknowledge(AttackWorld world, TcpFlow flow, uint acknowledgment, byte[]? options = null) =>
        world.Send(flow.Path.Frame(flow.Segment(flow.SndNxt, [], SegmentFlags.None, world.Network.Now, options) with { Acknowledgement = acknowledgment }));
}
