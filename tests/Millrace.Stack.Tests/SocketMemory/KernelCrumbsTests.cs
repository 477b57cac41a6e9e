using System.Net;
using System.Net.Sockets;
using Millrace.Headers;
using Millrace.Nics;
using Millrace.Sockets;
using Millrace.Stack.Tests.Sockets;
using Millrace.Testing;
using Millrace.Tests;

namespace Millrace.Stack.Tests.SocketMemory;

/// <summary>Reads a little at times, with a small receive buffer.</summary>
internal sealed class CrumbPlan
{
    public MemoryStream Read { get; } = new();

    public TcpSocketId Connection { get; set; }

    public bool PeerClosed { get; set; }
}

internal readonly struct CrumbHandler(CrumbPlan plan) : ITcpHandler
{
    public void Connected(TcpSocket socket)
    {
        socket.SetReceiveBuffer(10_000);
        plan.Connection = socket.Id;
    }

    public void PeerClosed(TcpSocket socket) => plan.PeerClosed = true;

    public void Received(TcpSocket socket)
    {
    }

    public void Writable(TcpSocket socket)
    {
    }

    public void Closed(TcpSocket socket, TcpCloseReason reason)
    {
    }
}

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.9.0.2/24")]
[Tcp]
[SocketMemory]
[Gso]
[TcpHandler<CrumbHandler>(80, Connections = 4)]
internal sealed partial class CrumbStack;

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.9.0.2/24")]
[Tcp]
[SocketMemory]
[TcpHandler<CrumbHandler>(80, Connections = 4)]
internal sealed partial class PlainCrumbStack;

/// <summary>The kernel writes crumbs of 1 to 100 bytes, each a segment of its own, to a reader that is slow and has little room.</summary>
public sealed class KernelCrumbsTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Crumbs_of_the_kernel_are_kept_together_and_all_arrive(bool merges)
    {
        Requires.Tap();
        using var space = new NetworkNamespace();
        space.SetParameter("ipv4/tcp_autocorking", "0");
        using var nic = space.Run(() => new TapNic(new TapOptions { KernelAddress = "10.9.0.1/24" }));
        var plan = new CrumbPlan();
        var (stack, tcp) = merges
            ? Of(new CrumbStack(new() { Nic = nic, Entropy = Entropy.FromOperatingSystem(), Plan = plan }), made => made.Tcp)
            : Of(new PlainCrumbStack(new() { Nic = nic, Entropy = Entropy.FromOperatingSystem(), Plan = plan }), made => made.Tcp);
        var sent = new byte[150_000];
        new Random(3).NextBytes(sent);
        using var kernel = space.Run(() => new TcpClient(AddressFamily.InterNetwork) { NoDelay = true });
        var sending = Task.Run(async () =>
        {
            await kernel.ConnectAsync(IPAddress.Parse("10.9.0.2"), 80);
            var random = new Random(4);
            for (var at = 0; at < sent.Length;)
            {
                var count = Math.Min(random.Next(1, 101), sent.Length - at);
                await kernel.GetStream().WriteAsync(sent.AsMemory(at, count));
                at += count;
            }

            kernel.Client.Shutdown(SocketShutdown.Send);
        });
        using (stack)
        {
            var random = new Random(5);
            var buffer = new byte[3000];
            var clock = System.Diagnostics.Stopwatch.StartNew();
            var most = 0L;
            var (pause, rounds) = (0, 0);
            while (!plan.PeerClosed || plan.Read.Length < sent.Length)
            {
                Assert.True(clock.Elapsed < AsyncStacks.Patience && !sending.IsFaulted, $"{plan.Read.Length} bytes were read; the kernel: {sending.Status} {sending.Exception?.InnerException?.Message}\n{LedgerAssert.Describe(stack)}");
                var now = 1_000_000_000 + (clock.Elapsed.Ticks * TimeSpan.NanosecondsPerTick);
                stack.Poll(0, 0, now);
                most = Math.Max(most, stack.Arena.SocketMemory);
                if (++rounds >= pause && tcp.TryGet(plan.Connection, out var socket) && socket.Readable > 0)
                {
                    var count = socket.Read(buffer.AsSpan(0, random.Next(1, buffer.Length)));
                    plan.Read.Write(buffer, 0, count);
                    (pause, rounds) = (random.Next(200), 0);
                }

                LedgerAssert.Balanced(stack);
            }

            await sending.WaitAsync(AsyncStacks.Patience);
            Assert.Equal(sent, plan.Read.ToArray());
            ref readonly var counters = ref tcp.Counters;
            output.WriteLine(
                $"{counters.InSegs} segments, {counters.TCPRcvCoalesce} coalesced, {counters.TCPRcvCollapsed} collapsed, {counters.PruneCalled} prunes, at most {most} bytes");
            Assert.True(counters.TCPRcvCoalesce > 0, "nothing was put together");
            Assert.InRange(most, 1, 20_000 + (64 * 2112));
        }
    }

    private static (INetworkStack, Millrace.Tcp.TcpSockets) Of<TStack>(TStack stack, Func<TStack, Millrace.Tcp.TcpSockets> sockets)
        where TStack : INetworkStack => (stack, sockets(stack));
}
