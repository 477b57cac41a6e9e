using Millrace.Memory;
using Millrace.Sockets;
using Millrace.Testing.Packets;

namespace Millrace.Stack.Tests.Attacks;

/// <summary>Many connections, or much of one: what they may take is what was declared.</summary>
public sealed class FloodTests
{
    [Fact]
    public void A_million_half_open_connections()
    {
        const int Count = 1_000_000;
        using var world = new AttackWorld(length: 4_000_000, bandwidth: 1_000_000_000, delay: 10);
        world.FloodWithSyns(10_000);
        var (sent, drops) = (world.Counters.OutSegs, world.Counters.ListenDrops);
        Assert.Equal(0, world.FloodWithSyns(Count));

        // the backlog keeps 64 and one, each other SYN is answered, or the outbox has no room for the answer, and forgotten: one a packet, and nothing else
        Assert.InRange(world.Counters.SyncookiesSent + world.Counters.RepliesLost, Count, Count + 10_000);
        Assert.True(world.Counters.OutSegs - sent < Count + (Count / 10), "more than an answer a packet");
        Assert.Equal(0, world.Counters.ListenDrops - drops);
        world.IsBounded();

        // somebody who means it comes through
        world.Run(100);
        var flow = world.Open(number: 77);
        world.Send(flow, flow.SndNxt, flow.Payload(flow.SndNxt, 500));
        Assert.Equal((1, 500), (world.Target.Connected, world.Target.Read.Count));
        Assert.Equal(1, world.Counters.SyncookiesRecv);
        world.VictimLives();
    }

    [Fact]
    public void Guessed_cookies()
    {
        using var world = new AttackWorld();
        world.FloodWithSyns(1_000);
        for (uint i = 0; i < 3_000; i++)
        {
            world.Send(world.Path(0xC612_0500 + (i % 200)).Frame(new TcpSegment
            {
                SourcePort = 9, DestinationPort = 81, Sequence = i, Acknowledgement = i * 2654435761, Flags = SegmentFlags.Ack,
            }));
        }

        Assert.Equal((0, 3_000), (world.Counters.SyncookiesRecv, world.Counters.SyncookiesFailed));
        Assert.Equal(0, world.Target.Connected);
        world.VictimLives();
    }

    [Fact]
    public void Close_flood()
    {
        // every connection leaves a TIME-WAIT behind: the table keeps a hundred
        using var world = new AttackWorld();
        world.Target.Closes = true;
        for (uint i = 0; i < 1_000; i++)
        {
            var flow = world.Open(number: i);
            world.Network.RunUntil(() => flow.IsPeerClosed, TimeSpan.FromSeconds(1));
            world.Send(flow, flow.SndNxt, [], SegmentFlags.Fin);
        }

        Assert.Equal(1_000, world.Target.Connected);
        Assert.InRange(world.Counters.TCPTimeWaitOverflow, 900, 901);
        world.VictimLives();
    }

    [Fact]
    public void Out_of_order_flood()
    {
        // CVE-2018-5390: a hole that is never filled, and single bytes behind it, then pieces of all sizes
        using var world = new AttackWorld();
        var flow = world.Open();
        var random = new Random(1);
        for (var i = 0; i < 6_000; i++)
        {
            var place = flow.SndUna + 1 + (uint)random.Next(60_000);
            world.Send(flow, place, flow.Payload(place, i < 3_000 ? 1 : 1 + random.Next(1400)));
            Assert.InRange(world.Server.Arena.CountHeldBy(Holders.OutOfOrderQueue), 0, 131072 / 1024);
        }

        // 256 ranges, and beyond the buffer what lies farthest is given up
        Assert.True(world.Counters.TCPOFODrop + world.Counters.OfoPruned > 0, "no limit was reached");
        Assert.Empty(world.Target.Read);
        world.VictimLives();
    }

    [Fact]
    public void Out_of_order_flood_at_the_far_end()
    {
        // each would lie last: none may push out another, and the queue is not looked through for it
        using var world = new AttackWorld();
        var flow = world.Open();
        var place = flow.SndUna + 1;
        for (var i = 0; i < 3_000; i++)
        {
            world.Send(flow, place, flow.Payload(place, 40));
            place += place - flow.SndUna < 60_000 ? 80u : 0;
        }

        Assert.Equal(0, world.Counters.OfoPruned);
        Assert.InRange(world.Server.Arena.CountHeldBy(Holders.OutOfOrderQueue), 1, 256);
        world.VictimLives();
    }

    [Fact]
    public void Overlapping_and_conflicting_segments()
    {
        // what came first counts, and every byte once, whatever contradicts it later
        using var world = new AttackWorld();
        var flow = world.Open();
        var start = flow.SndUna;
        var random = new Random(2);
        for (var i = 0; i < 4_000; i++)
        {
            var place = flow.SndUna + (uint)(random.Next(8) == 0 ? 0 : random.Next(8_000));
            var piece = flow.Payload(place, 1 + random.Next(1400));
            world.Send(flow, place, piece);
            Array.Fill(piece, (byte)0xEE);
            world.Send(flow, place, piece);
            world.Run(0.1);
        }

        Assert.Equal(flow.Payload(start, world.Target.Read.Count), world.Target.Read.ToArray());
        Assert.True(world.Target.Read.Count > 40_000, $"{world.Target.Read.Count} bytes came");
        world.VictimLives();
    }

    [Fact]
    public void Window_zero_for_ever()
    {
        using var world = new AttackWorld();
        world.Target.Writes = true;
        for (uint i = 0; i < 40; i++)
        {
            world.Open(number: i, window: 0);
        }

        // each keeps its send buffer and no more
        Assert.InRange(world.Server.Arena.SocketMemory, 1, 40L * 65536 + (2 * 131072));
        world.VictimLives();

        // nobody answers any more: they are given up (tcp_retries2), and what they held is free
        Assert.True(world.Server.Arena.CountHeldBy(Holders.RetransmitQueue) > 0);
        world.Run(1_200_000);
        Assert.Equal(40, world.Target.Closed.Count(reason => reason == TcpCloseReason.TimedOut));
        Assert.Equal(0, world.Server.Arena.CountHeldBy(Holders.RetransmitQueue));
    }

    [Fact]
    public void Orphans_with_a_closed_window()
    {
        using var world = new AttackWorld();
        (world.Target.Writes, world.Target.Closes) = (true, true);
        for (uint i = 0; i < 40; i++)
        {
            world.Open(number: i, window: 0);
        }

        // as many orphans as were declared, and those are given up
        Assert.True(world.Counters.TCPAbortOnMemory >= 40 - 16, $"{world.Counters.TCPAbortOnMemory}");
        world.VictimLives();
        world.Run(600_000);
        Assert.Equal(0, world.Server.Arena.CountHeldBy(Holders.RetransmitQueue));
        world.IsBounded();
    }
}
