namespace Millrace.Tests.Ip;

/// <summary>What passes which of netfilter's points, in which order, on the loop's way and on the others.</summary>
public sealed class HookTests
{
    private const string FromPeer = "10.0.0.1>10.0.0.2";
    private const string ToPeer = "10.0.0.2>10.0.0.1";

    [Fact]
    public void A_datagram_for_this_host_passes_PRE_ROUTING_and_LOCAL_IN_and_its_answer_the_other_two()
    {
        var log = new HookLog();
        using var stack = new StackHarness(hooks: log);
        stack.KnowPeer();
        log.Seen.Clear();
        Assert.Equal(Verdict.Deliver, stack.Receive(Datagram(destinationPort: 7)));
        Assert.Single(stack.Flush());
        Assert.Equal([$"PRE_ROUTING 0->-1 {FromPeer} Udp 33", $"LOCAL_IN 0->-1 {FromPeer} Udp 33", $"LOCAL_OUT -1->0 {ToPeer} Udp 33", $"POST_ROUTING -1->0 {ToPeer} Udp 33"], log.Seen);
    }

    [Fact]
    public void An_echo_request_passes_LOCAL_IN_before_it_is_answered_and_its_padding_is_gone()
    {
        var log = new HookLog();
        using var stack = new StackHarness(hooks: log);
        stack.KnowPeer();
        log.Seen.Clear();
        stack.Receive(Wire.Ethernet(Wire.Ipv4(Wire.Icmp(8, 0, 1, new byte[4]), protocol: 1), pad: 14));
        Assert.Single(stack.Flush());
        Assert.Equal([$"PRE_ROUTING 0->-1 {FromPeer} Icmp 32", $"LOCAL_IN 0->-1 {FromPeer} Icmp 32", $"LOCAL_OUT -1->0 {ToPeer} Icmp 32", $"POST_ROUTING -1->0 {ToPeer} Icmp 32"], log.Seen);
        log.Ends = ("LOCAL_IN", Verdict.Drop(DropReason.StagePolicy));
        Assert.Equal(Verdict.Drop(DropReason.StagePolicy), stack.Receive(Wire.Ethernet(Wire.Ipv4(Wire.Icmp(8, 0, 1, new byte[4]), protocol: 1))));
        Assert.Empty(stack.Flush());
    }

    [Fact]
    public void Fragments_pass_PRE_ROUTING_one_by_one_and_LOCAL_IN_as_one_datagram()
    {
        var log = new HookLog();
        using var stack = new StackHarness(hooks: log);
        var datagram = Wire.Udp(new byte[1000]);
        stack.Receive(Wire.Ethernet(Wire.Ipv4(datagram[..600], fragment: 0x2000)));
        stack.Receive(Wire.Ethernet(Wire.Ipv4(datagram[600..], fragment: 75)));
        Assert.Equal([$"PRE_ROUTING 0->-1 {FromPeer} fragment 620", $"PRE_ROUTING 0->-1 {FromPeer} fragment 428", $"LOCAL_IN 0->-1 {FromPeer} Udp 1028"], log.Seen);
        Assert.Single(stack.Udp.Received);
        log.Ends = ("LOCAL_IN", Verdict.Drop(DropReason.NetfilterDrop));
        stack.Receive(Wire.Ethernet(Wire.Ipv4(datagram[..600], fragment: 0x2000, id: 8)));
        stack.Receive(Wire.Ethernet(Wire.Ipv4(datagram[600..], fragment: 75, id: 8)));
        Assert.Equal(2, stack.Ledger.IngressDrops(DropReason.NetfilterDrop));
    }

    [Fact]
    public void A_datagram_that_goes_out_in_fragments_passes_POST_ROUTING_whole()
    {
        var log = new HookLog();
        using var stack = new StackHarness(hooks: log);
        stack.KnowPeer();
        log.Seen.Clear();
        Assert.True(stack.Sockets.TrySend(Wire.Endpoint(Wire.OwnAddress, 9), Wire.Endpoint(Wire.PeerAddress, 9), new byte[4000]));
        Assert.Equal(3, stack.Flush().Count);
        Assert.Equal([$"LOCAL_OUT -1->0 {ToPeer} Udp 4028", $"POST_ROUTING -1->0 {ToPeer} Udp 4028"], log.Seen);
    }

    [Fact]
    public void What_a_hook_writes_into_a_datagrams_header_is_in_all_of_its_fragments()
    {
        using var stack = new StackHarness(hooks: new Marking());
        stack.KnowPeer();
        Assert.True(stack.Sockets.TrySend(Wire.Endpoint(Wire.OwnAddress, 9), Wire.Endpoint(Wire.PeerAddress, 9), new byte[4000]));
        Assert.All(stack.Flush(), sent => Assert.True(sent.IsIpv4HeaderRight && sent.Tos == 0xB8));
    }

    [Fact]
    public void A_packet_to_this_stack_itself_passes_the_way_out_and_the_way_in()
    {
        var log = new HookLog();
        using var stack = new StackHarness(hooks: log);
        stack.Send(new Outgoing { Destination = Headers.InetAddress.Parse(Wire.OwnAddress), Protocol = Headers.IpProtocol.Udp }, Wire.Udp([1], source: Wire.OwnAddress));
        string[] points = ["LOCAL_OUT -1->0", "POST_ROUTING -1->0", "PRE_ROUTING 0->-1", "LOCAL_IN 0->-1"];
        Assert.Equal(points.Select(point => point + " 10.0.0.2>10.0.0.2 Udp 29"), log.Seen);
    }

    [Theory]
    [InlineData("version")]
    [InlineData("length")]
    [InlineData("checksum")]
    public void A_wrong_header_is_seen_by_no_hook(string fault)
    {
        var log = new HookLog();
        using var stack = new StackHarness(hooks: log);
        var packet = Wire.Ipv4(Wire.Udp([1]));
        packet[fault switch { "version" => 0, "length" => 2, _ => 10 }] ^= 0x70;
        stack.Receive(Wire.Ethernet(packet));
        Assert.Equal(1, stack.Ledger.IngressDropped);
        Assert.Empty(log.Seen);
    }

    [Fact]
    public void A_packet_for_nobody_here_and_one_from_a_martian_pass_PRE_ROUTING_alone()
    {
        var log = new HookLog();
        using var stack = new StackHarness(hooks: log);
        stack.Receive(Wire.Ethernet(Wire.Ipv4(Wire.Udp([1]), destination: "10.0.0.77")));
        stack.Receive(Wire.Ethernet(Wire.Ipv4(Wire.Udp([1]), source: "127.0.0.1")));
        Assert.Equal(["PRE_ROUTING 0->-1 10.0.0.1>10.0.0.77 Udp 29", "PRE_ROUTING 0->-1 127.0.0.1>10.0.0.2 Udp 29"], log.Seen);
        Assert.Equal(1, stack.Ledger.IngressDrops(DropReason.IpInvalidDestination));
        Assert.Equal(1, stack.Ledger.IngressDrops(DropReason.IpInvalidSource));
    }

    [Theory]
    [InlineData("PRE_ROUTING")]
    [InlineData("LOCAL_IN")]
    public void A_drop_on_the_way_in_is_counted_once_and_nothing_behind_it_sees_the_packet(string point)
    {
        var log = new HookLog { Ends = (point, Verdict.Drop(DropReason.NotSpecified)) };
        using var stack = new StackHarness(hooks: log);
        Assert.Equal(Verdict.Drop(DropReason.NetfilterDrop), stack.Receive(Datagram()));
        Assert.Equal(1, stack.Ledger.IngressDrops(DropReason.NetfilterDrop));
        Assert.StartsWith(point, log.Seen[^1], StringComparison.Ordinal);
        Assert.Empty(stack.Udp.Received);
        log.Ends = (point, Verdict.Consumed);
        Assert.Equal(Verdict.Consumed, stack.Receive(Datagram()));
        Assert.Equal(1, stack.Ledger.Consumed);
    }

    [Theory]
    [InlineData("LOCAL_OUT", 100)]
    [InlineData("POST_ROUTING", 100)]
    [InlineData("LOCAL_OUT", 4000)]
    [InlineData("POST_ROUTING", 4000)]
    public void A_drop_on_the_way_out_is_counted_once_as_egress(string point, int length)
    {
        var log = new HookLog();
        using var stack = new StackHarness(hooks: log);
        stack.KnowPeer();
        log.Ends = (point, Verdict.Drop(DropReason.NetfilterDrop));
        Assert.True(stack.Sockets.TrySend(Wire.Endpoint(Wire.OwnAddress, 9), Wire.Endpoint(Wire.PeerAddress, 9), new byte[length]));
        Assert.Empty(stack.Flush());
        Assert.Equal(1, stack.Ledger.EgressDrops(DropReason.NetfilterDrop));
        Assert.StartsWith(point, log.Seen[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_hook_that_wants_to_hold_a_packet_is_told_that_it_cannot()
    {
        var stack = new StackHarness(hooks: new HookLog { Ends = ("PRE_ROUTING", Verdict.Held) });
        Assert.Contains("return Continue, Drop or Consumed", Assert.Throws<InvalidOperationException>(() => stack.Receive(Datagram())).Message, StringComparison.Ordinal);
        stack.Arena.Dispose();
    }

    private static byte[] Datagram(ushort destinationPort = 53) => Wire.Ethernet(Wire.Ipv4(Wire.Udp([1, 2, 3, 4, 5], destinationPort: destinationPort)));

    /// <summary>Marks everything that leaves as expedited (RFC 3246).</summary>
    private sealed class Marking : INetfilterHooks
    {
        public bool HasPreRouting => false;

        public bool HasLocalIn => false;

        public bool HasForward => false;

        public bool HasLocalOut => false;

        public bool HasPostRouting => true;

        public Verdict PreRouting(HookPacket packet) => Verdict.Continue;

        public Verdict LocalIn(HookPacket packet) => Verdict.Continue;

        public Verdict Forward(HookPacket packet) => Verdict.Continue;

        public Verdict LocalOut(HookPacket packet) => Verdict.Continue;

        public Verdict PostRouting(HookPacket packet)
        {
            var header = packet.Network[..20];
            header[1] = 0xB8;
            header[10] = header[11] = 0;
            var checksum = Headers.InternetChecksum.Compute(header);
            (header[10], header[11]) = ((byte)(checksum >> 8), (byte)checksum);
            return Verdict.Continue;
        }
    }
}
