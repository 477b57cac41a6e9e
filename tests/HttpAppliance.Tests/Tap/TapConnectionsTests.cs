using System.Net;
using System.Net.Sockets;
using System.Text;
using HttpAppliance.Fetch;
using HttpAppliance.Http;
using Millrace;
using Millrace.Headers;
using Millrace.Nics;
using Millrace.Tcp;
using Millrace.Testing;
using Millrace.Tests;

namespace HttpAppliance.Tests.Tap;

public sealed class TapConnectionsTests
{
    [Fact]
    public async Task Five_hundred_connections_at_once_are_all_served()
    {
        const int count = 500;
        using var world = new KernelAndServer();
        var sockets = world.Namespace.Run(() => Enumerable.Range(0, count)
            .Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)).ToArray());
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await Task.WhenAll(sockets.Select(socket => socket.ConnectAsync(IPAddress.Parse("10.0.0.2"), 80, patience.Token).AsTask()));
        await Task.WhenAll(sockets.Select((socket, i) => Fetch(socket, 10_000 + 100 * i, patience.Token)));
        foreach (var socket in sockets)
        {
            socket.Dispose();
        }

        world.Stop();
    }

    [Fact]
    public async Task The_stack_reaches_a_listener_of_the_kernel()
    {
        Requires.Tap();
        using var space = new NetworkNamespace();
        using var tap = space.Run(() => new TapNic(new TapOptions { Name = "mr0", KernelAddress = "10.0.0.2/24" }));
        using var listener = space.Run(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Any, 80));
            socket.Listen();
            return socket;
        });
        const int length = 8 << 20;
        var plan = new FetchPlan(length);
        using var stack = new ClientStack(new ClientStack.Setup { Nic = tap, Entropy = new Entropy(3, 4), Plan = plan });
        using var worker = new Worker(stack);
        worker.Start();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var result = await worker.InvokeAsync(() => stack.Tcp.Connect(
            ClientStack.Applications.FetchConnection, new InetEndpoint(InetAddress.Parse("10.0.0.2"), 80), out _));
        Assert.Equal(TcpConnectResult.Opening, result);

        using var accepted = await listener.AcceptAsync(patience.Token);
        Assert.Equal("10.0.0.1", ((IPEndPoint)accepted.RemoteEndPoint!).Address.ToString());
        await Answer(accepted, WelcomePage.Content, patience.Token);
        var file = new byte[length];
        GeneratedBytes.Fill(file, 0);
        await Answer(accepted, file, patience.Token);
        Assert.Equal(0, await accepted.ReceiveAsync(new byte[1], patience.Token));
        await worker.StopAsync();
        Assert.Null(plan.Failure);
        Assert.True(plan.IsComplete);
    }

    [Fact]
    public async Task A_port_where_nobody_listens_refuses()
    {
        Requires.Tap();
        using var space = new NetworkNamespace();
        using var tap = space.Run(() => new TapNic(new TapOptions { Name = "mr0", KernelAddress = "10.0.0.2/24" }));
        var plan = new FetchPlan(1);
        using var stack = new ClientStack(new ClientStack.Setup { Nic = tap, Entropy = new Entropy(3, 4), Plan = plan });
        using var worker = new Worker(stack);
        worker.Start();
        await worker.InvokeAsync(() => stack.Tcp.Connect(
            ClientStack.Applications.FetchConnection, new InetEndpoint(InetAddress.Parse("10.0.0.2"), 81), out _));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await worker.InvokeAsync(() => plan.IsClosed))
        {
            await Task.Delay(10, patience.Token);
        }

        Assert.Equal("the connection ended (Refused) after 0 bytes", plan.Failure);
    }

    private static async Task Fetch(Socket socket, int length, CancellationToken patience)
    {
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET /bytes/{length} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), patience);
        using var stream = new NetworkStream(socket);
        var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, patience);
        var response = bytes.ToArray();
        var body = response[(response.AsSpan().IndexOf("\r\n\r\n"u8) + 4)..];
        Assert.Equal(length, body.Length);
        Assert.Equal(-1, GeneratedBytes.FirstDifference(body, 0));
    }

    private static async Task Answer(Socket socket, byte[] body, CancellationToken patience)
    {
        var request = new MemoryStream();
        var buffer = new byte[1000];
        while (!request.ToArray().AsSpan().EndsWith("\r\n\r\n"u8))
        {
            var count = await socket.ReceiveAsync(buffer, patience);
            Assert.NotEqual(0, count);
            request.Write(buffer, 0, count);
        }

        await socket.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n"), patience);
        for (var sent = 0; sent < body.Length;)
        {
            sent += await socket.SendAsync(body.AsMemory(sent), patience);
        }
    }
}
