using System.Net;
using System.Net.Sockets;
using Millrace.Headers;
using Millrace.Memory;
using Millrace.Nics;
using Millrace.Testing;
using Millrace.Tests.Nics;

namespace Millrace.Tests.Rss;

/// <summary>A TAP of several queues, with the kernel at the other end.</summary>
public sealed class TapQueuesTests
{
    private const int Flows = 48;

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void The_kernel_spreads_flows_and_sends_each_where_it_was_answered_from(int queues)
    {
        using var world = new World(queues);
        var sockets = Enumerable.Range(0, Flows).Select(_ => world.Connect()).ToArray();
        var first = world.Pass(sockets, round: 1);
        Assert.All(Enumerable.Range(0, queues), queue => Assert.Contains(queue, first.Values));

        // a flow stays where it is, until it is answered from elsewhere (tun_flow_update)
        Assert.Equal(first, world.Pass(sockets, round: 2));
        foreach (var socket in sockets)
        {
            world.Answer(socket, (first[Port(socket)] + 1) % queues);
        }

        var moved = world.Pass(sockets, round: 3);
        Assert.All(moved, flow => Assert.Equal((first[flow.Key] + 1) % queues, flow.Value));
        Array.ForEach(sockets, socket => socket.Dispose());
    }

    [Fact]
    public void Each_queue_waits_and_is_woken_by_itself()
    {
        using var world = new World(2);
        var (first, second) = (world.Stations[0].Queue, world.Stations[1].Queue);
        world.Stations[0].Swallow(0);
        world.Stations[1].Swallow(0);
        second.Wake();
        Assert.True(second.Wait(TimeSpan.FromMinutes(1)));
        Assert.False(second.Wait(TimeSpan.Zero));
        Assert.False(first.Wait(TimeSpan.Zero));
        var waiter = new Thread(() => first.Wait(Timeout.InfiniteTimeSpan));
        waiter.Start();
        second.Wake();
        Assert.False(waiter.Join(TimeSpan.FromMilliseconds(50)));
        first.Wake();
        waiter.Join();
    }

    [Fact]
    public void The_handshakes_of_connections_are_spread_too()
    {
        using var world = new World(2);
        var sockets = Enumerable.Range(0, Flows).Select(_ => world.StartTcp()).ToArray();
        var seen = new Dictionary<int, int>();
        world.Collect(() => seen.Count < Flows, (queue, bytes) =>
        {
            if (bytes[WireBytes.NetworkOffset + 9] == (byte)IpProtocol.Tcp)
            {
                seen[(bytes[WireBytes.TransportOffset] << 8) | bytes[WireBytes.TransportOffset + 1]] = queue;
            }
        });
        Assert.Equal(sockets.Select(Port).Order(), seen.Keys.Order());
        Assert.Equal(2, seen.Values.Distinct().Count());
        Array.ForEach(sockets, socket => socket.Dispose());
    }

    [Fact]
    public void A_hash_that_no_TAP_has_cannot_be_asked_for()
    {
        var refusal = Assert.Throws<ArgumentException>(() => new TapNic(new TapOptions { Features = NicFeatures.ReceiveHash }));
        Assert.Contains("ReceiveHash", refusal.Message, StringComparison.Ordinal);
    }

    private static int Port(Socket socket) => ((IPEndPoint)socket.LocalEndPoint!).Port;

    private sealed class World : IDisposable
    {
        private const string Ours = "10.9.0.2";
        private const string Kernels = "10.9.0.1";

        private readonly NetworkNamespace network;
        private readonly TapNic nic;
        private readonly MacAddress kernelAddress;

        public World(int queues)
        {
            Requires.Tap();
            Requires.Tool("ip");
            network = new NetworkNamespace();
            network.SetParameter("ipv6/conf/all/disable_ipv6", "1");
            network.SetParameter("ipv6/conf/default/disable_ipv6", "1");
            nic = network.Run(() => new TapNic(new TapOptions { Queues = queues, KernelAddress = $"{Kernels}/24" }));
            network.Execute("ip", "neigh", "replace", Ours, "lladdr", nic.Address.ToString(), "dev", nic.Name, "nud", "permanent");
            kernelAddress = MacAddress.Parse(network.Execute("ip", "-o", "link", "show", nic.Name).Split("link/ether ")[1].Split(' ')[0]);
            Stations = [.. Enumerable.Range(0, queues).Select(queue => new Station(nic, queue: queue))];
            Assert.Null(nic.Rss);
        }

        public Station[] Stations { get; }

        public Socket Connect() => network.Run(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 10_000 };
            socket.Connect(new IPEndPoint(IPAddress.Parse(Ours), 53));
            return socket;
        });

        public Socket StartTcp() => network.Run(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            socket.Bind(new IPEndPoint(IPAddress.Parse(Kernels), 0));
            try
            {
                socket.Connect(new IPEndPoint(IPAddress.Parse(Ours), 80));
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.WouldBlock)
            {
                // the handshake is under way
            }

            return socket;
        });

        /// <summary>Sends some datagrams of each socket, and says by port in which queue all of them came.</summary>
        public Dictionary<int, int> Pass(Socket[] sockets, int round)
        {
            const int each = 3;
            var counts = new Dictionary<(int Port, int Queue), int>();
            foreach (var socket in sockets)
            {
                for (var i = 0; i < each; i++)
                {
                    socket.Send([(byte)round]);
                }
            }

            Collect(() => counts.Values.Sum() < sockets.Length * each, (queue, bytes) =>
            {
                Assert.Equal(round, bytes[WireBytes.TransportOffset + 8]);
                var flow = ((bytes[WireBytes.TransportOffset] << 8) | bytes[WireBytes.TransportOffset + 1], queue);
                counts[flow] = counts.GetValueOrDefault(flow) + 1;
            });
            Assert.All(counts.Values, count => Assert.Equal(each, count));
            return counts.Keys.ToDictionary(flow => flow.Port, flow => flow.Queue);
        }

        /// <summary>Sends a datagram back to the socket from a queue, and sees that it gets it.</summary>
        public void Answer(Socket socket, int queue)
        {
            var station = Stations[queue];
            var packet = station.Make(WireBytes.Partial(IpProtocol.Udp, InetAddress.Parse(Ours), InetAddress.Parse(Kernels),
                WireBytes.Udp(53, (ushort)Port(socket), [7]), nic.Address, kernelAddress));
            ref var metadata = ref station.Arena.Metadata(packet);
            metadata.Checksum = ChecksumState.Partial;
            metadata.ChecksumStart = (ushort)(metadata.DataOffset + WireBytes.TransportOffset);
            metadata.ChecksumOffset = WireBytes.ChecksumOffset(IpProtocol.Udp);
            Assert.True(station.TrySend(packet, 0));
            station.Reclaim(0);
            var buffer = new byte[10];
            Assert.Equal(1, socket.Receive(buffer));
            Assert.Equal(7, buffer[0]);
        }

        /// <summary>Hands over every packet of IPv4 that comes in by any queue, as long as there are to be more.</summary>
        public void Collect(Func<bool> more, Action<int, byte[]> take)
        {
            for (var idle = 0; more() && idle < 1000;)
            {
                var any = false;
                for (var queue = 0; queue < Stations.Length; queue++)
                {
                    while (Stations[queue].Receive(0) is { IsNone: false } packet)
                    {
                        any = true;
                        var bytes = Stations[queue].Bytes(packet);
                        Stations[queue].Free(packet);
                        Stations[queue].Refill();
                        if (EthernetHeader.Type(bytes) == EtherType.Ipv4)
                        {
                            take(queue, bytes);
                        }
                    }
                }

                idle = any ? 0 : idle + 1;
                if (!any)
                {
                    Thread.Sleep(1);
                }
            }

            Assert.False(more(), "Not all packets came.");
        }

        public void Dispose()
        {
            foreach (var station in Stations)
            {
                station.Dispose();
                Assert.Equal(station.Arena.Capacity, station.Arena.FreeCount);
            }

            nic.Dispose();
            network.Dispose();
        }
    }
}
