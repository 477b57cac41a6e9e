using System.Net;
using System.Net.Sockets;
using Millrace.Headers;
using Millrace.Memory;
using Millrace.Nics;
using Millrace.Testing;

namespace Millrace.Tests.Nics;

public sealed class TapTests
{
    private static readonly InetAddress Ours = InetAddress.Parse("10.9.0.2");
    private static readonly InetAddress Kernels = InetAddress.Parse("10.9.0.1");

    [Fact]
    public void The_kernels_unfinished_checksum_arrives_as_partial()
    {
        using var world = new World();
        using var tap = world.Open("10.9.0.1/24", neighbour: "10.9.0.2");
        var payload = Station.Pattern(1000, 7);
        world.SendUdp("10.9.0.2", payload);
        var packet = tap.Await();
        ref var metadata = ref tap.Station.Arena.Metadata(packet);
        var bytes = tap.Station.Bytes(packet);
        Assert.Equal(payload, bytes[(WireBytes.TransportOffset + 8)..]);
        Assert.Equal(ChecksumState.Partial, metadata.Checksum);
        Assert.Equal(WireBytes.TransportOffset, metadata.ChecksumStart - metadata.DataOffset);
        Assert.Equal(6, metadata.ChecksumOffset);
        Assert.Equal(bytes.Length, metadata.TotalLength);
        Assert.Equal((1, 0), (metadata.WirePackets, metadata.GsoSize));
        Assert.Equal(Holders.Loop, metadata.Holders);
        Assert.Equal(tap.Nic.Address, EthernetHeader.Destination(bytes));
        Assert.False(WireBytes.HasValidChecksum(bytes));
        PacketChecksum.TryComplete(tap.Station.Arena, packet);
        Assert.True(WireBytes.HasValidChecksum(tap.Station.Bytes(packet)));
    }

    [Fact]
    public void Without_offloads_the_kernel_finishes_its_checksums()
    {
        using var world = new World();
        using var tap = world.Open("10.9.0.1/24", neighbour: "10.9.0.2", features: NicFeatures.None);
        world.SendUdp("10.9.0.2", Station.Pattern(1000, 7));
        var packet = tap.Await();
        Assert.Equal(ChecksumState.None, tap.Station.Arena.Metadata(packet).Checksum);
        Assert.True(WireBytes.HasValidChecksum(tap.Station.Bytes(packet)));
    }

    [Fact]
    public void The_kernel_finishes_our_checksum_and_takes_a_packet_of_several_frames()
    {
        using var world = new World();
        using var tap = world.Open("10.9.0.1/24", neighbour: "10.9.0.2");
        using var socket = world.Udp(IPAddress.Parse("10.9.0.1"), 7000);
        var payload = Station.Pattern(1200, 3);
        tap.SendPartial(IpProtocol.Udp, WireBytes.Partial(IpProtocol.Udp, Ours, Kernels, WireBytes.Udp(9, 7000, payload),
            tap.Nic.Address, tap.KernelAddress), frameLength: 500);
        var buffer = new byte[2000];
        Assert.Equal(payload, buffer[..socket.Receive(buffer)]);
        Assert.Equal(1, tap.Station.Reclaim(0));
        Assert.Equal(default, tap.Nic.Counters);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_unsegmented_packet_is_forwarded_whole_or_cut_by_the_kernel(bool wholeAtTheFarEnd)
    {
        using var world = new World();
        world.Namespace.SetParameter("ipv4/ip_forward", "1");
        using var near = world.Open("10.9.0.1/24", neighbour: "10.9.0.2");
        using var far = world.Open("10.8.0.1/24", neighbour: "10.8.0.2", features: wholeAtTheFarEnd ? near.Nic.Features : NicFeatures.None);
        var payload = Station.Pattern(60_000, 5);
        var destination = InetAddress.Parse("10.8.0.2");
        var bytes = WireBytes.Partial(IpProtocol.Tcp, Ours, destination, WireBytes.Tcp(1, 2, 1000, payload), near.Nic.Address, near.KernelAddress);
        near.SendPartial(IpProtocol.Tcp, bytes, frameLength: 1800, gsoSize: 1448);

        var received = new List<byte>();
        if (wholeAtTheFarEnd)
        {
            var packet = far.Await();
            ref var metadata = ref far.Station.Arena.Metadata(packet);
            Assert.Equal((1448, 42), (metadata.GsoSize, metadata.WirePackets));
            Assert.Equal(ChecksumState.Partial, metadata.Checksum);
            Assert.Equal(bytes.Length, metadata.TotalLength);
            received.AddRange(far.Station.Bytes(packet)[(WireBytes.TransportOffset + 20)..]);
            Assert.True(PacketBytes.CountFrames(far.Station.Arena, packet) > 30);
            far.Station.Free(packet);
        }
        else
        {
            for (var i = 0; i < 42; i++)
            {
                var packet = far.Await();
                var segment = far.Station.Bytes(packet);
                Assert.True(WireBytes.HasValidChecksum(segment));
                Assert.Equal(0, far.Station.Arena.Metadata(packet).GsoSize);
                received.AddRange(segment[(WireBytes.TransportOffset + 20)..]);
                far.Station.Free(packet);
                far.Station.Refill();
            }
        }

        Assert.Equal(payload, received);
        far.Station.Queue.Drain();
        Assert.Equal(far.Station.Arena.Capacity, far.Station.Arena.FreeCount);
    }

    [Fact]
    public void Link_and_MTU_are_seen_when_it_is_time_to_look()
    {
        using var world = new World();
        using var tap = world.Open("10.9.0.1/24");
        Assert.True(tap.Nic.IsLinkUp);
        Assert.Equal(1500, tap.Nic.Mtu);
        var revision = tap.Nic.Revision;
        tap.Station.Receive(0);
        world.Namespace.Execute("ip", "link", "set", tap.Nic.Name, "mtu", "1400");
        tap.Station.Swallow(99_999_999);
        Assert.Equal(revision, tap.Nic.Revision);
        tap.Station.Swallow(100_000_000);
        Assert.Equal(revision + 1, tap.Nic.Revision);
        Assert.Equal(1400, tap.Nic.Mtu);

        world.Namespace.Execute("ip", "link", "set", tap.Nic.Name, "down");
        tap.Station.Send(Station.Pattern(100, 1), 0);
        Assert.Equal(1, tap.Station.Reclaim(0));
        Assert.Equal(1, tap.Nic.Counters.Down);
        tap.Station.Swallow(300_000_000);
        Assert.False(tap.Nic.IsLinkUp);
    }

    [Fact]
    public void A_wait_ends_with_a_packet_or_a_wake_up()
    {
        using var world = new World();
        using var tap = world.Open("10.9.0.1/24", neighbour: "10.9.0.2");
        tap.Station.Swallow(0);
        tap.Station.Queue.Wake();
        Assert.True(tap.Station.Queue.Wait(TimeSpan.FromMinutes(1)));
        tap.Station.Swallow(0);
        world.SendUdp("10.9.0.2", [1]);
        Assert.True(tap.Station.Queue.Wait(TimeSpan.FromMinutes(1)));
        tap.Station.Free(tap.Await());
    }

    [Fact]
    public void Each_queue_of_several_takes_packets()
    {
        using var world = new World();
        using var nic = world.Namespace.Run(() => new TapNic(new TapOptions { Queues = 2, KernelAddress = "10.9.0.1/24" }));
        Assert.Equal(2, nic.QueueCount);
        using var socket = world.Udp(IPAddress.Parse("10.9.0.1"), 7000);
        for (var queue = 0; queue < 2; queue++)
        {
            using var arena = new Arena(64, 0, 8);
            var opened = nic.Open(queue, arena);
            Assert.True(arena.TryAllocate(Share.Sockets, Holders.TransmitRing, out var frame));
            var bytes = WireBytes.Partial(IpProtocol.Udp, Ours, Kernels, WireBytes.Udp(9, 7000, [(byte)queue]), nic.Address, world.KernelAddress(nic.Name));
            ref var metadata = ref arena.Metadata(frame);
            metadata.DataLength = (ushort)bytes.Length;
            metadata.TotalLength = bytes.Length;
            metadata.Checksum = ChecksumState.Partial;
            metadata.ChecksumStart = (ushort)(metadata.DataOffset + WireBytes.TransportOffset);
            metadata.ChecksumOffset = 6;
            bytes.CopyTo(arena.Data(frame));
            Assert.Equal(1, opened.Transmit([frame], 0));
            var buffer = new byte[10];
            Assert.Equal(1, socket.Receive(buffer));
            Assert.Equal(queue, buffer[0]);
            opened.Drain();
            Assert.Equal(arena.Capacity, arena.FreeCount);
        }
    }

    [Fact]
    public void Nothing_is_allocated_while_packets_pass()
    {
        using var world = new World();
        world.Namespace.SetParameter("ipv4/ip_forward", "1");
        using var near = world.Open("10.9.0.1/24", neighbour: "10.9.0.2");
        using var far = world.Open("10.8.0.1/24", neighbour: "10.8.0.2");
        var bytes = WireBytes.Partial(IpProtocol.Tcp, Ours, InetAddress.Parse("10.8.0.2"), WireBytes.Tcp(1, 2, 1000, Station.Pattern(20_000, 5)),
            near.Nic.Address, near.KernelAddress);
        Pass(near, far, bytes, 50);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Pass(near, far, bytes, 200);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        static void Pass(Tap near, Tap far, ReadOnlySpan<byte> bytes, int count)
        {
            for (var i = 0; i < count; i++)
            {
                near.SendPartial(IpProtocol.Tcp, bytes, frameLength: 1800, gsoSize: 1448);
                far.Station.Free(far.Await());
                far.Station.Refill();
                near.Station.Reclaim(i);
            }
        }
    }

    [Fact]
    public void A_TAP_can_have_a_bad_wire()
    {
        using var world = new World();
        using var tap = world.Open("10.9.0.1/24", neighbour: "10.9.0.2", receive: new ImpairmentOptions { Loss = 0.5, Seed = 5 });
        using var socket = world.Udp(IPAddress.Any, 0);
        for (var i = 0; i < 200; i++)
        {
            socket.SendTo([(byte)i], new IPEndPoint(IPAddress.Parse("10.9.0.2"), 9));
        }

        var received = tap.Station.Swallow(0);
        Assert.Equal(200, received + tap.Impaired!.Received.Lost);
        Assert.InRange(received, 70, 130);
    }

    [Fact]
    public void A_TAP_that_cannot_be_had_says_why_and_what_to_do()
    {
        using var world = new World();
        using var tap = world.Open("10.9.0.1/24");
        var busy = Assert.Throws<NicException>(() => world.Namespace.Run(() => new TapNic(new TapOptions { Name = tap.Nic.Name })));
        Assert.Contains("in use", busy.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new TapNic(new TapOptions { Name = "a name that is too long" }));
        Assert.Throws<FormatException>(() => new TapNic(new TapOptions { KernelAddress = "10.0.0.1" }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TapNic(new TapOptions { RingSize = 1 }));
    }

    /// <summary>A namespace with the kernel in it.</summary>
    private sealed class World : IDisposable
    {
        public World()
        {
            Requires.Tap();
            Requires.Tool("ip");
            Namespace = new NetworkNamespace();

            // neighbour discovery and router solicitations would come between the packets of a test
            Namespace.SetParameter("ipv6/conf/all/disable_ipv6", "1");
            Namespace.SetParameter("ipv6/conf/default/disable_ipv6", "1");
        }

        public NetworkNamespace Namespace { get; }

        public Tap Open(string address, string? neighbour = null, NicFeatures? features = null, ImpairmentOptions? receive = null)
        {
            var options = new TapOptions { KernelAddress = address };
            var nic = Namespace.Run(() => new TapNic(features is { } chosen ? options with { Features = chosen } : options));
            if (neighbour is not null)
            {
                Namespace.Execute("ip", "neigh", "replace", neighbour, "lladdr", nic.Address.ToString(), "dev", nic.Name, "nud", "permanent");
            }

            return new Tap(nic, KernelAddress(nic.Name), receive is { } bad ? new ImpairedNic(nic, bad, new ImpairmentOptions()) : null);
        }

        public MacAddress KernelAddress(string name) =>
            MacAddress.Parse(Namespace.Execute("ip", "-o", "link", "show", name).Split("link/ether ")[1].Split(' ')[0]);

        public Socket Udp(IPAddress address, int port) => Namespace.Run(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 10_000 };
            socket.Bind(new IPEndPoint(address, port));
            return socket;
        });

        public void SendUdp(string destination, byte[] payload)
        {
            using var socket = Udp(IPAddress.Any, 0);
            socket.SendTo(payload, new IPEndPoint(IPAddress.Parse(destination), 9));
        }

        public void Dispose() => Namespace.Dispose();
    }

    private sealed class Tap(TapNic nic, MacAddress kernelAddress, ImpairedNic? impaired) : IDisposable
    {
        public TapNic Nic { get; } = nic;

        public ImpairedNic? Impaired { get; } = impaired;

        public Station Station { get; } = new((Nic?)impaired ?? nic);

        public MacAddress KernelAddress { get; } = kernelAddress;

        /// <summary>The next packet of IPv4.</summary>
        public Frame Await()
        {
            for (var tries = 0; tries < 100; tries++)
            {
                while (Station.Receive(0) is { IsNone: false } packet)
                {
                    if (EthernetHeader.Type(Station.Arena.Data(packet)) == EtherType.Ipv4)
                    {
                        return packet;
                    }

                    Station.Free(packet);
                    Station.Refill();
                }

                Station.Queue.Wait(TimeSpan.FromMilliseconds(100));
            }

            Assert.Fail("No packet came in ten seconds.");
            return Frame.None;
        }

        public void SendPartial(IpProtocol protocol, ReadOnlySpan<byte> bytes, int frameLength, int gsoSize = 0)
        {
            var packet = Station.Make(bytes, frameLength);
            ref var metadata = ref Station.Arena.Metadata(packet);
            metadata.Checksum = ChecksumState.Partial;
            metadata.ChecksumStart = (ushort)(metadata.DataOffset + WireBytes.TransportOffset);
            metadata.ChecksumOffset = WireBytes.ChecksumOffset(protocol);
            metadata.GsoSize = (ushort)gsoSize;
            Assert.True(Station.Queue.Transmit(new ReadOnlySpan<Frame>(in packet), 0) == 1);
        }

        public void Dispose()
        {
            Station.Dispose();
            Nic.Dispose();
        }
    }
}
