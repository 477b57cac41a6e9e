using System.Net;
using System.Net.Sockets;
using Millrace.Headers;
using Millrace.Nics;
using Millrace.Testing;

namespace Millrace.Benchmarks.WaysIn;

/// <summary>What lies between the server and who asks it.</summary>
public interface IMedium : IDisposable
{
    Nic Server { get; }

    /// <summary>Sends a request and returns when its answer has come.</summary>
    void Ask();

    /// <summary>Lets time pass, in nanoseconds.</summary>
    void Pause(long duration);
}

/// <summary>Two stacks on a wire in memory; the one that asks is polled without a pause by the thread that measures.</summary>
public sealed class WireMedium : IMedium
{
    private static readonly InetEndpoint Server7 = new(InetAddress.Parse("10.0.0.2"), 7);

    private readonly MemoryWire wire = new(new MemoryWireOptions { Concurrent = true });
    private readonly AnswerCount answers = new();
    private readonly byte[] request = new byte[64];
    private readonly Asking stack;

    public WireMedium() => stack = new Asking(new() { Nic = wire.A, Entropy = new Entropy(3, 4), Answers = answers });

    public Nic Server => wire.B;

    public void Ask()
    {
        var before = answers.Value;
        var end = StackClock.Now + 5_000_000_000;
        if (!stack.Udp.TrySend(new InetEndpoint(default, 9), Server7, request))
        {
            throw new InvalidOperationException("The request was not taken.");
        }

        while (answers.Value == before)
        {
            var now = StackClock.Now;
            stack.Poll(0, 0, now);
            if (now > end)
            {
                throw new TimeoutException("No answer within five seconds.");
            }
        }
    }

    public void Pause(long duration)
    {
        for (var end = StackClock.Now + duration; StackClock.Now < end;)
        {
            stack.Poll(0, 0, StackClock.Now);
        }
    }

    public void Dispose()
    {
        stack.Dispose();
        wire.Dispose();
    }
}

/// <summary>A TAP in a network namespace; the kernel's socket asks, and blocks until the answer has come.</summary>
public sealed class TapMedium : IMedium
{
    private readonly NetworkNamespace space = new();
    private readonly TapNic tap;
    private readonly Socket socket;
    private readonly byte[] request = new byte[64];
    private readonly byte[] answer = new byte[64];

    public TapMedium()
    {
        tap = space.Run(() => new TapNic(new TapOptions { KernelAddress = "10.0.0.1/24" }));
        socket = space.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        socket.Bind(new IPEndPoint(IPAddress.Parse("10.0.0.1"), 0));
        socket.Connect(new IPEndPoint(IPAddress.Parse("10.0.0.2"), 7));
        socket.ReceiveTimeout = 5_000;
    }

    public Nic Server => tap;

    public void Ask()
    {
        socket.Send(request);
        socket.Receive(answer);
    }

    public void Pause(long duration)
    {
        for (var end = StackClock.Now + duration; StackClock.Now < end;)
        {
            Thread.SpinWait(10);
        }
    }

    public void Dispose()
    {
        socket.Dispose();
        tap.Dispose();
        space.Dispose();
    }
}
