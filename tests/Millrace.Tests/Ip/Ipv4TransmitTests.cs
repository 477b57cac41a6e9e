using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tests.Ip;

public sealed class Ipv4TransmitTests
{
    private static Outgoing To(string destination, bool dontFragment = true, IpProtocol protocol = IpProtocol.Tcp, string? source = null) => new()
    {
        Source = source is null ? default : InetAddress.Parse(source),
        Destination = InetAddress.Parse(destination),
        Protocol = protocol,
        DontFragment = dontFragment,
    };

    private static byte[] Tcp(int payload)
    {
        var segment = Wire.Bytes(20 + payload);
        segment[12] = 0x50;
        return segment;
    }

    [Fact]
    public void A_packet_to_a_known_neighbour_gets_both_headers()
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        var sent = Assert.Single(stack.Send(To(Wire.PeerAddress), Tcp(10)));
        Assert.Equal("02:00:00:00:00:01", sent.DestinationMac);
        Assert.Equal(0x0800, sent.EtherType);
        Assert.True(sent.IsIpv4HeaderRight);
        Assert.Equal((Wire.OwnAddress, Wire.PeerAddress, 6, 64), (sent.Source, sent.Destination, sent.Protocol, sent.Ttl));
        Assert.Equal(Tcp(10), sent.Payload);
    }

    [Fact]
    public void The_first_packet_and_the_next_have_the_same_headers()
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        var first = Assert.Single(stack.Send(To(Wire.PeerAddress), Tcp(10)));
        var second = Assert.Single(stack.Send(To(Wire.PeerAddress), Tcp(10)));
        Assert.Equal(first.Frame, second.Frame);
    }

    [Fact]
    public void Ttl_traffic_class_and_source_are_the_senders_if_he_says_so()
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        var outgoing = To(Wire.PeerAddress, source: Wire.OwnAddress);
        outgoing.Ttl = 3;
        outgoing.TrafficClass = 0xB9;
        var sent = Assert.Single(stack.Send(outgoing, Tcp(0)));
        Assert.Equal((3, 0xB9, Wire.OwnAddress), (sent.Ttl, sent.Tos, sent.Source));
        Assert.True(sent.IsIpv4HeaderRight);
    }

    [Fact]
    public void An_atomic_packet_has_df_and_identification_zero()
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        var sent = Assert.Single(stack.Send(To(Wire.PeerAddress), Tcp(10)));
        Assert.Equal((0x4000, 0), (sent.FragmentWord, sent.Id));
    }

    [Fact]
    public void The_identification_of_others_counts_up_by_the_packets_they_become()
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        var template = To(Wire.PeerAddress, dontFragment: false);
        var first = Assert.Single(stack.Send(template, Tcp(10)));
        stack.Commit(template, Tcp(3000), gsoSize: 1000, wirePackets: 3);
        var merged = Assert.Single(stack.Flush());
        var third = Assert.Single(stack.Send(template, Tcp(10)));
        Assert.Equal(0, first.FragmentWord);
        Assert.Equal((ushort)(first.Id + 1), merged.Id);
        Assert.Equal((ushort)(merged.Id + 3), third.Id);
    }

    [Fact]
    public void A_merged_packet_is_measured_by_its_segments()
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        stack.Commit(To(Wire.PeerAddress), Tcp(14600), gsoSize: 1460, wirePackets: 10);
        var sent = Assert.Single(stack.Flush());
        Assert.True(sent.IsIpv4HeaderRight);
        Assert.Equal(20 + 20 + 14600, sent.Network.Length);
        stack.Commit(To(Wire.PeerAddress), Tcp(14610), gsoSize: 1461, wirePackets: 10);
        Assert.Empty(stack.Flush());
        Assert.Equal(Verdict.Drop(DropReason.PacketTooBig), stack.LastTransmit);
        Assert.Equal(10, stack.Ledger.EgressDrops(DropReason.PacketTooBig));
    }

    [Fact]
    public void A_merged_packet_without_fragmentation_says_that_its_identification_is_fixed()
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        var frame = stack.Commit(To(Wire.PeerAddress), Tcp(2920), gsoSize: 1460, wirePackets: 2, also: Holders.RetransmitQueue);
        stack.Flush();
        Assert.NotEqual(FrameFlags.None, stack.Arena.Metadata(frame).Flags & FrameFlags.FixedIpId);
        stack.Arena.ReleaseChain(frame, Holders.RetransmitQueue);
    }

    [Fact]
    public void A_packet_that_does_not_fit_and_may_not_be_cut_is_dropped_and_its_transport_told()
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        Assert.Empty(stack.Send(To(Wire.PeerAddress), Tcp(1461)));
        Assert.Equal(Verdict.Drop(DropReason.PacketTooBig), stack.LastTransmit);
        Assert.True(stack.Errors.TryTake(out var error));
        Assert.Equal((TransportErrorKind.PacketTooBig, IpProtocol.Tcp, 1500), (error.Kind, error.Protocol, error.Mtu));
        Assert.Equal(InetAddress.Parse(Wire.OwnAddress), error.Local.Address);
        Assert.Equal((ushort)((Tcp(0)[0] << 8) | Tcp(0)[1]), error.Local.Port);
    }

    [Fact]
    public void The_largest_packet_that_fits_leaves_whole()
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        Assert.Equal(1500, Assert.Single(stack.Send(To(Wire.PeerAddress), Tcp(1460))).Network.Length);
    }

    [Theory]
    [InlineData(1481, 1500)]
    [InlineData(3000, 1500)]
    [InlineData(8008, 1500)]
    [InlineData(65515, 1500)]
    [InlineData(5000, 576)]
    [InlineData(30000, 9000)]
    [InlineData(100, 68)]
    public void A_datagram_is_cut_into_fragments_that_reassembly_puts_together(int length, int mtu)
    {
        using var sender = new StackHarness(reserve: 4096);
        sender.KnowPeer();
        sender.Nic.SetMtu(mtu);
        sender.RefreshInterface();
        var data = Wire.Bytes(length);
        var fragments = sender.Send(To(Wire.PeerAddress, dontFragment: false, (IpProtocol)99), data);
        Assert.All(fragments, f => Assert.True(f.IsIpv4HeaderRight && f.Network.Length <= mtu && f.Id == fragments[0].Id));
        Assert.True(fragments.Count > 1);
        Assert.Equal(fragments.Count, (length + ((mtu - 20) & ~7) - 1) / ((mtu - 20) & ~7));

        using var receiver = new StackHarness(new Ipv4Options { Address = "10.0.0.1/24", Gateway = "", ReassemblyMaxDistance = 0 }, mac: Wire.Peer, receive: 4096);
        foreach (var fragment in fragments.AsEnumerable().Reverse())
        {
            receiver.Receive(fragment.Frame, [.. Enumerable.Range(1, fragment.Frame.Length / 1800).Select(i => i * 1800)]);
        }

        Assert.Equal(data, Assert.Single(receiver.Unclaimed).Data);
    }

    [Fact]
    public void Fragments_are_created_packets_and_the_original_is_not_sent()
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        var created = stack.Ledger.Created;
        var transmitted = stack.Ledger.Transmitted;
        Assert.Equal(3, stack.Send(To(Wire.PeerAddress, dontFragment: false), Tcp(4000)).Count);
        Assert.Equal(3, stack.Ledger.Created - created);
        Assert.Equal(3, stack.Ledger.Transmitted - transmitted);
    }

    [Fact]
    public void A_datagram_with_a_partial_checksum_is_finished_before_it_is_cut()
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        var datagram = Wire.Udp(Wire.Bytes(3000), source: Wire.OwnAddress, destination: Wire.PeerAddress);
        var pseudo = (ushort)~Wire.Checksum(Wire.Pseudo(Wire.OwnAddress, Wire.PeerAddress, 17, datagram.Length));
        var partial = (byte[])datagram.Clone();
        partial[6] = (byte)(pseudo >> 8);
        partial[7] = (byte)pseudo;
        var frame = stack.Commit(To(Wire.PeerAddress, dontFragment: false, IpProtocol.Udp), partial);
        ref var metadata = ref stack.Arena.Metadata(frame);
        metadata.Checksum = ChecksumState.Partial;
        metadata.ChecksumStart = metadata.DataOffset;
        metadata.ChecksumOffset = 6;
        Assert.Equal(datagram, stack.Flush().SelectMany(f => f.Payload).ToArray());
    }

    [Fact]
    public void Without_a_route_a_packet_is_dropped_and_its_transport_told()
    {
        using var stack = new StackHarness(new Ipv4Options { Gateway = "" });
        Assert.Empty(stack.Send(To("192.0.2.1"), Tcp(0)));
        Assert.Equal(Verdict.Drop(DropReason.IpOutNoRoutes), stack.LastTransmit);
        Assert.True(stack.Errors.TryTake(out var error));
        Assert.Equal(TransportErrorKind.NetworkUnreachable, error.Kind);
    }

    [Fact]
    public void A_distant_destination_is_sent_to_the_gateway()
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        var sent = Assert.Single(stack.Send(To("192.0.2.1"), Tcp(0)));
        Assert.Equal(("02:00:00:00:00:01", "192.0.2.1"), (sent.DestinationMac, sent.Destination));
    }

    [Fact]
    public void The_longest_prefix_wins_and_a_route_that_is_removed_is_not_used()
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        stack.KnowPeer("10.0.0.9");
        stack.Layer.AddRoute(InetAddress.Parse("192.0.2.0"), 24, InetAddress.Parse("10.0.0.7"));
        stack.Layer.AddRoute(InetAddress.Parse("192.0.2.128"), 25, InetAddress.Parse("10.0.0.9"));
        stack.Send(To("192.0.2.1"), Tcp(0));
        Assert.Equal(1, stack.HeldEgress);
        Assert.Single(stack.Send(To("192.0.2.200"), Tcp(0)));
        Assert.True(stack.Layer.RemoveRoute(InetAddress.Parse("192.0.2.0"), 24));
        Assert.False(stack.Layer.RemoveRoute(InetAddress.Parse("192.0.2.0"), 24));
        Assert.Single(stack.Send(To("192.0.2.1"), Tcp(0)));
    }

    [Fact]
    public void A_route_over_a_gateway_off_the_link_is_refused_with_a_remedy()
    {
        using var stack = new StackHarness();
        var error = Assert.Throws<ArgumentException>(() => stack.Layer.SetGateway(InetAddress.Parse("172.16.0.1")));
        Assert.Contains("172.16.0.1", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => stack.Layer.AddRoute(InetAddress.Parse("192.0.2.1"), 24, InetAddress.Parse("10.0.0.1")));
    }

    [Theory]
    [InlineData("10.0.0.255", "ff:ff:ff:ff:ff:ff", 64)]
    [InlineData("255.255.255.255", "ff:ff:ff:ff:ff:ff", 64)]
    [InlineData("239.129.2.3", "01:00:5e:01:02:03", 1)]
    public void A_group_needs_no_neighbour(string destination, string mac, int ttl)
    {
        using var stack = new StackHarness();
        var sent = Assert.Single(stack.Send(To(destination, protocol: IpProtocol.Udp), Wire.Bytes(20)));
        Assert.Equal((mac, ttl, Wire.OwnAddress), (sent.DestinationMac, sent.Ttl, sent.Source));
    }

    [Theory]
    [InlineData(Wire.OwnAddress)]
    [InlineData("127.0.0.1")]
    public void What_goes_to_the_stack_itself_comes_in_again(string own)
    {
        using var stack = new StackHarness();
        var received = stack.Ledger.Received;
        Assert.True(stack.Sockets.TrySend(Wire.Endpoint(own, 1), Wire.Endpoint(own, 53), Wire.Bytes(5000)));
        Assert.Empty(stack.Flush());
        var datagram = Assert.Single(stack.Udp.Received);
        Assert.Equal(Wire.Bytes(5000), datagram.Data);
        Assert.Equal(own, datagram.Source.Address.ToString());
        Assert.Equal(1, stack.Ledger.Received - received);
    }

    [Fact]
    public void Loopback_wants_to_be_looked_at_at_once()
    {
        using var stack = new StackHarness();
        stack.Sockets.TrySend(default, Wire.Endpoint(Wire.OwnAddress, 53), [1]);
        Assert.True(stack.Outbox.TryTake(out var outgoing));
        var packet = new Packet(outgoing.Frame, ref stack.Arena.Metadata(outgoing.Frame));
        stack.TransmitOnce(ref packet, in outgoing);
        Assert.Equal(stack.Time, stack.NextDeadline);
        stack.Resume();
        Assert.NotEqual(stack.Time, stack.NextDeadline);
    }

    [Fact]
    public void Loopback_without_a_free_frame_is_a_counted_drop()
    {
        using var stack = new StackHarness(receive: 1);
        stack.Sockets.TrySend(default, Wire.Endpoint(Wire.OwnAddress, 53), Wire.Bytes(5000));
        stack.Flush();
        Assert.Equal(1, stack.Ledger.EgressDrops(DropReason.NoMemory));
    }

    [Fact]
    public void While_the_link_is_down_nothing_leaves()
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        stack.Nic.SetLink(false);
        stack.RefreshInterface();
        Assert.Empty(stack.Send(To(Wire.PeerAddress), Tcp(0)));
        Assert.Equal(Verdict.Drop(DropReason.DeviceNotReady), stack.LastTransmit);
    }

    [Fact]
    public void A_smaller_mtu_of_the_interface_counts_at_once()
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        Assert.Single(stack.Send(To(Wire.PeerAddress), Tcp(1460)));
        stack.Nic.SetMtu(1400);
        stack.RefreshInterface();
        Assert.Empty(stack.Send(To(Wire.PeerAddress), Tcp(1460)));
        Assert.Equal(1400, stack.Network.PathMtu(InetAddress.Parse(Wire.PeerAddress)));
    }

    [Fact]
    public void Routes_tell_transports_source_mtu_and_whether_it_is_local()
    {
        using var stack = new StackHarness(new Ipv4Options { Gateway = "" });
        Assert.True(stack.Network.TryRoute(InetAddress.Parse("10.0.0.77"), out var route));
        Assert.Equal(new Route(InetAddress.Parse(Wire.OwnAddress), 0, false, 1500), route);
        Assert.True(stack.Network.TryRoute(InetAddress.Parse(Wire.OwnAddress), out route));
        Assert.True(route.IsLocal);
        Assert.False(stack.Network.TryRoute(InetAddress.Parse("192.0.2.1"), out _));
        Assert.False(stack.Network.TryRoute(InetAddress.Parse("fe80::1"), out _));
        Assert.True(stack.Network.IsLocal(InetAddress.Parse(Wire.OwnAddress)));
        Assert.False(stack.Network.IsLocal(InetAddress.Parse(Wire.PeerAddress)));
    }

    [Fact]
    public void A_frame_that_another_holder_keeps_is_not_freed()
    {
        using var stack = new StackHarness();
        var frame = stack.Commit(To(Wire.PeerAddress), Tcp(100), also: Holders.RetransmitQueue);
        stack.Flush();
        Assert.Equal(Holders.RetransmitQueue | Holders.Neighbour, stack.Arena.Metadata(frame).Holders);
        for (var i = 0; i < 4; i++)
        {
            stack.Advance(1.01);
            stack.Flush();
        }

        Assert.Equal(Holders.RetransmitQueue, stack.Arena.Metadata(frame).Holders);
        stack.Arena.ReleaseChain(frame, Holders.RetransmitQueue);
    }
}
