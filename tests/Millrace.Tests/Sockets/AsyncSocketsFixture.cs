using Millrace.Headers;
using Millrace.Sockets;

namespace Millrace.Tests.Sockets;

/// <summary>A coupled stack with a worker, and a patience after which a test that hangs fails.</summary>
internal sealed class AsyncSocketsFixture : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Worker worker;

    public AsyncSocketsFixture(int connections = 64, int calls = 64, bool start = true)
    {
        Stack = new CoupledStack(connections, calls);
        worker = new Worker(Stack);
        if (start)
        {
            worker.Start();
        }
    }

    public CoupledStack Stack { get; }

    public AsyncSockets Sockets => Stack.Sockets;

    public Worker Worker => worker;

    public static InetEndpoint Port(int port) => new(CoupledTcp.Self, (ushort)port);

    /// <summary>Two ends of a new connection; the listener's port is free again afterwards.</summary>
    public async Task<(AsyncTcpConnection Client, AsyncTcpConnection Server)> ConnectPair(int port = 7)
    {
        using var listener = Sockets.Listen(port);
        var accept = listener.AcceptAsync();
        var client = await Sockets.ConnectAsync(Port(port)).AsTask().WaitAsync(Patience);
        return (client, await accept.AsTask().WaitAsync(Patience));
    }

    /// <summary>Waits until something is true on the worker, by asking it between polls.</summary>
    public async Task Until(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await worker.InvokeAsync(condition))
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await worker.DisposeAsync();
        Stack.Dispose();
    }
}
