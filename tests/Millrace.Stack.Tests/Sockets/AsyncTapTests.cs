using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Millrace.Headers;
using Millrace.Nics;
using Millrace.Sockets;
using Millrace.Testing;
using Millrace.Tests;

namespace Millrace.Stack.Tests.Sockets;

[NetworkStack]
[NicQueues(1)]
[Napi]
[ChecksumOffload]
[Gro]
[Ipv4("10.9.0.2/24")]
[Tcp]
[SocketMemory]
[Gso]
[AsyncSockets(Connections = 64)]
public sealed partial class TapStack;

/// <summary>Asynchronous sockets against Linux: the kernel is at the other end of a TAP, in a network namespace.</summary>
public sealed class AsyncTapTests
{
    private const int Length = 4 << 20;

    [Fact]
    public async Task A_client_of_the_kernel_and_a_server_of_the_stack_exchange_megabytes()
    {
        Requires.Tap();
        await using var world = new World();
        using var listener = world.Stack.Sockets.Listen(80);
        await listener.Listening;
        using var client = world.Space.Run(() => new TcpClient(AddressFamily.InterNetwork));
        await client.ConnectAsync(IPAddress.Parse("10.9.0.2"), 80).WaitAsync(AsyncStacks.Patience);
        await using var server = await listener.AcceptAsync();
        Assert.Equal(client.Client.LocalEndPoint, server.RemoteEndPoint);
        await Exchange(client, server);
    }

    [Fact]
    public async Task A_client_of_the_stack_and_a_server_of_the_kernel_exchange_megabytes()
    {
        Requires.Tap();
        await using var world = new World();
        using var listener = world.Space.Run(() =>
        {
            var listener = new TcpListener(IPAddress.Parse("10.9.0.1"), 80);
            listener.Start();
            return listener;
        });
        var accept = listener.AcceptTcpClientAsync();
        await using var client = await world.Stack.Sockets.ConnectAsync(new IPEndPoint(IPAddress.Parse("10.9.0.1"), 80));
        using var server = await accept.WaitAsync(AsyncStacks.Patience);
        Assert.Equal(server.Client.RemoteEndPoint, client.LocalEndPoint);
        await Exchange(server, client);
    }

    [Fact]
    public async Task The_kernels_refusals_and_resets_have_their_codes()
    {
        Requires.Tap();
        await using var world = new World();
        var refused = await Assert.ThrowsAsync<SocketException>(
            () => world.Stack.Sockets.ConnectAsync(new IPEndPoint(IPAddress.Parse("10.9.0.1"), 9)).AsTask().WaitAsync(AsyncStacks.Patience));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
        using var listener = world.Stack.Sockets.Listen(80);
        await listener.Listening;
        var client = world.Space.Run(() => new TcpClient(AddressFamily.InterNetwork));
        await client.ConnectAsync(IPAddress.Parse("10.9.0.2"), 80).WaitAsync(AsyncStacks.Patience);
        await using var server = await listener.AcceptAsync();
        var read = server.ReadAsync(new byte[1]).AsTask();
        client.LingerState = new LingerOption(true, 0);

        // the client itself would send a FIN before
        client.Client.Dispose();
        var reset = await Assert.ThrowsAsync<SocketException>(() => read.WaitAsync(AsyncStacks.Patience));
        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
    }

    [Fact]
    public async Task An_abort_of_the_stack_is_a_reset_to_the_kernel_and_a_closed_port_a_refusal()
    {
        Requires.Tap();
        await using var world = new World();
        using var listener = world.Stack.Sockets.Listen(80);
        await listener.Listening;
        using var client = world.Space.Run(() => new TcpClient(AddressFamily.InterNetwork));
        await client.ConnectAsync(IPAddress.Parse("10.9.0.2"), 80).WaitAsync(AsyncStacks.Patience);
        await using var server = await listener.AcceptAsync();
        server.Abort();
        var error = await Assert.ThrowsAsync<IOException>(
            () => client.GetStream().ReadAsync(new byte[1]).AsTask().WaitAsync(AsyncStacks.Patience));
        Assert.Equal(SocketError.ConnectionReset, Assert.IsType<SocketException>(error.InnerException).SocketErrorCode);
        using var other = world.Space.Run(() => new TcpClient(AddressFamily.InterNetwork));
        var refused = await Assert.ThrowsAsync<SocketException>(
            () => other.ConnectAsync(IPAddress.Parse("10.9.0.2"), 81).WaitAsync(AsyncStacks.Patience));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
    }

    [Fact]
    public async Task Curl_fetches_a_page_from_the_stack()
    {
        Requires.Tap();
        Requires.Tool("curl");
        await using var world = new World();
        using var listener = world.Stack.Sockets.Listen(8080);
        await listener.Listening;
        var page = new string('m', 300_000);
        var serving = Task.Run(async () =>
        {
            await using var stream = (await listener.AcceptAsync()).GetStream();
            using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
            var request = await reader.ReadLineAsync();
            while (!string.IsNullOrEmpty(await reader.ReadLineAsync()))
            {
                // the headers say nothing that matters here
            }

            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {page.Length}\r\nConnection: close\r\n\r\n{page}"));
            return request;
        });
        Assert.Equal(page, world.Space.Execute("curl", "-sS", "--max-time", "20", "http://10.9.0.2:8080/page"));
        Assert.Equal("GET /page HTTP/1.1", await serving.WaitAsync(AsyncStacks.Patience));
    }

    private static async Task Exchange(TcpClient kernel, AsyncTcpConnection ours)
    {
        var stream = kernel.GetStream();
        var bytes = new byte[Length];
        new Random(7).NextBytes(bytes);
        var fromKernel = Task.Run(async () =>
        {
            await stream.WriteAsync(bytes);
            kernel.Client.Shutdown(SocketShutdown.Send);
            return Convert.ToHexString(SHA256.HashData(bytes));
        });
        var toKernel = Task.Run(async () => Convert.ToHexString(await SHA256.HashDataAsync(stream)));
        var results = await Task.WhenAll(
            fromKernel,
            Task.Run(() => AsyncStackTests.Receive(ours)),
            Task.Run(() => AsyncStackTests.Send(ours, seed: 8, Length)),
            toKernel).WaitAsync(AsyncStacks.Patience);
        Assert.Equal(results[0], results[1]);
        Assert.Equal(results[2], results[3]);
    }

    private sealed class World : IAsyncDisposable
    {
        private readonly TapNic nic;
        private readonly Worker worker;

        public World()
        {
            nic = Space.Run(() => new TapNic(new TapOptions { KernelAddress = "10.9.0.1/24" }));
            Stack = new TapStack(new() { Nic = nic, Entropy = Entropy.FromOperatingSystem() });
            worker = new Worker(Stack);
            worker.Start();
        }

        public NetworkNamespace Space { get; } = new();

        public TapStack Stack { get; }

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
