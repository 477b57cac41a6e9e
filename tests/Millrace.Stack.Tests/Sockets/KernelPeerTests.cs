using System.Net;
using System.Net.Sockets;
using Millrace.Nics;
using Millrace.Sockets;
using Millrace.Testing;
using Millrace.Tests;

namespace Millrace.Stack.Tests.Sockets;

/// <summary>Kernels that are set up otherwise than by default, and peers that behave badly, at the other end of a TAP.</summary>
public sealed class KernelPeerTests
{
    private const int Length = 1 << 20;
    private static readonly IPAddress Kernel = IPAddress.Parse("10.9.0.1");
    private static readonly IPAddress Stack = IPAddress.Parse("10.9.0.2");

    [Theory]
    [InlineData("tcp_timestamps", "0", 1500)]
    [InlineData("tcp_window_scaling", "0", 1500)]
    [InlineData("tcp_sack", "0", 1500)]
    [InlineData("tcp_timestamps", "1", 576)]
    [InlineData("tcp_ecn", "1", 1500)]
    public async Task Megabytes_go_both_ways_whatever_the_kernel_negotiates(string parameter, string value, int mtu)
    {
        Requires.Tap();
        await using var world = new KernelWorld(mtu);
        world.Space.SetParameter("ipv4/" + parameter, value);
        var (kernel, ours) = await world.Connect();
        await Exchange(kernel, ours);
        kernel.Dispose();
        await ours.DisposeAsync();
    }

    [Fact]
    public async Task A_kernel_with_the_smallest_buffers_gets_and_sends_all()
    {
        Requires.Tap();
        await using var world = new KernelWorld(1500);
        var (kernel, ours) = await world.Connect(socket =>
        {
            socket.ReceiveBufferSize = 1;
            socket.SendBufferSize = 1;
        });
        await Exchange(kernel, ours, 100_000);
        kernel.Dispose();
        await ours.DisposeAsync();
    }

    [Fact]
    public async Task A_kernel_that_reads_nothing_for_seconds_gets_all_when_it_does()
    {
        Requires.Tap();
        await using var world = new KernelWorld(1500);
        var (kernel, ours) = await world.Connect();
        var sending = Task.Run(() => AsyncStackTests.Send(ours, seed: 3, 16 << 20));
        await Task.Delay(2500);
        Assert.False(sending.IsCompleted);
        var hash = Task.Run(async () => Convert.ToHexString(await System.Security.Cryptography.SHA256.HashDataAsync(kernel.GetStream())));
        Assert.Equal(await sending.WaitAsync(AsyncStacks.Patience), await hash.WaitAsync(AsyncStacks.Patience));
        kernel.Dispose();
        await ours.DisposeAsync();
    }

    [Fact]
    public async Task A_host_that_does_not_answer_is_unreachable()
    {
        Requires.Tap();
        await using var world = new KernelWorld(1500);
        var error = await Assert.ThrowsAsync<SocketException>(
            () => world.Stack.Sockets.ConnectAsync(new IPEndPoint(IPAddress.Parse("10.9.0.77"), 9)).AsTask().WaitAsync(AsyncStacks.Patience));
        Assert.Equal(SocketError.HostUnreachable, error.SocketErrorCode);
    }

    [Fact]
    public async Task Many_short_connections_one_after_the_other_leave_nothing_behind()
    {
        Requires.Tap();
        await using var world = new KernelWorld(1500);
        using var listener = world.Stack.Sockets.Listen(80);
        await listener.Listening;
        for (var i = 0; i < 200; i++)
        {
            // the same port again and again, which this side holds in TIME-WAIT
            using var kernel = await ConnectFrom(world, 30_000);
            var server = await listener.AcceptAsync();
            await server.WriteAsync(new byte[10]);
            await server.DisposeAsync();
            var buffer = new byte[100];
            var count = 0;
            int read;
            while ((read = await kernel.ReceiveAsync(buffer).WaitAsync(AsyncStacks.Patience)) > 0)
            {
                count += read;
            }

            Assert.Equal(10, count);
        }
    }

    /// <summary>The kernel has the port free only when its end of the connection before has got the last acknowledgment.</summary>
    private static async Task<Socket> ConnectFrom(KernelWorld world, int port)
    {
        for (var end = DateTime.UtcNow + AsyncStacks.Patience; ; await Task.Delay(1))
        {
            var kernel = world.Space.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
            kernel.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            kernel.Bind(new IPEndPoint(Kernel, port));
            try
            {
                await kernel.ConnectAsync(new IPEndPoint(Stack, 80)).WaitAsync(AsyncStacks.Patience);
                return kernel;
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressNotAvailable && DateTime.UtcNow < end)
            {
                kernel.Dispose();
            }
        }
    }

    private static async Task Exchange(TcpClient kernel, AsyncTcpConnection ours, int length = Length)
    {
        var stream = kernel.GetStream();
        var bytes = new byte[length];
        new Random(7).NextBytes(bytes);
        var fromKernel = Task.Run(async () =>
        {
            await stream.WriteAsync(bytes);
            kernel.Client.Shutdown(SocketShutdown.Send);
            return Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes));
        });
        var results = await Task.WhenAll(
            fromKernel,
            Task.Run(() => AsyncStackTests.Receive(ours)),
            Task.Run(() => AsyncStackTests.Send(ours, seed: 8, length)),
            Task.Run(async () => Convert.ToHexString(await System.Security.Cryptography.SHA256.HashDataAsync(stream)))).WaitAsync(AsyncStacks.Patience);
        Assert.Equal(results[0], results[1]);
        Assert.Equal(results[2], results[3]);
    }

    private sealed class KernelWorld : IAsyncDisposable
    {
        private readonly TapNic nic;
        private readonly Worker worker;

        public KernelWorld(int mtu)
        {
            nic = Space.Run(() => new TapNic(new TapOptions { KernelAddress = "10.9.0.1/24", Mtu = mtu }));
            Stack = new TapStack(new() { Nic = nic, Entropy = Entropy.FromOperatingSystem() });
            worker = new Worker(Stack);
            worker.Start();
        }

        public NetworkNamespace Space { get; } = new();

        public TapStack Stack { get; }

        public async Task<(TcpClient Kernel, AsyncTcpConnection Ours)> Connect(Action<Socket>? prepare = null)
        {
            using var listener = Stack.Sockets.Listen(80);
            await listener.Listening;
            var kernel = Space.Run(() => new TcpClient(AddressFamily.InterNetwork));
            prepare?.Invoke(kernel.Client);
            await kernel.ConnectAsync(KernelPeerTests.Stack, 80).WaitAsync(AsyncStacks.Patience);
            return (kernel, await listener.AcceptAsync());
        }

        public async ValueTask DisposeAsync()
        {
            await worker.DisposeAsync();
            Assert.False(worker.Faulted);
            LedgerAssert.Balanced(Stack);
            Stack.Dispose();
            nic.Dispose();
            Space.Dispose();
        }
    }
}
