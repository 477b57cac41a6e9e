using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tests.Ip;

public sealed class ArpTests
{
    private static readonly MacAddress Other = MacAddress.Parse("02:00:00:00:00:77");

    private static bool Send(StackHarness stack, string to = Wire.PeerAddress, int length = 10) =>
        stack.Sockets.TrySend(Wire.Endpoint(Wire.OwnAddress, 9), Wire.Endpoint(to, 9), new byte[length]);

    private static byte[] Reply(MacAddress? mac = null, string from = Wire.PeerAddress) =>
        Wire.Arp(2, mac ?? Wire.Peer, from, Wire.Own, Wire.OwnAddress, Wire.Own);

    [Fact]
    public void A_request_for_the_own_address_is_answered()
    {
        using var stack = new StackHarness();
        Assert.Equal(Verdict.Consumed, stack.Receive(Wire.Arp(1, Wire.Peer, Wire.PeerAddress, default, Wire.OwnAddress)));
        var reply = Assert.Single(stack.Flush());
        Assert.Equal(Wire.Arp(2, Wire.Own, Wire.OwnAddress, Wire.Peer, Wire.PeerAddress, Wire.Peer), reply.Frame);
    }

    [Fact]
    public void Who_asks_is_known_from_then_on_without_being_asked()
    {
        using var stack = new StackHarness();
        stack.Receive(Wire.Arp(1, Wire.Peer, Wire.PeerAddress, default, Wire.OwnAddress));
        stack.Flush();
        Send(stack);
        Assert.Equal("02:00:00:00:00:01", Assert.Single(stack.Flush()).DestinationMac);
    }

    [Fact]
    public void A_request_for_another_address_is_not_answered_and_teaches_nothing()
    {
        using var stack = new StackHarness();
        Assert.Equal(Verdict.Consumed, stack.Receive(Wire.Arp(1, Wire.Peer, Wire.PeerAddress, default, "10.0.0.3")));
        Assert.Empty(stack.Flush());
        Send(stack);
        Assert.True(Assert.Single(stack.Flush()).IsArp);
        stack.Receive(Reply());
        stack.Flush();
    }

    [Fact]
    public void A_probe_without_a_sender_address_is_answered_and_not_learnt()
    {
        using var stack = new StackHarness();
        stack.Receive(Wire.Arp(1, Wire.Peer, "0.0.0.0", default, Wire.OwnAddress));
        var reply = Assert.Single(stack.Flush());
        Assert.Equal(("0.0.0.0", 2), (reply.ArpTarget, reply.ArpOpcode));
    }

    [Theory]
    [InlineData(0, 9)]
    [InlineData(2, 9)]
    [InlineData(4, 8)]
    [InlineData(5, 16)]
    [InlineData(7, 3)]
    [InlineData(8, 1)]
    [InlineData(24, 127)]
    [InlineData(24, 224)]
    [InlineData(14, 127)]
    public void A_malformed_packet_is_invalid(int at, byte value)
    {
        using var stack = new StackHarness();
        var frame = Wire.Arp(1, Wire.Peer, Wire.PeerAddress, default, Wire.OwnAddress);
        frame[14 + at] = value;
        Assert.Equal(Verdict.Drop(DropReason.ArpInvalid), stack.Receive(frame));
        Assert.Empty(stack.Flush());
    }

    [Fact]
    public void A_short_packet_is_too_small()
    {
        using var stack = new StackHarness();
        var frame = Wire.Arp(1, Wire.Peer, Wire.PeerAddress, default, Wire.OwnAddress);
        Assert.Equal(Verdict.Drop(DropReason.PacketTooSmall), stack.Receive(frame[..41]));
    }

    [Fact]
    public void The_start_announces_the_address()
    {
        using var stack = new StackHarness();
        stack.Start();
        var announcement = Assert.Single(stack.Flush());
        Assert.Equal(Wire.Arp(1, Wire.Own, Wire.OwnAddress, default, Wire.OwnAddress), announcement.Frame);
    }

    [Fact]
    public void A_packet_waits_while_its_neighbour_is_asked_for_and_leaves_with_the_answer()
    {
        using var stack = new StackHarness();
        Send(stack);
        var request = Assert.Single(stack.Flush());
        Assert.Equal(Wire.Arp(1, Wire.Own, Wire.OwnAddress, default, Wire.PeerAddress), request.Frame);
        Assert.Equal(1, stack.HeldEgress);
        stack.Receive(Reply());
        var sent = Assert.Single(stack.Flush());
        Assert.Equal((17, "02:00:00:00:00:01"), (sent.Protocol, sent.DestinationMac));
        Assert.Equal(0, stack.HeldEgress);
    }

    [Fact]
    public void Waiting_packets_leave_in_order()
    {
        using var stack = new StackHarness();
        for (var i = 1; i <= 5; i++)
        {
            Send(stack, length: i);
        }

        stack.Flush();
        stack.Receive(Reply());
        Assert.Equal([9, 10, 11, 12, 13], stack.Flush().Select(s => s.Payload.Length));
    }

    [Fact]
    public void Three_requests_a_second_apart_then_the_packets_fail_and_their_transports_are_told()
    {
        using var stack = new StackHarness();
        Send(stack);
        Assert.Single(stack.Flush());
        for (var i = 0; i < 2; i++)
        {
            stack.Advance(0.99);
            Assert.Empty(stack.Flush());
            stack.Advance(0.01);
            Assert.Equal("ff:ff:ff:ff:ff:ff", Assert.Single(stack.Flush()).DestinationMac);
        }

        stack.Advance(1);
        Assert.Empty(stack.Flush());
        Assert.Equal(1, stack.Ledger.EgressDrops(DropReason.NeighbourFailed));
        Assert.True(stack.Errors.TryTake(out var error));
        Assert.Equal(
            new TransportError(TransportErrorKind.HostUnreachable, IpProtocol.Udp, Wire.Endpoint(Wire.OwnAddress, 9), Wire.Endpoint(Wire.PeerAddress, 9), 0, 0),
            error);
        Assert.Equal(long.MaxValue, stack.NextDeadline);
    }

    [Fact]
    public void The_next_packet_to_a_failed_neighbour_asks_again()
    {
        using var stack = new StackHarness();
        Send(stack);
        for (var i = 0; i < 4; i++)
        {
            stack.Flush();
            stack.Advance(1);
        }

        Send(stack);
        Assert.True(Assert.Single(stack.Flush()).IsArp);
        stack.Receive(Reply());
        Assert.Single(stack.Flush());
    }

    [Fact]
    public void The_queue_of_a_neighbour_is_bounded_and_the_oldest_give_way()
    {
        const int Truesize = Arena.FrameTruesize;
        using var stack = new StackHarness(new Ipv4Options { NeighbourQueueBytes = 3 * Truesize });
        for (var i = 1; i <= 5; i++)
        {
            Send(stack, length: i);
        }

        stack.Flush();
        Assert.Equal(2, stack.Ledger.EgressDrops(DropReason.NeighbourQueueFull));
        stack.Receive(Reply());
        Assert.Equal([11, 12, 13], stack.Flush().Select(s => s.Payload.Length));
    }

    [Fact]
    public void Waiting_packets_leave_a_quarter_of_the_reserve_to_others()
    {
        using var stack = new StackHarness(reserve: 40);
        for (var i = 0; i < 100; i++)
        {
            Send(stack);
            stack.Flush();
        }

        Assert.InRange(stack.Arena.Available(Share.Reserve), 9, 11);
        Assert.True(stack.Ledger.EgressDrops(DropReason.NeighbourQueueFull) > 0);
        stack.Receive(Reply());
        stack.Flush();
    }

    [Fact]
    public void A_neighbour_in_use_is_checked_after_its_time_by_three_unicasts_and_then_asked_for_anew()
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        var probes = new List<Sent>();
        for (var tick = 0; tick < 600; tick++)
        {
            stack.Advance(0.1);
            Send(stack);
            probes.AddRange(stack.Flush().Where(s => s.IsArp));
            if (stack.HeldEgress > 0)
            {
                break;
            }
        }

        // reachable 15 to 45 s, delay 5 s, three probes a second apart, and the request to everybody
        Assert.InRange(stack.Time / (double)StackHarness.Second, 1 + 15 + 5 + 3, 1 + 45 + 5 + 3.3);
        Assert.Equal(
            ["02:00:00:00:00:01", "02:00:00:00:00:01", "02:00:00:00:00:01", "ff:ff:ff:ff:ff:ff"], probes.Select(p => p.DestinationMac));
        stack.Receive(Reply());
        stack.Flush();
    }

    [Fact]
    public void An_answer_to_a_probe_confirms_the_neighbour()
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        var answered = 0;
        for (var tick = 0; tick < 3000; tick++)
        {
            stack.Advance(0.1);
            Send(stack);
            foreach (var probe in stack.Flush().Where(s => s.IsArp))
            {
                Assert.Equal("02:00:00:00:00:01", probe.DestinationMac);
                stack.Receive(Reply());
                answered++;
            }
        }

        // 300 s, each round 20 to 50 s
        Assert.InRange(answered, 5, 15);
    }

    [Fact]
    public void An_idle_neighbour_becomes_stale_and_is_used_while_it_is_checked()
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        stack.Advance(46);
        Assert.Empty(stack.Flush());
        Assert.Equal(long.MaxValue, stack.NextDeadline);
        Send(stack);
        Assert.Equal(17, Assert.Single(stack.Flush()).Protocol);
        Assert.Equal(stack.Time + (5 * StackHarness.Second), stack.NextDeadline);
        stack.Advance(5);
        Assert.Equal("02:00:00:00:00:01", Assert.Single(stack.Flush()).DestinationMac);
    }

    [Fact]
    public void A_gratuitous_packet_moves_a_known_neighbour()
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        stack.Receive(Wire.Arp(1, Other, Wire.PeerAddress, default, Wire.PeerAddress));
        Send(stack);
        Assert.Equal(Other.ToString(), Assert.Single(stack.Flush()).DestinationMac);
    }

    [Fact]
    public void A_second_answer_within_a_second_does_not_move_a_neighbour_and_a_later_one_does()
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        stack.Receive(Reply(Other));
        Send(stack);
        Assert.Equal(Wire.Peer.ToString(), Assert.Single(stack.Flush()).DestinationMac);
        stack.Advance(1.5);
        stack.Receive(Reply(Other));
        Send(stack);
        Assert.Equal(Other.ToString(), Assert.Single(stack.Flush()).DestinationMac);
    }

    [Fact]
    public void An_answer_nobody_asked_for_adds_no_neighbour()
    {
        using var stack = new StackHarness();
        stack.Receive(Reply(from: "10.0.0.50"));
        Send(stack, "10.0.0.50");
        Assert.True(Assert.Single(stack.Flush()).IsArp);
        stack.Receive(Reply(from: "10.0.0.50"));
        stack.Flush();
    }

    [Fact]
    public void A_claim_to_the_own_address_is_counted_and_answered_once_in_ten_seconds()
    {
        using var stack = new StackHarness();
        var claim = Wire.Arp(1, Other, Wire.OwnAddress, default, Wire.OwnAddress);
        stack.Receive(claim);
        stack.Receive(claim);
        Assert.Equal(2, stack.Layer.AddressConflicts);
        Assert.Equal(Wire.OwnAddress, Assert.Single(stack.Flush()).ArpTarget);
        stack.Advance(10);
        stack.Receive(claim);
        Assert.Single(stack.Flush());
    }

    [Fact]
    public void A_full_table_gives_up_its_least_used_neighbour_but_none_that_is_new()
    {
        using var stack = new StackHarness(new Ipv4Options { Neighbours = 2 });
        byte[] Asks(string from) => Wire.Arp(1, Wire.Peer, from, default, Wire.OwnAddress);
        stack.Receive(Asks("10.0.0.11"));
        stack.Receive(Asks("10.0.0.12"));
        stack.Flush();
        Send(stack, "10.0.0.13");
        stack.Flush();
        Assert.Equal(1, stack.Ledger.EgressDrops(DropReason.NeighbourTableFull));

        stack.Advance(6);
        Send(stack, "10.0.0.12");
        Assert.Single(stack.Flush());
        Send(stack, "10.0.0.13");
        Assert.True(Assert.Single(stack.Flush()).IsArp);
        Send(stack, "10.0.0.12");
        Assert.Equal(17, Assert.Single(stack.Flush()).Protocol);
        stack.Receive(Reply(from: "10.0.0.13"));
        stack.Flush();
    }

    [Fact]
    public void A_link_that_goes_down_forgets_neighbours_and_what_waits_for_them()
    {
        using var stack = new StackHarness();
        Send(stack);
        stack.Flush();
        stack.Nic.SetLink(false);
        stack.RefreshInterface();
        Assert.Equal(1, stack.Ledger.EgressDrops(DropReason.NeighbourFailed));
        Assert.False(stack.Errors.TryTake(out _), "a lost link was told as a host that cannot be reached");
        stack.Nic.SetLink(true);
        Assert.Equal(Wire.OwnAddress, Assert.Single(stack.RefreshInterface()).ArpTarget);
        Send(stack);
        Assert.True(Assert.Single(stack.Flush()).IsArp);
        stack.Receive(Reply());
        stack.Flush();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Under_random_traffic_the_books_balance_and_no_deadline_stays_in_the_past(int seed)
    {
        var random = new Random(seed);
        using var stack = new StackHarness(new Ipv4Options { Neighbours = 8 }, reserve: 128);
        for (var step = 0; step < 3000; step++)
        {
            var address = $"10.0.0.{random.Next(10, 30)}";
            switch (random.Next(5))
            {
                case 0:
                    stack.Receive(Reply(random.Next(3) == 0 ? Other : Wire.Peer, address));
                    break;
                case 1:
                    stack.Receive(Wire.Arp(1, Wire.Peer, address, default, random.Next(2) == 0 ? Wire.OwnAddress : address));
                    break;
                case 2:
                    stack.Advance(random.NextDouble() * 8);
                    break;
                default:
                    Send(stack, address, random.Next(3000));
                    break;
            }

            if (random.Next(3) == 0)
            {
                stack.Flush();
            }
        }

        stack.Flush();
        stack.Advance(100);
        stack.Advance(100);
        stack.Flush();
    }
}
