using Millrace.Headers;
using Millrace.Nics;
using Millrace.Tcp;

namespace Millrace.Workloads.Connections;

/// <summary>W3: connect, a byte each way, close by the client; both ends on this thread.</summary>
internal sealed class ConnectionRate : IDisposable
{
    private const int AtOnce = 64;

    private readonly MemoryWire wire;
    private readonly INetworkStack server;
    private readonly INetworkStack client;
    private readonly TcpSockets atServer;
    private readonly TcpSockets atClient;
    private readonly RateTally tally = new();
    private readonly InetEndpoint remote = new(InetAddress.Parse("10.0.0.1"), 80);
    private long failed;

    private ConnectionRate(
        WireMode mode, Func<MemoryWire, RateTally, (INetworkStack Server, TcpSockets AtServer, INetworkStack Client, TcpSockets AtClient)> make)
    {
        wire = new MemoryWire(new MemoryWireOptions { Mode = mode, Features = NicFeatures.None });
        (server, atServer, client, atClient) = make(wire, tally);
    }

    public static IEnumerable<KeyValuePair<(string, string), Func<RunLength, IEnumerable<Reading>>>> Variants =>
    [
        new(("W3", "copying"), static length => Run("copying", () => Plain(WireMode.Copying), "no timestamps", length)),
        new(("W3", "handover"), static length => Run("handover", () => Plain(WireMode.HandOver), "no timestamps", length)),
        new(("W3", "copying-full"), static length => Run("copying-full", () => Full(WireMode.Copying), "all on", length)),
        new(("W3", "handover-full"), static length => Run("handover-full", () => Full(WireMode.HandOver), "all on", length)),
    ];

    private static ConnectionRate Plain(WireMode mode) => new(mode, static (wire, tally) =>
    {
        var server = new RateServer(new() { Nic = wire.A, Entropy = new Entropy(1, 2), Tally = tally });
        var client = new RateClient(new() { Nic = wire.B, Entropy = new Entropy(3, 4), Tally = tally });
        return (server, server.Tcp, client, client.Tcp);
    });

    private static ConnectionRate Full(WireMode mode) => new(mode, static (wire, tally) =>
    {
        var server = new FullRateServer(new() { Nic = wire.A, Entropy = new Entropy(1, 2), Tally = tally });
        var client = new FullRateClient(new() { Nic = wire.B, Entropy = new Entropy(3, 4), Tally = tally });
        return (server, server.Tcp, client, client.Tcp);
    });

    private static IEnumerable<Reading> Run(string variant, Func<ConnectionRate> make, string options, RunLength length)
    {
        using var run = make();
        foreach (var (name, atOnce) in new[] { (variant, AtOnce), (variant + "-one", 1) })
        {
            WarmUp.Run(() => run.Work(atOnce));
            var (wall, cpu, allocated) = Slices.Measure(length.IsQuick ? 0.5 : 1.5, () => run.Work(atOnce));
            var (isRight, what) = run.Judge(allocated);
            yield return new Reading(
                name, "connections/s", 1e9 / wall, 1e9 / cpu, isRight,
                $"{atOnce} at once; TIME-WAIT at the client, 4,096 buckets, the oldest recycled; {options}, checksums in software, time by the clock; {what}");
        }
    }

    public void Dispose()
    {
        server.Dispose();
        client.Dispose();
        wire.Dispose();
    }

    /// <summary>Sixteen rounds: what is missing of the connections at once is opened, and each end is polled.</summary>
    private int Work(int atOnce)
    {
        var before = tally.Ended;
        for (var round = 0; round < 16; round++)
        {
            var now = StackClock.Now;
            while (tally.Opened - tally.Ended < atOnce)
            {
                if (atClient.Connect(RateClient.Applications.Caller, remote, out _) != TcpConnectResult.Opening)
                {
                    failed++;
                    break;
                }

                tally.Opened++;
            }

            client.Poll(0, 0, now);
            server.Poll(0, 0, now);
        }

        return (int)(tally.Ended - before);
    }

    /// <summary>Everything that was opened ended right, at both ends, and nothing was sent twice, dropped or allocated.</summary>
    private (bool IsRight, string What) Judge(long allocated)
    {
        for (var i = 0; i < 100_000 && tally.Opened > tally.ServerEnded; i++)
        {
            client.Poll(0, 0, StackClock.Now);
            server.Poll(0, 0, StackClock.Now);
        }

        ref readonly var active = ref atClient.Counters;
        ref readonly var passive = ref atServer.Counters;
        var again = active.RetransSegs + passive.RetransSegs;
        var isRight = tally.Right == tally.Opened && tally.ServerEnded == tally.Opened && passive.PassiveOpens == tally.Opened
            && failed == 0 && again == 0 && allocated == 0;
        return (isRight, isRight
            ? $"all {tally.Opened:N0} answered right and closed, 0 bytes allocated"
            : $"{tally.Opened} opened, {tally.Right} right, {passive.PassiveOpens} accepted, {tally.ServerEnded} closed by the server, {failed} refused, {again} segments again, {allocated} bytes allocated");
    }
}
