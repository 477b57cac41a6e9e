using System.Net.Sockets;
using Millrace.Headers;
using Millrace.Nics;
using Millrace.Sockets;
using Millrace.Testing;

namespace Millrace.Stack.Tests.Sockets;

/// <summary>Asynchronous sockets whose stacks run in virtual time: what takes Linux minutes takes no time here.</summary>
public sealed class AsyncVirtualTimeTests : IDisposable
{
    private readonly MemoryWire wire = new(new MemoryWireOptions { DelayNanoseconds = 1_000_000 });
    private readonly LeftStack left;
    private readonly RightStack right;
    private VirtualTimeNetwork network;

    public AsyncVirtualTimeTests()
    {
        left = new LeftStack(new() { Nic = wire.A, Entropy = new Entropy(1, 2) });
        right = new RightStack(new() { Nic = wire.B, Entropy = new Entropy(3, 4) });
        network = new VirtualTimeNetwork(left, right) { CheckLedgers = true };
    }

    [Fact]
    public async Task A_neighbour_that_does_not_answer_is_an_unreachable_host()
    {
        var connect = left.Sockets.ConnectAsync(new InetEndpoint(InetAddress.Parse("10.0.0.77"), 80));
        network.RunUntil(() => connect.IsCompleted, TimeSpan.FromMinutes(1));
        var error = await Assert.ThrowsAsync<SocketException>(async () => await connect);
        Assert.Equal(SocketError.HostUnreachable, error.SocketErrorCode);
        LedgerAssert.Empty(left);
    }

    [Fact]
    public async Task A_destination_without_a_route_is_an_unreachable_network()
    {
        var connect = left.Sockets.ConnectAsync(new InetEndpoint(InetAddress.Parse("192.0.2.1"), 80));
        network.RunUntil(() => connect.IsCompleted, TimeSpan.FromSeconds(1));
        var error = await Assert.ThrowsAsync<SocketException>(async () => await connect);
        Assert.Equal(SocketError.NetworkUnreachable, error.SocketErrorCode);
    }

    [Fact]
    public async Task A_peer_that_vanishes_is_a_write_that_times_out()
    {
        var (client, _) = await ConnectPair();
        await Run(client.WriteAsync(new byte[1]));
        network.RunFor(TimeSpan.FromSeconds(1));
        network = new VirtualTimeNetwork(left) { CheckLedgers = true, StartAt = network.Now };
        network.RunFor(TimeSpan.FromSeconds(3));
        var read = client.ReadAsync(new byte[1]);
        await Run(client.WriteAsync(new byte[1]));
        network.RunUntil(() => read.IsCompleted, TimeSpan.FromHours(1));
        var error = await Assert.ThrowsAsync<SocketException>(async () => await read);
        Assert.Contains(error.SocketErrorCode, new[] { SocketError.TimedOut, SocketError.HostUnreachable });
    }

    [Fact]
    public async Task After_an_orderly_end_and_its_TIME_WAIT_nothing_is_left()
    {
        var (client, server) = await ConnectPair();
        await Run(client.WriteAsync(new byte[100_000]), server);
        client.Dispose();
        server.Dispose();
        network.RunFor(TimeSpan.FromMinutes(3));
        LedgerAssert.Empty(left);
        LedgerAssert.Empty(right);
    }

    public void Dispose()
    {
        left.Dispose();
        right.Dispose();
        wire.Dispose();
    }

    private async Task<(AsyncTcpConnection Client, AsyncTcpConnection Server)> ConnectPair()
    {
        using var listener = right.Sockets.Listen(80);
        var accept = listener.AcceptAsync();
        network.Settle();
        var connect = left.Sockets.ConnectAsync(AsyncStackTests.Right(80));
        network.RunUntil(() => connect.IsCompleted && accept.IsCompleted, TimeSpan.FromSeconds(10));
        return (await connect, await accept);
    }

    // a write is complete when the send buffer has it; a large one needs a reader
    private async Task Run(ValueTask write, AsyncTcpConnection? reader = null)
    {
        var buffer = new byte[200_000];
        for (var left = 100_000; reader is not null && left > 0;)
        {
            var read = reader.ReadAsync(buffer);
            network.RunUntil(() => read.IsCompleted, TimeSpan.FromSeconds(10));
            left -= await read;
        }

        network.RunUntil(() => write.IsCompleted, TimeSpan.FromSeconds(10));
        await write;
    }
}
