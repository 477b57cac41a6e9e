using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Millrace.Nics;
using Millrace.Sockets;
using Millrace.Stack.Tests.Sockets;
using Millrace.Tcp;
using Millrace.Testing;
using Millrace.Tests;

namespace Millrace.Stack.Tests.Losses;

[NetworkStack]
[NicQueues(1)]
[Napi]
[ChecksumOffload]
[Gro]
[Ipv4("10.9.0.2/24")]
[Tcp(CongestionControl = typeof(Bbr), MaxGsoSegments = 4)]
[SocketMemory]
[SmallQueues]
[Gso]
[AsyncSockets(Connections = 8)]
internal sealed partial class BbrTapStack;

/// <summary>Losses between the stack and a kernel: each repairs by what the other acknowledges selectively.</summary>
public sealed class KernelLossTests(ITestOutputHelper output)
{
    private const int Length = 3 << 20;

    [Theory]
    [InlineData(1, 0.01, 0, 0, "")]
    [InlineData(2, 0.03, 0.02, 0, "")]
    [InlineData(3, 0.01, 0.05, 0.02, "")]
    [InlineData(4, 0.02, 0, 0, "tcp_timestamps")]
    [InlineData(5, 0.02, 0, 0, "tcp_sack")]
    [InlineData(6, 0.02, 0.02, 0, "tcp_dsack")]
    [InlineData(7, 0, 0.10, 0, "")]
    public async Task Megabytes_go_both_ways_intact(ulong seed, double loss, double reorder, double duplication, string without)
    {
        Requires.Tap();
        await using var world = World.Of(seed, loss, reorder, duplication, (nic, entropy) => new TapStack(new() { Nic = nic, Entropy = entropy }), stack => stack.Tcp);
        if (without.Length > 0)
        {
            world.Space.SetParameter("ipv4/" + without, "0");
        }

        // One way at a time: the kernel answers by itself then, and so does the stack. Packets are of up to 64 KiB, so few of them go,
        // and sometimes none is lost: then again.
        var losesSome = loss > 0 && without != "tcp_sack";
        for (var round = 0; round == 0 || (round < 8 && losesSome && (world.Kernel("TCPSackRecovery") == 0 || world.Tcp.Counters.TCPSackRecovery == 0)); round++)
        {
            await world.Exchange(fromKernel: true);
            await world.Exchange(fromKernel: false);
        }

        var counters = world.Tcp.Counters;
        output.WriteLine($"kernel: {world.Describe()}");
        output.WriteLine($"stack: {counters.RetransSegs} again, {counters.TCPSackRecovery} recoveries, {counters.TCPLossProbes} probes, {counters.TCPTimeouts} timeouts, "
            + $"{counters.TCPDSACKRecv} duplicates reported, {counters.TCPDSACKUndo + counters.TCPFullUndo + counters.TCPPartialUndo + counters.TCPLossUndo} undone, {counters.TCPSACKReorder} reorderings");

        // no block of ours was one that the kernel could not make sense of, nor the other way round; those of acknowledgments that the wire repeats may be
        if (duplication == 0)
        {
            Assert.Equal((0, 0), (world.Kernel("TCPSACKDiscard"), counters.TCPSACKDiscard));
        }

        Assert.Equal(0, world.Kernel("TCPSACKReneging") + counters.TCPSACKReneging);
        if (losesSome)
        {
            Assert.True(world.Kernel("TCPSackRecovery") > 0, "the kernel was not told of a loss");
            Assert.True(counters.TCPSackRecovery > 0, "the stack was not told of a loss");
        }
    }

    [Theory]
    [InlineData(11, 0, 0)]
    [InlineData(12, 0.01, 0)]
    [InlineData(13, 0.03, 0.03)]
    public async Task Megabytes_go_to_the_kernel_intact_by_BBR(ulong seed, double loss, double reorder)
    {
        Requires.Tap();
        await using var world = World.Of(seed, loss, reorder, 0, (nic, entropy) => new BbrTapStack(new() { Nic = nic, Entropy = entropy }), stack => stack.Tcp);
        for (var round = 0; round == 0 || (round < 8 && loss > 0 && world.Tcp.Counters.RetransSegs == 0); round++)
        {
            await world.Exchange(fromKernel: false, times: 3);
        }

        await world.Exchange(fromKernel: true);
        var counters = world.Tcp.Counters;
        output.WriteLine($"stack: {counters.OutSegs} segments, {counters.RetransSegs} again, {counters.TCPSackRecovery} recoveries, {counters.TCPTimeouts} timeouts, {counters.SmallQueueThrottled} times throttled");
        Assert.Equal((0, 0), (world.Kernel("TCPSACKDiscard"), counters.TCPSACKDiscard));
        Assert.True(loss == 0 || counters.RetransSegs > 0, "nothing was lost");
    }

    private sealed class World : IAsyncDisposable
    {
        private static readonly IPAddress Address = IPAddress.Parse("10.9.0.2");
        private readonly TapNic tap;
        private readonly Worker worker;

        private World(Func<NetworkNamespace, TapNic> open, Func<TapNic, (IAsyncNetworkStack Stack, TcpSockets Tcp)> build)
        {
            tap = open(Space);
            (Stack, Tcp) = build(tap);
            worker = new Worker(Stack);
            worker.Start();
        }

        public static World Of<TStack>(
            ulong seed, double loss, double reorder, double duplication, Func<Nic, Entropy, TStack> make, Func<TStack, TcpSockets> tcp)
            where TStack : IAsyncNetworkStack
        {
            ImpairmentOptions Impaired(ulong more) => new()
            {
                Loss = loss, Reorder = reorder, ReorderNanoseconds = 300_000, Duplication = duplication, Seed = (seed * 2) + more,
            };
            return new World(
                space => space.Run(() => new TapNic(new TapOptions { KernelAddress = "10.9.0.1/24" })),
                tap =>
                {
                    var stack = make(new ImpairedNic(tap, Impaired(0), Impaired(1)), Entropy.FromOperatingSystem());
                    return (stack, tcp(stack));
                });
        }

        public NetworkNamespace Space { get; } = new();

        public IAsyncNetworkStack Stack { get; }

        public TcpSockets Tcp { get; }

        public async Task Exchange(bool fromKernel, int times = 1)
        {
            using var listener = Stack.Sockets.Listen(80);
            await listener.Listening;
            using var kernel = Space.Run(() => new TcpClient(AddressFamily.InterNetwork));
            await kernel.ConnectAsync(Address, 80).WaitAsync(AsyncStacks.Patience);
            var ours = await listener.AcceptAsync();
            var stream = kernel.GetStream();
            string[] hashes;
            if (fromKernel)
            {
                var bytes = new byte[Length];
                new Random(7).NextBytes(bytes);
                var sending = Task.Run(async () =>
                {
                    await stream.WriteAsync(bytes);
                    kernel.Client.Shutdown(SocketShutdown.Send);
                    return Convert.ToHexString(SHA256.HashData(bytes));
                });
                hashes = await Task.WhenAll(sending, Task.Run(() => AsyncStackTests.Receive(ours))).WaitAsync(AsyncStacks.Patience);
            }
            else
            {
                hashes = await Task.WhenAll(
                    Task.Run(() => AsyncStackTests.Send(ours, seed: 8, times * Length)),
                    Task.Run(async () => Convert.ToHexString(await SHA256.HashDataAsync(stream)))).WaitAsync(AsyncStacks.Patience);
            }

            Assert.Equal(hashes[0], hashes[1]);
            kernel.Dispose();
            await ours.DisposeAsync();
        }

        /// <summary>A counter of the kernel under its name in /proc/net/netstat.</summary>
        public long Kernel(string name)
        {
            var lines = Space.Execute("cat", "/proc/net/netstat").Split('\n');
            for (var i = 0; i + 1 < lines.Length; i += 2)
            {
                var place = Array.IndexOf(lines[i].Split(' '), name);
                if (place > 0)
                {
                    return long.Parse(lines[i + 1].Split(' ')[place], CultureInfo.InvariantCulture);
                }
            }

            throw new InvalidOperationException($"The kernel does not count {name}.");
        }

        public string Describe() => string.Join(", ", new[]
        {
            "TCPSackRecovery", "TCPLostRetransmit", "TCPFastRetrans", "TCPSlowStartRetrans", "TCPTimeouts", "TCPLossProbes", "TCPDSACKRecv", "TCPDSACKUndo", "TCPSACKReorder",
        }.Select(name => $"{name} {Kernel(name)}"));

        public async ValueTask DisposeAsync()
        {
            await worker.DisposeAsync();
            Assert.False(worker.Faulted);
            Stack.Dispose();
            tap.Dispose();
            Space.Dispose();
        }
    }
}
