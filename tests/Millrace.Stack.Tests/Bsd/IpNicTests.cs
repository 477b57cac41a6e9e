using Millrace.Headers;
using Millrace.Memory;
using Millrace.Nics;
using Millrace.Sockets;
using Millrace.Testing;

namespace Millrace.Stack.Tests.Bsd;

/// <summary>Packets as plain bytes, in and out of a stack.</summary>
public sealed class IpNicTests : IDisposable
{
    private static readonly InetEndpoint Stranger = new(InetAddress.Parse("10.0.0.9"), 9000);

    private readonly IpNic nic = new(mtu: 9000, length: 32);
    private readonly BsdSockets sockets = new(4);
    private readonly BsdStack stack;
    private readonly int socket;

    public IpNicTests()
    {
        stack = new BsdStack(new() { Nic = nic, Entropy = new Entropy(1, 2), Sockets = sockets });
        sockets.Attach(stack.Ipv4, stack.Tcp, BsdStack.Applications.BsdTcp, stack.Udp, BsdStack.Applications.BsdUdp);
        stack.Advance(0);
        socket = sockets.Create(SocketConstant.Inet, SocketConstant.Datagram);
        sockets.Bind(socket, new InetEndpoint(default, 7));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1472)]
    [InlineData(2000)]
    [InlineData(8000)]
    public void A_packet_leaves_and_comes_back_whole_however_many_frames_it_needs(int length)
    {
        var payload = Enumerable.Range(0, length).Select(i => (byte)(i * 7)).ToArray();
        Assert.Equal(length, sockets.Send(socket, payload, MessageFlags.None, Stranger));
        stack.Poll(0, 0, 1000);
        var packet = new byte[nic.NextLength];
        Assert.True(nic.TryTake(packet, out var taken));
        Assert.Equal(20 + 8 + length, taken);
        Assert.Equal(payload, packet.AsSpan(28).ToArray());

        // as the other would answer: addresses and ports changed, which no checksum notices
        var (source, destination) = (packet[12..16], packet[16..20]);
        destination.CopyTo(packet, 12);
        source.CopyTo(packet, 16);
        (packet[20], packet[21], packet[22], packet[23]) = (packet[22], packet[23], packet[20], packet[21]);
        Assert.True(nic.TryPut(packet));
        stack.Poll(0, 0, 2000);
        var received = new byte[length + 1];
        Assert.Equal(length, sockets.Receive(socket, received, MessageFlags.None, out var from));
        Assert.Equal(Stranger, from);
        Assert.Equal(payload, received[..length]);
        Assert.False(nic.HasPacket);
        LedgerAssert.Balanced(stack);
    }

    [Fact]
    public void Nobody_is_asked_for_a_link_address_and_one_neighbour_serves_for_all()
    {
        for (var host = 10; host < 40; host++)
        {
            sockets.Send(socket, [1], MessageFlags.None, new InetEndpoint(InetAddress.Parse($"10.0.0.{host}"), 9));
            stack.Poll(0, 0, host);
            Assert.Equal(29, nic.NextLength);
            Assert.True(nic.TryTake(new byte[64], out _));
        }
    }

    [Fact]
    public void What_is_no_IP_packet_is_refused_and_a_full_ring_says_so()
    {
        Assert.Throws<ArgumentException>(() => nic.TryPut([]));
        Assert.Throws<ArgumentException>(() => nic.TryPut([0x55]));
        var packet = new byte[20];
        packet[0] = 0x45;
        var put = 0;
        while (nic.TryPut(packet))
        {
            put++;
        }

        Assert.Equal(32, put);
        Assert.Equal(32, stack.Poll(0, 0, 1000));
        Assert.True(nic.TryPut(packet));
    }

    [Fact]
    public void A_packet_that_does_not_fit_stays()
    {
        sockets.Send(socket, [1, 2, 3], MessageFlags.None, Stranger);
        stack.Poll(0, 0, 1000);
        Assert.Throws<ArgumentException>(() => nic.TryTake(new byte[30], out _));
        Assert.True(nic.TryTake(new byte[31], out var length));
        Assert.Equal(31, length);
    }

    public void Dispose()
    {
        stack.Dispose();
        nic.Dispose();
    }
}
