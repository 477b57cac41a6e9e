using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Millrace.Nics;
using Millrace.Sockets;
using Millrace.Stack.Tests.Sockets;
using Millrace.Testing;
using Millrace.Testing.Packets;
using Millrace.Tests;

namespace Millrace.Stack.Tests.Attacks;

[NetworkStack]
[NicQueues(1)]
[Napi]
[ChecksumOffload]
[Gro]
[Ipv4("10.9.0.2/24", Gateway = "10.9.0.1")]
[Tcp(SoMaxConn = 32)]
[SocketMemory]
[Gso]
[AsyncSockets(Connections = 64)]
public sealed partial class FloodedStack;

/// <summary>SYN floods with a kernel at the other end of a TAP.</summary>
public sealed class KernelFloodTests(ITestOutputHelper output)
{
    private const int Length = 8 << 20;
    private const int Syns = 100_000;
    private const int RawProtocol = 255;

    [Fact]
    public async Task A_hundred_thousand_spoofed_SYNs_while_a_transfer_goes_on_and_new_clients_come()
    {
        Requires.Tap();
        await using var world = new World();
        using var listener = world.Stack.Sockets.Listen(80, backlog: 32);
        await listener.Listening;
        using var kernel = await world.Connect();
        await using var ours = await listener.AcceptAsync();
        var bytes = new byte[Length];
        new Random(7).NextBytes(bytes);
        var stream = kernel.GetStream();
        var transfer = Task.WhenAll(
            Task.Run(async () =>
            {
                await stream.WriteAsync(bytes);
                kernel.Client.Shutdown(SocketShutdown.Send);
                return Convert.ToHexString(SHA256.HashData(bytes));
            }),
            Task.Run(() => AsyncStackTests.Receive(ours)));
        var flood = Task.Run(() => Flood(world));
        var clients = 0;
        while (!flood.IsCompleted || clients < 5)
        {
            using var client = await world.Connect();
            await using var server = await listener.AcceptAsync().AsTask().WaitAsync(AsyncStacks.Patience);
            await client.GetStream().WriteAsync("hello"u8.ToArray());
            var read = new byte[10];
            Assert.Equal(5, await server.ReadAsync(read).AsTask().WaitAsync(AsyncStacks.Patience));
            client.Client.LingerState = new LingerOption(true, 0);
            clients++;
        }

        await flood;
        var hashes = await transfer.WaitAsync(AsyncStacks.Patience);
        Assert.Equal(hashes[0], hashes[1]);
        var counters = world.Stack.Tcp.Counters;
        output.WriteLine($"{clients} clients, {counters.SyncookiesSent} cookies sent, {counters.SyncookiesRecv} came back, {counters.SyncookiesFailed} wrong, "
            + $"{counters.ListenDrops} dropped, {counters.RepliesLost} replies lost");
        Assert.InRange(counters.TCPReqQFullDoCookies, Syns * 9 / 10, Syns + 1_000);
        Assert.True(counters.SyncookiesRecv > 0, "no client came by cookie");
        Assert.Equal(0, counters.SyncookiesFailed);
        Assert.Equal(0, world.Kernel("TcpExt:", "TCPTimeouts"));
    }

    [Fact]
    public async Task A_kernel_that_answers_by_cookie_has_connections_and_their_bytes()
    {
        Requires.Tap();
        await using var world = new World();
        world.Space.SetParameter("ipv4/tcp_syncookies", "2");
        using var listener = world.Space.Run(() =>
        {
            var listener = new TcpListener(IPAddress.Parse("10.9.0.1"), 80);
            listener.Start();
            return listener;
        });
        for (var i = 0; i < 3; i++)
        {
            var accept = listener.AcceptTcpClientAsync();
            await using var client = await world.Stack.Sockets.ConnectAsync(new IPEndPoint(IPAddress.Parse("10.9.0.1"), 80));
            using var server = await accept.WaitAsync(AsyncStacks.Patience);
            var hashes = await Task.WhenAll(
                Task.Run(() => AsyncStackTests.Send(client, seed: i, 500_000)),
                Task.Run(async () => Convert.ToHexString(await SHA256.HashDataAsync(server.GetStream())))).WaitAsync(AsyncStacks.Patience);
            Assert.Equal(hashes[0], hashes[1]);
        }

        Assert.Equal((3, 0), (world.Kernel("TcpExt:", "SyncookiesRecv"), world.Kernel("TcpExt:", "SyncookiesFailed")));
    }

    private static void Flood(World world)
    {
        using var raw = world.Space.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Raw, (ProtocolType)RawProtocol));
        raw.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.HeaderIncluded, true);
        var to = new IPEndPoint(World.Address, 0);
        for (var i = 0; i < Syns; i++)
        {
            var path = new PacketPath(0, 0xC612_0000 + (uint)i, 0, WireFormat.Address("10.9.0.2"));
            raw.SendTo(path.Datagram(new TcpSegment
            {
                SourcePort = (ushort)(1024 + (i % 60_000)), DestinationPort = 80, Sequence = (uint)i * 2654435761, Flags = SegmentFlags.Syn,
                Options = TcpOption.Mss(1460),
            }).ToBytes(), to);

            // no more at once than a TAP keeps, or the kernel would drop them
            if (i % 64 == 63)
            {
                SpinWait.SpinUntil(() => world.Stack.Tcp.Counters.TCPReqQFullDoCookies > i - 384, 100);
            }
        }
    }

    private sealed class World : IAsyncDisposable
    {
        private readonly TapNic tap;
        private readonly Worker worker;

        public World()
        {
            tap = Space.Run(() => new TapNic(new TapOptions { KernelAddress = "10.9.0.1/24" }));
            Stack = new FloodedStack(new() { Nic = tap, Entropy = Entropy.FromOperatingSystem() });
            worker = new Worker(Stack);
            worker.Start();
        }

        public static IPAddress Address { get; } = IPAddress.Parse("10.9.0.2");

        public NetworkNamespace Space { get; } = new();

        public FloodedStack Stack { get; }

        public async Task<TcpClient> Connect()
        {
            var client = Space.Run(() => new TcpClient(AddressFamily.InterNetwork));
            await client.ConnectAsync(Address, 80).WaitAsync(AsyncStacks.Patience);
            return client;
        }

        /// <summary>A counter of the kernel under its name in /proc/net/netstat.</summary>
        public long Kernel(string kind, string name)
        {
            var lines = Space.Execute("cat", "/proc/net/netstat").Split('\n');
            var names = lines.First(line => line.StartsWith(kind, StringComparison.Ordinal)).Split(' ');
            var values = lines.Last(line => line.StartsWith(kind, StringComparison.Ordinal)).Split(' ');
            return long.Parse(values[Array.IndexOf(names, name)], CultureInfo.InvariantCulture);
        }

        public async ValueTask DisposeAsync()
        {
            await worker.DisposeAsync();
            Assert.False(worker.Faulted);
            LedgerAssert.Balanced(Stack);
            Stack.Dispose();
            tap.Dispose();
            Space.Dispose();
        }
    }
}
