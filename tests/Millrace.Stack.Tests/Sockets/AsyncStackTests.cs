using System.Net.Sockets;
using System.Security.Cryptography;
using Millrace.Headers;
using Millrace.Nics;
using Millrace.Sockets;

namespace Millrace.Stack.Tests.Sockets;

/// <summary>Asynchronous sockets from end to end: two declared stacks, a thread each.</summary>
public sealed class AsyncStackTests
{
    private const int Megabyte = 1 << 20;

    [Theory]
    [InlineData(WireMode.HandOver)]
    [InlineData(WireMode.Copying)]
    public async Task Megabytes_go_both_ways_at_once_and_arrive_as_they_were(WireMode mode)
    {
        await using var stacks = new AsyncStacks(mode);
        var (client, server) = await stacks.ConnectPair();
        var results = await Task.WhenAll(
            Task.Run(() => Send(client, seed: 1, 8 * Megabyte)),
            Task.Run(() => Receive(server)),
            Task.Run(() => Send(server, seed: 2, 6 * Megabyte)),
            Task.Run(() => Receive(client))).WaitAsync(AsyncStacks.Patience);
        Assert.Equal(results[0], results[1]);
        Assert.Equal(results[2], results[3]);
        Assert.NotEqual(results[0], results[2]);
        client.Dispose();
        server.Dispose();
        await stacks.UntilNothingIsQueued();
        await stacks.StopAndBalance();
    }

    [Fact]
    public async Task Many_connections_at_once_do_not_mix_their_bytes()
    {
        const int Pairs = 16;
        await using var stacks = new AsyncStacks();
        using var listener = stacks.Right.Sockets.Listen(80);
        var serving = Task.Run(async () =>
        {
            var echoes = new List<Task>();
            for (var i = 0; i < Pairs; i++)
            {
                echoes.Add(Echo(await listener.AcceptAsync()));
            }

            await Task.WhenAll(echoes);
        });
        await listener.Listening;
        await Task.WhenAll(Enumerable.Range(0, Pairs).Select(i => Task.Run(async () =>
        {
            await using var client = await stacks.Left.Sockets.ConnectAsync(Right(80));
            var sending = Send(client, seed: i, 100_000 + i);
            Assert.Equal(await Receive(client), await sending);
        }))).WaitAsync(AsyncStacks.Patience);
        await serving.WaitAsync(AsyncStacks.Patience);
        await stacks.UntilNothingIsQueued();
        await stacks.StopAndBalance();
    }

    [Fact]
    public async Task A_half_closed_connection_still_brings_the_answer()
    {
        await using var stacks = new AsyncStacks();
        var (client, server) = await stacks.ConnectPair();
        await client.WriteAsync("question"u8.ToArray());
        client.Shutdown();
        using (var reader = new StreamReader(server.GetStream(ownsConnection: false)))
        {
            Assert.Equal("question", await reader.ReadToEndAsync().WaitAsync(AsyncStacks.Patience));
        }

        await server.WriteAsync("answer"u8.ToArray());
        server.Dispose();
        using (var reader = new StreamReader(client.GetStream()))
        {
            Assert.Equal("answer", await reader.ReadToEndAsync().WaitAsync(AsyncStacks.Patience));
        }
    }

    [Theory]
    [InlineData(100)]
    [InlineData(5_000)]
    public async Task First_data_goes_on_the_SYN_once_a_cookie_is_known_and_the_rest_follows(int length)
    {
        await using var stacks = new AsyncStacks();
        var text = new byte[length];
        new Random(5).NextBytes(text);
        using (var listener = stacks.Right.Sockets.Listen(81, fastOpenQueue: 8))
        {
            await listener.Listening.WaitAsync(AsyncStacks.Patience);
            for (var i = 0; i < 3; i++)
            {
                var accept = listener.AcceptAsync();
                await using var client = await stacks.Left.Sockets.ConnectAsync(Right(81), text).AsTask().WaitAsync(AsyncStacks.Patience);
                await using var server = await accept.AsTask().WaitAsync(AsyncStacks.Patience);
                client.Shutdown();
                using var read = new MemoryStream();
                await server.GetStream(ownsConnection: false).CopyToAsync(read).WaitAsync(AsyncStacks.Patience);
                Assert.Equal(text, read.ToArray());
            }
        }

        await stacks.StopAndBalance();
        Assert.Equal((2, 0), (stacks.Left.Tcp.Counters.TCPFastOpenActive, stacks.Left.Tcp.Counters.TCPFastOpenActiveFail));
        Assert.Equal((1, 2), (stacks.Right.Tcp.Counters.TCPFastOpenCookieReqd, stacks.Right.Tcp.Counters.TCPFastOpenPassive));
    }

    [Fact]
    public async Task A_reset_is_an_IOException_with_ConnectionReset_inside()
    {
        await using var stacks = new AsyncStacks();
        var (client, server) = await stacks.ConnectPair();
        var read = client.GetStream().ReadAsync(new byte[1]).AsTask();
        server.Abort();
        var error = await Assert.ThrowsAsync<IOException>(() => read.WaitAsync(AsyncStacks.Patience));
        Assert.Equal(SocketError.ConnectionReset, Assert.IsType<SocketException>(error.InnerException).SocketErrorCode);
        await stacks.StopAndBalance();
    }

    [Fact]
    public async Task Closing_with_unread_data_resets_the_peer()
    {
        await using var stacks = new AsyncStacks();
        var (client, server) = await stacks.ConnectPair();
        await client.WriteAsync(new byte[10]);
        Assert.Equal(0, await server.ReadAsync(Memory<byte>.Empty).AsTask().WaitAsync(AsyncStacks.Patience));
        server.Dispose();
        var error = await Assert.ThrowsAsync<SocketException>(
            () => client.ReadAsync(new byte[1]).AsTask().WaitAsync(AsyncStacks.Patience));
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
        await stacks.UntilNothingIsQueued();
    }

    [Fact]
    public async Task A_port_without_a_listener_refuses()
    {
        await using var stacks = new AsyncStacks();
        var error = await Assert.ThrowsAsync<SocketException>(
            () => stacks.Left.Sockets.ConnectAsync(Right(81)).AsTask().WaitAsync(AsyncStacks.Patience));
        Assert.Equal(SocketError.ConnectionRefused, error.SocketErrorCode);
    }

    [Fact]
    public async Task A_cancelled_read_leaves_the_connection_usable()
    {
        await using var stacks = new AsyncStacks();
        var (client, server) = await stacks.ConnectPair();
        using var cancellation = new CancellationTokenSource();
        var read = client.ReadAsync(new byte[4], cancellation.Token).AsTask();
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.WaitAsync(AsyncStacks.Patience));
        await server.WriteAsync(new byte[] { 1, 2, 3 });
        var buffer = new byte[4];
        Assert.Equal(3, await client.ReadAsync(buffer).AsTask().WaitAsync(AsyncStacks.Patience));
        Assert.Equal(new byte[] { 1, 2, 3, 0 }, buffer);
    }

    [Fact]
    public async Task A_reader_who_does_not_read_stops_the_writer_until_it_does()
    {
        await using var stacks = new AsyncStacks();
        var (client, server) = await stacks.ConnectPair();
        using var cancellation = new CancellationTokenSource();
        var sent = 0L;
        var writing = Task.Run(async () =>
        {
            var block = new byte[65_536];
            while (!cancellation.IsCancellationRequested && sent < 1L << 30)
            {
                await client.WriteAsync(block);
                Interlocked.Add(ref sent, block.Length);
            }

            client.Shutdown();
        });
        var before = -1L;
        while (before != Interlocked.Read(ref sent))
        {
            before = Interlocked.Read(ref sent);
            await Task.Delay(200);
        }

        Assert.False(writing.IsCompleted);
        cancellation.Cancel();
        var received = 0L;
        var buffer = new byte[65_536];
        for (int count; (count = await server.ReadAsync(buffer).AsTask().WaitAsync(AsyncStacks.Patience)) > 0;)
        {
            received += count;
        }

        await writing;
        Assert.Equal(Interlocked.Read(ref sent), received);
    }

    internal static InetEndpoint Right(int port) => new(InetAddress.Parse("10.0.0.2"), (ushort)port);

    /// <summary>Sends bytes of a seed, then shuts down.</summary>
    /// <returns>Their hash.</returns>
    internal static async Task<string> Send(AsyncTcpConnection connection, int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        var stream = connection.GetStream(ownsConnection: false);
        for (var start = 0; start < length; start += 50_000)
        {
            await stream.WriteAsync(bytes.AsMemory(start, Math.Min(50_000, length - start)));
        }

        connection.Shutdown();
        return Convert.ToHexString(SHA256.HashData(bytes));
    }

    internal static async Task<string> Receive(AsyncTcpConnection connection) =>
        Convert.ToHexString(await SHA256.HashDataAsync(connection.GetStream(ownsConnection: false)));

    internal static async Task Echo(AsyncTcpConnection connection)
    {
        await using var stream = connection.GetStream();
        await stream.CopyToAsync(stream);
        connection.Shutdown();
    }
}
