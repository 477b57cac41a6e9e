using System.Net.Sockets;
using Millrace.Sockets;

namespace Millrace.Tests.Sockets;

public sealed class AsyncTcpStreamTests
{
    [Fact]
    public async Task An_error_is_an_IOException_around_the_sockets_own()
    {
        await using var fixture = new AsyncSocketsFixture();
        var (client, server) = await fixture.ConnectPair();
        await using var stream = client.GetStream();
        var read = stream.ReadAsync(new byte[1]);
        server.Abort();
        var error = await Assert.ThrowsAsync<IOException>(async () => await read);
        Assert.Equal(SocketError.ConnectionReset, Assert.IsType<SocketException>(error.InnerException).SocketErrorCode);
        error = await Assert.ThrowsAsync<IOException>(async () => await stream.WriteAsync(new byte[1]));
        Assert.Equal(SocketError.ConnectionReset, Assert.IsType<SocketException>(error.InnerException).SocketErrorCode);
    }

    [Fact]
    public async Task Cancellation_is_no_IOException()
    {
        await using var fixture = new AsyncSocketsFixture();
        var (client, _) = await fixture.ConnectPair();
        using var cancellation = new CancellationTokenSource();
        var read = client.GetStream().ReadAsync(new byte[1], cancellation.Token);
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await read);
    }

    [Fact]
    public async Task A_pending_read_of_a_disposed_stream_was_aborted()
    {
        await using var fixture = new AsyncSocketsFixture();
        var (client, server) = await fixture.ConnectPair();
        var stream = client.GetStream();
        var read = stream.ReadAsync(new byte[1]);
        await stream.DisposeAsync();
        var error = await Assert.ThrowsAsync<IOException>(async () => await read);
        Assert.Equal(SocketError.OperationAborted, Assert.IsType<SocketException>(error.InnerException).SocketErrorCode);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await stream.ReadExactlyAsync(new byte[1]));
        Assert.Equal(0, await server.ReadAsync(new byte[1]));
    }

    [Fact]
    public async Task A_stream_that_does_not_own_its_connection_leaves_it_open()
    {
        await using var fixture = new AsyncSocketsFixture();
        var (client, server) = await fixture.ConnectPair();
        client.GetStream(ownsConnection: false).Dispose();
        await client.WriteAsync(new byte[] { 1 });
        Assert.Equal(1, await server.ReadAsync(new byte[4]));
    }

    [Fact]
    public async Task Synchronous_calls_block_until_they_are_done()
    {
        await using var fixture = new AsyncSocketsFixture();
        var (client, server) = await fixture.ConnectPair();
        var copied = new MemoryStream();
        var reader = new Thread(() => server.GetStream().CopyTo(copied));
        reader.Start();
        var sent = new byte[5 * CoupledTcp.Window];
        new Random(3).NextBytes(sent);
        var stream = client.GetStream();
        stream.Write(sent.AsSpan(0, 100));
        stream.Write(sent, 100, sent.Length - 101);
        stream.WriteByte(sent[^1]);
        stream.Flush();
        client.Shutdown();
        Assert.True(reader.Join(AsyncSocketsFixture.Patience));
        Assert.Equal(sent, copied.ToArray());
        Assert.Equal(0, fixture.Stack.Tcp.Resets);
    }

    [Fact]
    public async Task A_blocking_call_on_the_worker_is_refused()
    {
        await using var fixture = new AsyncSocketsFixture();
        var (client, _) = await fixture.ConnectPair();
        var stream = client.GetStream();
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => fixture.Worker.InvokeAsync(() => stream.ReadByte()));
        Assert.Contains("asynchronous", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidOperationException>(() => fixture.Worker.InvokeAsync(() => stream.Write([1])));
    }

    [Fact]
    public async Task Continuations_never_run_on_the_worker()
    {
        await using var fixture = new AsyncSocketsFixture();
        var (client, server) = await fixture.ConnectPair();
        var onWorker = Task.Run(async () =>
        {
            var buffer = new byte[1];
            var count = 0;
            while (await server.ReadAsync(buffer) > 0)
            {
                count += fixture.Worker.IsCurrent ? 1 : 0;
            }

            return count;
        });
        for (var i = 0; i < 200; i++)
        {
            await client.WriteAsync(new byte[1]);
        }

        client.Shutdown();
        Assert.Equal(0, await onWorker.WaitAsync(AsyncSocketsFixture.Patience));
    }
}
