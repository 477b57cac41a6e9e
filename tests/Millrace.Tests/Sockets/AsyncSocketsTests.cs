using System.Net.Sockets;
using Millrace.Sockets;

namespace Millrace.Tests.Sockets;

public sealed class AsyncSocketsTests
{
    [Fact]
    public async Task Both_ends_of_a_connection_know_each_other()
    {
        await using var fixture = new AsyncSocketsFixture();
        var (client, server) = await fixture.ConnectPair(80);
        Assert.Equal(80, client.RemoteEndPoint.Port);
        Assert.Equal(client.Local, server.Remote);
        Assert.Equal(client.Remote, server.Local);
    }

    [Fact]
    public async Task An_echo_gives_back_every_byte_however_small_the_window()
    {
        await using var fixture = new AsyncSocketsFixture();
        var (client, server) = await fixture.ConnectPair();
        var echo = Echo(server);
        var sent = new byte[100_000];
        new Random(1).NextBytes(sent);
        var write = Task.Run(async () =>
        {
            await client.WriteAsync(sent);
            client.Shutdown();
        });
        var received = await ReadToEnd(client).WaitAsync(AsyncSocketsFixture.Patience);
        await write.WaitAsync(AsyncSocketsFixture.Patience);
        await echo.WaitAsync(AsyncSocketsFixture.Patience);
        Assert.Equal(sent, received);
        client.Dispose();
        await fixture.Until(() => fixture.Stack.Tcp.OpenCount == 0);
        Assert.Equal(0, fixture.Stack.Tcp.Resets);
    }

    [Fact]
    public async Task A_half_closed_connection_still_receives()
    {
        await using var fixture = new AsyncSocketsFixture();
        var (client, server) = await fixture.ConnectPair();
        client.Shutdown();
        Assert.Equal(0, await server.ReadAsync(new byte[1]).AsTask().WaitAsync(AsyncSocketsFixture.Patience));
        await server.WriteAsync(new byte[] { 1, 2, 3 });
        var buffer = new byte[8];
        Assert.Equal(3, await client.ReadAsync(buffer).AsTask().WaitAsync(AsyncSocketsFixture.Patience));
        var error = await Assert.ThrowsAsync<SocketException>(async () => await client.WriteAsync(new byte[1]));
        Assert.Equal(SocketError.Shutdown, error.SocketErrorCode);
    }

    [Fact]
    public async Task A_shutdown_waits_for_the_write_before_it()
    {
        await using var fixture = new AsyncSocketsFixture();
        var (client, server) = await fixture.ConnectPair();
        var write = client.WriteAsync(new byte[3 * CoupledTcp.Window]);
        client.Shutdown();
        var received = await ReadToEnd(server).WaitAsync(AsyncSocketsFixture.Patience);
        await write;
        Assert.Equal(3 * CoupledTcp.Window, received.Length);
    }

    [Fact]
    public async Task A_read_into_an_empty_buffer_waits_for_data_and_takes_none()
    {
        await using var fixture = new AsyncSocketsFixture();
        var (client, server) = await fixture.ConnectPair();
        var ready = server.ReadAsync(Memory<byte>.Empty).AsTask();
        Assert.False(ready.IsCompleted);
        await client.WriteAsync(new byte[] { 5 });
        Assert.Equal(0, await ready.WaitAsync(AsyncSocketsFixture.Patience));
        var buffer = new byte[2];
        Assert.Equal(1, await server.ReadAsync(buffer));
        Assert.Equal(5, buffer[0]);
    }

    [Fact]
    public async Task Connections_wait_in_the_backlog_and_beyond_it_are_reset_and_counted()
    {
        await using var fixture = new AsyncSocketsFixture();
        using var listener = fixture.Sockets.Listen(7, backlog: 2);
        var clients = new List<AsyncTcpConnection>();
        for (var i = 0; i < 3; i++)
        {
            clients.Add(await fixture.Sockets.ConnectAsync(AsyncSocketsFixture.Port(7)));
        }

        await fixture.Until(() => listener.Overflows == 1);
        var error = await Assert.ThrowsAsync<SocketException>(async () => await clients[2].ReadAsync(new byte[1]));
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
        Assert.Equal(clients[0].Local, (await listener.AcceptAsync()).Remote);
        Assert.Equal(clients[1].Local, (await listener.AcceptAsync()).Remote);
    }

    [Fact]
    public async Task Several_callers_can_wait_for_connections_and_each_gets_one()
    {
        await using var fixture = new AsyncSocketsFixture();
        using var listener = fixture.Sockets.Listen(7);
        var accepts = Enumerable.Range(0, 4).Select(_ => listener.AcceptAsync().AsTask()).ToArray();
        var clients = await Task.WhenAll(
            Enumerable.Range(0, 4).Select(_ => fixture.Sockets.ConnectAsync(AsyncSocketsFixture.Port(7)).AsTask()));
        var servers = await Task.WhenAll(accepts).WaitAsync(AsyncSocketsFixture.Patience);
        Assert.Equal(clients.Select(c => c.Local).Order(EndpointOrder), servers.Select(s => s.Remote).Order(EndpointOrder));
    }

    [Fact]
    public async Task Stopping_a_listener_ends_waiting_callers_and_resets_who_was_not_accepted()
    {
        await using var fixture = new AsyncSocketsFixture();
        var listener = fixture.Sockets.Listen(7);
        await listener.Listening;
        var client = await fixture.Sockets.ConnectAsync(AsyncSocketsFixture.Port(7));
        Assert.Equal(client.Local, (await listener.AcceptAsync()).Remote);
        var second = await fixture.Sockets.ConnectAsync(AsyncSocketsFixture.Port(7));
        var other = fixture.Sockets.Listen(8);
        var accept = other.AcceptAsync();
        other.Stop();
        listener.Stop();
        var ended = await Assert.ThrowsAsync<SocketException>(async () => await accept);
        Assert.Equal(SocketError.OperationAborted, ended.SocketErrorCode);
        var reset = await Assert.ThrowsAsync<SocketException>(async () => await second.ReadAsync(new byte[1]));
        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await listener.AcceptAsync());
        await fixture.Until(() => !fixture.Stack.Tcp.IsListening(7) && !fixture.Stack.Tcp.IsListening(8));
    }

    [Fact]
    public async Task A_port_has_one_listener()
    {
        await using var fixture = new AsyncSocketsFixture();
        var listener = fixture.Sockets.Listen(7);
        Assert.Throws<SocketException>(() => fixture.Sockets.Listen(7));
        listener.Stop();
        using var again = fixture.Sockets.Listen(7);
        await again.Listening.WaitAsync(AsyncSocketsFixture.Patience);
    }

    [Fact]
    public async Task A_port_of_another_application_is_refused_where_callers_see_it()
    {
        await using var fixture = new AsyncSocketsFixture();
        await fixture.Worker.InvokeAsync(() => fixture.Stack.Tcp.TryListen(1, 7));
        using var listener = fixture.Sockets.Listen(7);
        var error = await Assert.ThrowsAsync<SocketException>(() => listener.Listening);
        Assert.Equal(SocketError.AddressAlreadyInUse, error.SocketErrorCode);
        error = await Assert.ThrowsAsync<SocketException>(async () => await listener.AcceptAsync());
        Assert.Equal(SocketError.AddressAlreadyInUse, error.SocketErrorCode);
        listener.Stop();
        await fixture.Until(() => fixture.Stack.Tcp.IsListening(7));
    }

    [Fact]
    public async Task No_delay_is_what_was_set_last()
    {
        await using var fixture = new AsyncSocketsFixture(start: false);
        using var listener = fixture.Sockets.Listen(7);
        var connect = fixture.Sockets.ConnectAsync(AsyncSocketsFixture.Port(7));
        fixture.Worker.Start();
        var client = await connect;
        await fixture.Worker.InvokeAsync(() =>
        {
            client.NoDelay = true;
            client.NoDelay = false;
            client.NoDelay = true;
        });
        await fixture.Until(() => fixture.Stack.Tcp.NoDelayOf(1));
        client.NoDelay = false;
        await fixture.Until(() => !fixture.Stack.Tcp.NoDelayOf(1));
    }

    [Fact]
    public async Task Many_connections_share_a_ring_smaller_than_their_number()
    {
        const int Pairs = 100;
        await using var fixture = new AsyncSocketsFixture(connections: 2 * Pairs, calls: 4);
        using var listener = fixture.Sockets.Listen(7);
        var serving = Task.Run(async () =>
        {
            var echoes = new List<Task>();
            for (var i = 0; i < Pairs; i++)
            {
                echoes.Add(Echo(await listener.AcceptAsync()));
            }

            await Task.WhenAll(echoes);
        });
        await Task.WhenAll(Enumerable.Range(0, Pairs).Select(i => Task.Run(async () =>
        {
            using var client = await fixture.Sockets.ConnectAsync(AsyncSocketsFixture.Port(7));
            var sent = new byte[1000 + i];
            new Random(i).NextBytes(sent);
            await client.WriteAsync(sent);
            client.Shutdown();
            Assert.Equal(sent, await ReadToEnd(client));
        }))).WaitAsync(AsyncSocketsFixture.Patience);
        await serving.WaitAsync(AsyncSocketsFixture.Patience);
        await fixture.Until(() => fixture.Stack.Tcp.OpenCount == 0);
    }

    internal static async Task Echo(AsyncTcpConnection connection)
    {
        using (connection)
        {
            var buffer = new byte[1024];
            int count;
            while ((count = await connection.ReadAsync(buffer)) > 0)
            {
                await connection.WriteAsync(buffer.AsMemory(0, count));
            }

            connection.Shutdown();
        }
    }

    internal static async Task<byte[]> ReadToEnd(AsyncTcpConnection connection)
    {
        var all = new MemoryStream();
        var buffer = new byte[777];
        int count;
        while ((count = await connection.ReadAsync(buffer)) > 0)
        {
            all.Write(buffer, 0, count);
        }

        return all.ToArray();
    }

    private static readonly Comparer<Headers.InetEndpoint> EndpointOrder =
        Comparer<Headers.InetEndpoint>.Create((a, b) => a.Port.CompareTo(b.Port));
}
