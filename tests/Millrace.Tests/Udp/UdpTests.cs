using Millrace.Headers;
using Millrace.Memory;
using Millrace.Sockets;
using Millrace.Tests.Ip;
using Millrace.Udp;

namespace Millrace.Tests.UserDatagrams;

public sealed class UdpTests
{
    private static byte[] Frame(byte[] datagram, int pad = 0, string destination = Wire.OwnAddress) =>
        Wire.Ethernet(Wire.Ipv4(datagram, destination: destination), pad: pad);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1472)]
    public void A_datagram_reaches_the_handler_of_its_port_with_both_ends(int length)
    {
        using var stack = new StackHarness();
        Assert.Equal(Verdict.Deliver, stack.Receive(Frame(Wire.Udp(Wire.Bytes(length)))));
        var (data, source, destination) = Assert.Single(stack.Udp.Received);
        Assert.Equal(Wire.Bytes(length), data);
        Assert.Equal((Wire.Endpoint(Wire.PeerAddress, 1000), Wire.Endpoint(Wire.OwnAddress, 53)), (source, destination));
    }

    [Fact]
    public void A_datagram_over_several_frames_is_handed_over_whole()
    {
        using var stack = new StackHarness();
        stack.Receive(Frame(Wire.Udp(Wire.Bytes(1000))), 14 + 20 + 8, 14 + 20 + 8 + 333);
        Assert.Equal(Wire.Bytes(1000), Assert.Single(stack.Udp.Received).Data);
    }

    [Fact]
    public void A_wrong_checksum_is_refused()
    {
        using var stack = new StackHarness();
        var datagram = Wire.Udp([1, 2, 3]);
        datagram[^1] ^= 1;
        Assert.Equal(Verdict.Drop(DropReason.UdpChecksum), stack.Receive(Frame(datagram)));
        Assert.Empty(stack.Udp.Received);
    }

    [Fact]
    public void A_checksum_for_another_address_is_refused()
    {
        using var stack = new StackHarness();
        Assert.Equal(Verdict.Drop(DropReason.UdpChecksum), stack.Receive(Frame(Wire.Udp([1], source: "10.0.0.99"))));
    }

    [Fact]
    public void A_checksum_of_zero_is_none()
    {
        using var stack = new StackHarness();
        Assert.Equal(Verdict.Deliver, stack.Receive(Frame(Wire.Udp([1, 2, 3], checksum: false))));
    }

    [Theory]
    [InlineData(ChecksumState.Unnecessary)]
    [InlineData(ChecksumState.Partial)]
    public void A_checksum_that_was_vouched_for_is_not_summed_again(ChecksumState state)
    {
        using var stack = new StackHarness();
        var datagram = Wire.Udp([1, 2, 3]);
        datagram[6] ^= 0x55;
        var frame = stack.Allocate(Frame(datagram));
        stack.Arena.Metadata(frame).Checksum = state;
        Assert.Equal(Verdict.Deliver, stack.ReceiveFrame(frame));
    }

    [Theory]
    [InlineData(7)]
    [InlineData(0)]
    [InlineData(12)]
    [InlineData(65535)]
    public void A_length_that_is_not_there_is_too_small(int length)
    {
        using var stack = new StackHarness();
        var datagram = Wire.Udp([1, 2, 3], checksum: false);
        datagram[4] = (byte)(length >> 8);
        datagram[5] = (byte)length;
        Assert.Equal(Verdict.Drop(DropReason.PacketTooSmall), stack.Receive(Frame(datagram)));
    }

    [Fact]
    public void A_packet_shorter_than_the_header_is_too_small()
    {
        using var stack = new StackHarness();
        Assert.Equal(Verdict.Drop(DropReason.PacketTooSmall), stack.Receive(Frame([0, 1, 0, 53, 0, 8, 0])));
    }

    [Fact]
    public void Bytes_behind_the_declared_length_are_no_payload()
    {
        using var stack = new StackHarness();
        byte[] datagram = [.. Wire.Udp([1, 2, 3]), 9, 9, 9];
        Assert.Equal(Verdict.Deliver, stack.Receive(Frame(datagram)));
        Assert.Equal([1, 2, 3], Assert.Single(stack.Udp.Received).Data);
    }

    [Fact]
    public void A_port_without_listener_has_no_socket()
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        Assert.Equal(Verdict.Drop(DropReason.NoSocket), stack.Receive(Frame(Wire.Udp([1], destinationPort: 54))));
        Assert.Equal(3, Assert.Single(stack.Flush()).Payload[0]);
    }

    [Fact]
    public void A_reply_goes_back_to_where_the_datagram_came_from()
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        stack.Receive(Frame(Wire.Udp(Wire.Bytes(100), 4444, 7)));
        var reply = Assert.Single(stack.Flush());
        Assert.Equal(Wire.Udp(Wire.Bytes(100), 7, 4444, Wire.OwnAddress, Wire.PeerAddress), reply.Payload);
        Assert.Equal(0x4000, reply.FragmentWord);
    }

    [Fact]
    public void A_reply_to_a_broadcast_comes_from_the_own_address()
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        stack.Receive(Frame(Wire.Udp([1], 4444, 7, destination: "10.0.0.255"), destination: "10.0.0.255"));
        Assert.Equal(Wire.OwnAddress, Assert.Single(stack.Flush()).Source);
    }

    [Theory]
    [InlineData(1472, 1)]
    [InlineData(1473, 2)]
    [InlineData(9000, 7)]
    [InlineData(65507, 45)]
    public void A_long_datagram_is_cut_only_if_it_must(int length, int fragments)
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        Assert.True(stack.Sockets.TrySend(Wire.Endpoint(Wire.OwnAddress, 7), Wire.Endpoint(Wire.PeerAddress, 4444), Wire.Bytes(length)));
        var sent = stack.Flush();
        Assert.Equal(fragments, sent.Count);
        Assert.Equal(Wire.Udp(Wire.Bytes(length), 7, 4444, Wire.OwnAddress, Wire.PeerAddress), sent.SelectMany(s => s.Payload).ToArray());
    }

    [Fact]
    public void More_than_a_datagram_holds_is_refused_with_the_limit()
    {
        using var stack = new StackHarness();
        var error = Assert.Throws<ArgumentOutOfRangeException>(
            () => stack.Sockets.TrySend(default, Wire.Endpoint(Wire.PeerAddress, 1), new byte[65508]));
        Assert.Contains("65507", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_route_or_room_nothing_is_sent_and_no_frame_is_kept()
    {
        using var stack = new StackHarness(new Ipv4Options { Gateway = "" }, reserve: 4);
        Assert.False(stack.Sockets.TrySend(default, Wire.Endpoint("192.0.2.1", 1), [1]));
        Assert.False(stack.Sockets.TrySend(default, Wire.Endpoint(Wire.PeerAddress, 1), new byte[20000]));
        Assert.Equal(stack.Arena.Capacity, stack.Arena.FreeCount);
    }

    [Fact]
    public void A_checksum_that_comes_to_zero_is_sent_as_all_ones()
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        var plain = Wire.Udp([0, 0], 7, 4444, Wire.OwnAddress, Wire.PeerAddress);
        stack.Sockets.TrySend(Wire.Endpoint(Wire.OwnAddress, 7), Wire.Endpoint(Wire.PeerAddress, 4444), [plain[6], plain[7]]);
        Assert.Equal([0xFF, 0xFF], Assert.Single(stack.Flush()).Payload[6..8]);
    }

    [Fact]
    public void Two_handlers_on_one_port_are_refused()
    {
        using var arena = new Arena(1, 1, 1);
        using var stack = new StackHarness();
        var error = Assert.Throws<ArgumentException>(
            () => new UdpStage<UdpSettings, TwoOnOnePort>(default, default, arena, new Outbox(arena, new Ledger()), stack.Network));
        Assert.Contains("port 9", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_port_table_agrees_with_a_dictionary(int seed)
    {
        var random = new Random(seed);
        var table = new PortTable(200);
        var oracle = new Dictionary<ushort, int>();
        for (var i = 0; i < 200; i++)
        {
            var port = (ushort)random.Next(1, 600);
            Assert.Equal(oracle.TryAdd(port, i), table.TryAdd(port, i));
        }

        for (var port = 0; port <= ushort.MaxValue; port++)
        {
            Assert.Equal(oracle.GetValueOrDefault((ushort)port, -1), table.Find((ushort)port));
        }
    }

    private readonly struct TwoOnOnePort : IUdpApplications
    {
        public int Count => 2;

        public int Port(int application) => 9;

        public void Received(int application, UdpDatagram datagram)
        {
        }
    }
}
