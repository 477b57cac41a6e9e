using System.Buffers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Sockets;

namespace Millrace.Tests.Sockets;

public sealed class AsyncSocketsErrorTests
{
    public static TheoryData<string, int, SocketError> Failures => new()
    {
        { CoupledTcp.Self.ToString(), 9, SocketError.ConnectionRefused },
        { CoupledTcp.TimesOut.ToString(), 9, SocketError.TimedOut },
        { CoupledTcp.Unreachable.ToString(), 9, SocketError.HostUnreachable },
        { CoupledTcp.NoRoute.ToString(), 9, SocketError.NetworkUnreachable },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_failed_connect_says_why(string address, int port, SocketError expected)
    {
        await using var fixture = new AsyncSocketsFixture();
        var error = await Assert.ThrowsAsync<SocketException>(
            async () => await fixture.Sockets.ConnectAsync(new InetEndpoint(InetAddress.Parse(address), (ushort)port)));
        Assert.Equal(expected, error.SocketErrorCode);
        await fixture.Until(() => fixture.Stack.Tcp.OpenCount == 0);
    }

    [Fact]
    public async Task A_connect_beyond_the_declared_connections_is_refused()
    {
        await using var fixture = new AsyncSocketsFixture(connections: 2);
        var (_, _) = await fixture.ConnectPair();
        var error = await Assert.ThrowsAsync<SocketException>(
            async () => await fixture.Sockets.ConnectAsync(AsyncSocketsFixture.Port(7)));
        Assert.Equal(SocketError.TooManyOpenSockets, error.SocketErrorCode);
    }

    [Fact]
    public async Task A_cancelled_connect_gives_its_place_back()
    {
        await using var fixture = new AsyncSocketsFixture(connections: 1);
        for (var i = 0; i < 3; i++)
        {
            using var cancellation = new CancellationTokenSource();
            var connect = fixture.Sockets.ConnectAsync(new InetEndpoint(CoupledTcp.Silent, 80), cancellation.Token);
            await fixture.Until(() => fixture.Stack.Tcp.OpenCount == 1);
            cancellation.Cancel();
            await Assert.ThrowsAsync<OperationCanceledException>(async () => await connect);
            await fixture.Until(() => fixture.Stack.Tcp.OpenCount == 0);
        }
    }

    [Fact]
    public async Task A_cancelled_read_takes_nothing_and_leaves_the_connection_usable()
    {
        await using var fixture = new AsyncSocketsFixture();
        var (client, server) = await fixture.ConnectPair();
        using var cancellation = new CancellationTokenSource();
        var buffer = new byte[4];
        var read = server.ReadAsync(buffer, cancellation.Token);
        cancellation.Cancel();
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await read);
        Assert.Equal(cancellation.Token, error.CancellationToken);
        await client.WriteAsync(new byte[] { 1, 2 });
        Assert.Equal(2, await server.ReadAsync(buffer));
        Assert.Equal(new byte[] { 1, 2, 0, 0 }, buffer);
    }

    [Fact]
    public async Task A_cancelled_write_leaves_what_was_taken_and_the_connection_usable()
    {
        await using var fixture = new AsyncSocketsFixture();
        var (client, server) = await fixture.ConnectPair();
        using var cancellation = new CancellationTokenSource();
        var write = client.WriteAsync(new byte[CoupledTcp.Window + 1], cancellation.Token);
        Assert.Equal(0, await server.ReadAsync(Memory<byte>.Empty));
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await write);
        var total = 0;
        while (total < CoupledTcp.Window)
        {
            total += await server.ReadAsync(new byte[CoupledTcp.Window]);
        }

        await client.WriteAsync(new byte[] { 9 });
        var last = new byte[1];
        Assert.Equal(1, await server.ReadAsync(last));
        Assert.Equal(9, last[0]);
    }

    [Fact]
    public async Task A_cancelled_accept_does_not_swallow_the_next_connection()
    {
        await using var fixture = new AsyncSocketsFixture();
        using var listener = fixture.Sockets.Listen(7);
        using var cancellation = new CancellationTokenSource();
        var first = listener.AcceptAsync();
        var second = listener.AcceptAsync(cancellation.Token);
        var third = listener.AcceptAsync();
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await second);
        var a = await fixture.Sockets.ConnectAsync(AsyncSocketsFixture.Port(7));
        var b = await fixture.Sockets.ConnectAsync(AsyncSocketsFixture.Port(7));
        Assert.Equal(a.Local, (await first).Remote);
        Assert.Equal(b.Local, (await third).Remote);
    }

    [Fact]
    public async Task A_token_that_is_cancelled_already_asks_for_nothing()
    {
        await using var fixture = new AsyncSocketsFixture();
        var (client, _) = await fixture.ConnectPair();
        var cancelled = new CancellationToken(true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await client.ReadAsync(new byte[1], cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await client.WriteAsync(new byte[1], cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await fixture.Sockets.ConnectAsync(AsyncSocketsFixture.Port(7), cancelled));
    }

    [Fact]
    public async Task Disposing_ends_pending_calls_and_refuses_later_ones()
    {
        await using var fixture = new AsyncSocketsFixture();
        var (client, _) = await fixture.ConnectPair();
        var read = client.ReadAsync(new byte[1]);
        var write = client.WriteAsync(new byte[CoupledTcp.Window + 1]);
        client.Dispose();
        Assert.Equal(SocketError.OperationAborted, (await Assert.ThrowsAsync<SocketException>(async () => await read)).SocketErrorCode);
        Assert.Equal(SocketError.OperationAborted, (await Assert.ThrowsAsync<SocketException>(async () => await write)).SocketErrorCode);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await client.ReadAsync(new byte[1]));
        Assert.Throws<ObjectDisposedException>(client.Shutdown);
    }

    [Fact]
    public async Task Disposing_with_unread_data_resets_and_without_it_does_not()
    {
        await using var fixture = new AsyncSocketsFixture();
        var (client, server) = await fixture.ConnectPair();
        client.Dispose();
        Assert.Equal(0, await server.ReadAsync(new byte[1]));
        Assert.Equal(0, fixture.Stack.Tcp.Resets);
        server.Dispose();
        (client, server) = await fixture.ConnectPair();
        await server.WriteAsync(new byte[1]);
        client.Dispose();
        var error = await Assert.ThrowsAsync<SocketException>(async () => await server.ReadAsync(new byte[1]));
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
        server.Dispose();
        await fixture.Until(() => fixture.Stack.Tcp.OpenCount == 0);
        Assert.Equal(1, fixture.Stack.Tcp.Resets);
    }

    [Fact]
    public async Task An_abort_is_a_reset_to_the_peer_and_an_aborted_connection_here()
    {
        await using var fixture = new AsyncSocketsFixture();
        var (client, server) = await fixture.ConnectPair();
        var pending = client.ReadAsync(new byte[1]);
        var peers = server.ReadAsync(new byte[1]);
        client.Abort();
        Assert.Equal(SocketError.ConnectionAborted, (await Assert.ThrowsAsync<SocketException>(async () => await pending)).SocketErrorCode);
        Assert.Equal(SocketError.ConnectionReset, (await Assert.ThrowsAsync<SocketException>(async () => await peers)).SocketErrorCode);
        var late = await Assert.ThrowsAsync<SocketException>(async () => await client.WriteAsync(new byte[1]));
        Assert.Equal(SocketError.ConnectionAborted, late.SocketErrorCode);
        late = await Assert.ThrowsAsync<SocketException>(async () => await server.WriteAsync(new byte[1]));
        Assert.Equal(SocketError.ConnectionReset, late.SocketErrorCode);
    }

    [Fact]
    public async Task A_second_read_beside_a_pending_one_is_refused()
    {
        await using var fixture = new AsyncSocketsFixture();
        var (client, _) = await fixture.ConnectPair();
        var first = client.ReadAsync(new byte[1]);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await client.ReadAsync(new byte[1]));
        client.Dispose();
        await Assert.ThrowsAsync<SocketException>(async () => await first);
    }

    [Fact]
    public async Task A_disposed_connection_cannot_reach_the_next_one_of_its_place()
    {
        await using var fixture = new AsyncSocketsFixture(connections: 2);
        var (client, server) = await fixture.ConnectPair();
        client.Dispose();
        server.Dispose();
        await fixture.Until(() => fixture.Stack.Tcp.OpenCount == 0);
        var (next, peer) = await fixture.ConnectPair();
        client.Dispose();
        await client.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await server.WriteAsync(new byte[1]));
        await peer.WriteAsync(new byte[] { 3 });
        Assert.Equal(1, await next.ReadAsync(new byte[4]));
    }

    [Fact]
    public async Task A_connection_that_was_closed_keeps_its_error_though_its_place_is_used_again()
    {
        await using var fixture = new AsyncSocketsFixture(connections: 2);
        var (client, server) = await fixture.ConnectPair();
        server.Abort();
        server.Dispose();
        await fixture.Until(() => fixture.Stack.Tcp.OpenCount == 0);
        var (_, _) = await fixture.ConnectPair();
        var error = await Assert.ThrowsAsync<SocketException>(async () => await client.ReadAsync(new byte[1]));
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    [Fact]
    public async Task A_forgotten_connection_is_closed_when_it_is_collected()
    {
        await using var fixture = new AsyncSocketsFixture();
        await Forget(fixture);
        for (var i = 0; i < 50 && await fixture.Worker.InvokeAsync(() => fixture.Stack.Tcp.OpenCount) > 0; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.Equal(0, await fixture.Worker.InvokeAsync(() => fixture.Stack.Tcp.OpenCount));
    }

    [Fact]
    public async Task A_callers_memory_that_fails_is_the_callers_exception()
    {
        await using var fixture = new AsyncSocketsFixture();
        var (client, server) = await fixture.ConnectPair();
        await client.WriteAsync(new byte[1]);
        using var broken = new BrokenMemory();
        await Assert.ThrowsAsync<FormatException>(async () => await server.ReadAsync(broken.Broken));
        await Assert.ThrowsAsync<FormatException>(async () => await server.WriteAsync(broken.Broken));
        Assert.Equal(1, await server.ReadAsync(new byte[4]));
        Assert.False(fixture.Worker.Faulted);
    }

    [Fact]
    public async Task A_faulted_worker_ends_every_call_and_later_ones_fail_too()
    {
        await using var fixture = new AsyncSocketsFixture();
        var (client, server) = await fixture.ConnectPair();
        using var listener = fixture.Sockets.Listen(8);
        var read = client.ReadAsync(new byte[1]);
        var accept = listener.AcceptAsync();
        fixture.Stack.Fault = new FormatException("broken stage");
        fixture.Stack.Wake();
        await Assert.ThrowsAsync<FormatException>(() => fixture.Worker.Completion);
        foreach (var call in new Func<Task>[]
        {
            async () => await read,
            async () => await accept,
            async () => await server.WriteAsync(new byte[1]),
            async () => await fixture.Sockets.ConnectAsync(AsyncSocketsFixture.Port(8)),
            async () => await listener.AcceptAsync(),
        })
        {
            var error = await Assert.ThrowsAsync<SocketException>(() => call().WaitAsync(AsyncSocketsFixture.Patience));
            Assert.Equal(SocketError.NetworkDown, error.SocketErrorCode);
        }
    }

    [Fact]
    public async Task A_disposed_stack_ends_what_a_stopped_worker_left_pending()
    {
        await using var fixture = new AsyncSocketsFixture();
        var (client, server) = await fixture.ConnectPair();
        using var listener = fixture.Sockets.Listen(8);
        var accept = listener.AcceptAsync().AsTask();
        var read = client.ReadAsync(new byte[1]).AsTask();
        await fixture.Worker.StopAsync();
        var late = server.ReadAsync(new byte[1]).AsTask();
        Assert.False(read.IsCompleted || accept.IsCompleted || late.IsCompleted);
        fixture.Stack.Dispose();
        foreach (var call in new Task[] { accept, read, late })
        {
            var error = await Assert.ThrowsAsync<SocketException>(() => call.WaitAsync(AsyncSocketsFixture.Patience));
            Assert.Equal(SocketError.OperationAborted, error.SocketErrorCode);
        }

        client.Dispose();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task Forget(AsyncSocketsFixture fixture) => await fixture.ConnectPair();

    private sealed class BrokenMemory : MemoryManager<byte>
    {
        public Memory<byte> Broken => CreateMemory(1);

        public override Span<byte> GetSpan() => throw new FormatException();

        public override MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException();

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
