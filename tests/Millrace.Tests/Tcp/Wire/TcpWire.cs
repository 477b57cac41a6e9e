using Millrace.Headers;
using Millrace.Sockets;
using Millrace.Tcp;

namespace Millrace.Tests.Tcp;

/// <summary>Two TCPs on a wire in virtual time, with loss, duplication and reordering from a seed.</summary>
public class TcpWire<TControl> : IDisposable
    where TControl : unmanaged, ICongestionControl
{
    public static readonly InetAddress ClientAddress = InetAddress.Parse("10.0.0.1");
    public static readonly InetAddress ServerAddress = InetAddress.Parse("10.0.0.2");

    private readonly PriorityQueue<(TcpHost<TControl> To, ReadOnlyMemory<byte> Packet), (long, long)> flying = new();
    private readonly Random random;
    private long order;

    public TcpWire(int seed = 1, TcpChoice? choice = null, TcpChoice? serverChoice = null, TestApplication? clientApplication = null, TestApplication? serverApplication = null)
    {
        random = new Random(seed);
        Client = new TcpHost<TControl>(ClientAddress, (ulong)seed, choice, clientApplication ?? new TestApplication());
        Server = new TcpHost<TControl>(ServerAddress, (ulong)seed + 1000, serverChoice ?? choice, serverApplication ?? new TestApplication { Port = 80 });
    }

    public TcpHost<TControl> Client { get; }

    public TcpHost<TControl> Server { get; }

    public long Now { get; private set; } = 1_000_000_000;

    public long Delay { get; init; } = 1_000_000;

    public double Loss { get; set; }

    public double Duplication { get; set; }

    public double Reordering { get; set; }

    /// <summary>Bytes a second that the bottleneck to the server takes; 0 for any number.</summary>
    public long Bandwidth { get; init; }

    /// <summary>Bytes that wait before the bottleneck; what finds no room is lost.</summary>
    public long Buffer { get; init; }

    /// <summary>Packets that found no room.</summary>
    public int Overflows { get; private set; }

    private long bottleneckFree;

    /// <summary>Nanoseconds that a packet waits before the bottleneck now.</summary>
    public long QueueTime => Math.Max(bottleneckFree - Now, 0);

    public int Packets { get; private set; }

    /// <summary>Sees what both ends send, lost or not, and when.</summary>
    public Action<long, ReadOnlyMemory<byte>>? Sent { get; init; }

    public TcpSocketId Connect()
    {
        Client.Begin(Now);
        Assert.Equal(TcpConnectResult.Opening, Client.Tcp.Connect(0, new InetEndpoint(ServerAddress, 80), out var id));
        return id;
    }

    /// <summary>Lets everything happen until nothing is in flight and no timer is due before the given time, or the test is satisfied.</summary>
    public bool Run(long milliseconds, Func<bool>? until = null)
    {
        var end = Now + (milliseconds * 1_000_000);
        Flush();
        for (var steps = 0; until is null || !until(); steps++)
        {
            Assert.True(steps < 2_000_000, "time stands still");
            var next = Math.Min(Client.Tcp.NextDeadline, Server.Tcp.NextDeadline);
            if (flying.TryPeek(out _, out var first))
            {
                next = Math.Min(next, first.Item1);
            }

            if (next > end)
            {
                Now = end;
                return until is null;
            }

            Now = Math.Max(Now, next);
            Client.Begin(Now);
            Server.Begin(Now);
            while (flying.TryPeek(out var arrival, out var time) && time.Item1 <= Now)
            {
                flying.Dequeue();
                Packets++;
                arrival.To.Take(arrival.Packet.Span);
            }

            Client.Tcp.Advance(Now);
            Server.Tcp.Advance(Now);
            Flush();
        }

        return true;
    }

    private void Flush()
    {
        Client.End(packet => Launch(Server, packet));
        Server.End(packet => Launch(Client, packet));
    }

    private void Launch(TcpHost<TControl> to, ReadOnlyMemory<byte> packet)
    {
        Sent?.Invoke(Now, packet);
        if (random.NextDouble() < Loss)
        {
            return;
        }

        var queued = 0L;
        if (Bandwidth > 0 && to == Server)
        {
            bottleneckFree = Math.Max(bottleneckFree, Now);
            if ((bottleneckFree - Now) * Bandwidth / 1_000_000_000 + packet.Length > Buffer)
            {
                Overflows++;
                return;
            }

            bottleneckFree += packet.Length * 1_000_000_000L / Bandwidth;
            queued = bottleneckFree - Now;
        }

        var copies = random.NextDouble() < Duplication ? 2 : 1;
        for (var i = 0; i < copies; i++)
        {
            var late = random.NextDouble() < Reordering ? random.Next(1, 10) * Delay / 4 : 0;
            flying.Enqueue((to, packet), (Now + queued + Delay + late, order++));
        }
    }

    public void Dispose()
    {
        Client.Dispose();
        Server.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>The same with the default algorithm.</summary>
public sealed class TcpWire(
    int seed = 1, TcpChoice? choice = null, TcpChoice? serverChoice = null, TestApplication? clientApplication = null, TestApplication? serverApplication = null)
    : TcpWire<Cubic>(seed, choice, serverChoice, clientApplication, serverApplication);
