using System.Diagnostics;
using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Nics;
using Millrace.Tcp;

namespace Millrace.Workloads.Connections;

/// <summary>W4: many open connections, both ends of each in this process: 64-byte ping-pong on one, on all in turn, and the bytes of an endpoint.</summary>
internal sealed class OpenConnections : IDisposable
{
    private const int OpeningAtOnce = 64;
    private const ushort FirstPort = 80;

    /// <summary>Bytes of the two handlers of a connection, an endpoint's share.</summary>
    private static readonly double HandlerBytes = (Unsafe.SizeOf<Pinger>() + Unsafe.SizeOf<Echo>()) / 2.0;

    private readonly MemoryWire wire;
    private readonly INetworkStack server;
    private readonly INetworkStack client;
    private readonly TcpSockets sockets;
    private readonly PingRound round;
    private readonly double bytes;
    private readonly string opened;
    private readonly string options;

    /// <param name="count">Connections.</param>
    /// <param name="ports">Ports of the server, each with as many of them.</param>
    /// <param name="options">What of TCP is on, for the note.</param>
    /// <param name="make">Makes both ends.</param>
    private OpenConnections(int count, int ports, string options, Func<MemoryWire, PingRound, (INetworkStack Server, TcpSockets AtServer, INetworkStack Client, TcpSockets AtClient)> make)
    {
        this.options = options;
        wire = new MemoryWire(new MemoryWireOptions { Mode = WireMode.HandOver, Features = NicFeatures.None });
        round = new PingRound(count);
        (server, var atServer, client, sockets) = make(wire, round);
        bytes = ((atServer.ReservedBytes + sockets.ReservedBytes) / 2.0 / count) + HandlerBytes;
        round.Sockets = sockets;
        var clock = Stopwatch.StartNew();
        Open(ports);
        opened = FormattableString.Invariant($"{round.Connected:N0} opened in {clock.Elapsed.TotalSeconds:0.0} s");
    }

    public static IEnumerable<KeyValuePair<(string, string), Func<RunLength, IEnumerable<Reading>>>> Variants =>
    [
        Variant("1k", static () => new(1_000, 1, "no timestamps", static (wire, round) =>
        {
            var client = new OpenClient1k(new() { Nic = wire.B, Entropy = new Entropy(3, 4), Round = round });
            var server = new OpenServer1k(new() { Nic = wire.A, Entropy = new Entropy(1, 2) });
            return (server, server.Tcp, client, client.Tcp);
        })),
        Variant("10k", static () => new(10_000, 1, "no timestamps", static (wire, round) =>
        {
            var client = new OpenClient10k(new() { Nic = wire.B, Entropy = new Entropy(3, 4), Round = round });
            var server = new OpenServer10k(new() { Nic = wire.A, Entropy = new Entropy(1, 2) });
            return (server, server.Tcp, client, client.Tcp);
        })),
        Variant("100k", static () => new(100_000, 2, "no timestamps", static (wire, round) =>
        {
            var client = new OpenClient100k(new() { Nic = wire.B, Entropy = new Entropy(3, 4), Round = round });
            var server = new OpenServer100k(new() { Nic = wire.A, Entropy = new Entropy(1, 2) });
            return (server, server.Tcp, client, client.Tcp);
        })),
        Variant("1m", static () => new(1_000_000, 16, "no timestamps", static (wire, round) =>
        {
            var client = new OpenClient1m(new() { Nic = wire.B, Entropy = new Entropy(3, 4), Round = round });
            var server = new OpenServer1m(new() { Nic = wire.A, Entropy = new Entropy(1, 2) });
            return (server, server.Tcp, client, client.Tcp);
        })),
        Variant("10k-full", static () => new(10_000, 1, "all on", static (wire, round) =>
        {
            var client = new FullOpenClient10k(new() { Nic = wire.B, Entropy = new Entropy(3, 4), Round = round });
            var server = new FullOpenServer10k(new() { Nic = wire.A, Entropy = new Entropy(1, 2) });
            return (server, server.Tcp, client, client.Tcp);
        })),
        Variant("100k-full", static () => new(100_000, 2, "all on", static (wire, round) =>
        {
            var client = new FullOpenClient100k(new() { Nic = wire.B, Entropy = new Entropy(3, 4), Round = round });
            var server = new FullOpenServer100k(new() { Nic = wire.A, Entropy = new Entropy(1, 2) });
            return (server, server.Tcp, client, client.Tcp);
        })),
        Variant("1m-full", static () => new(1_000_000, 16, "all on", static (wire, round) =>
        {
            var client = new FullOpenClient1m(new() { Nic = wire.B, Entropy = new Entropy(3, 4), Round = round });
            var server = new FullOpenServer1m(new() { Nic = wire.A, Entropy = new Entropy(1, 2) });
            return (server, server.Tcp, client, client.Tcp);
        })),
    ];

    private static KeyValuePair<(string, string), Func<RunLength, IEnumerable<Reading>>> Variant(string name, Func<OpenConnections> make) =>
        new(("W4", name), length => Run(name, length, make));

    public void Dispose()
    {
        server.Dispose();
        client.Dispose();
        wire.Dispose();
    }

    private static IEnumerable<Reading> Run(string size, RunLength length, Func<OpenConnections> make)
    {
        using var run = make();
        run.round.InTurn = 1;
        run.round.Ping();
        WarmUp.Run(() => run.Work());
        yield return run.Measure("one-" + size, length.IsQuick ? 0.5 : 1, "");

        run.round.InTurn = run.round.Connections.Length;
        WarmUp.Run(() => run.Work());
        yield return run.Measure("rotate-" + size, length.IsQuick ? 0.5 : 2, "; all in turn");

        var arena = (run.server.Arena.Capacity + run.client.Arena.Capacity) * (long)Memory.Arena.FrameTruesize;
        yield return new Reading(
            "bytes-" + size, "B/endpoint", run.bytes, null, run.IsRight,
            FormattableString.Invariant($"all that TCP reserves at full capacity: connections, flow table, timers, slots, TIME-WAIT, listeners, Fast Open; {HandlerBytes} B of it the handler's; without the arenas of {arena >> 20} MiB together"));
    }

    private bool IsRight => round.Wrong == 0 && round.Closed == 0 && round.Connected == round.Connections.Length;

    private Reading Measure(string name, double seconds, string note)
    {
        var (wall, cpu, allocated) = Slices.Measure(seconds, Work);
        note = $"{opened}; a hand-over wire, {options}, checksums in software, time by the clock, every answer compared{note}";
        return new Reading(name, "ns/roundtrip", wall, cpu, IsRight && allocated == 0, note + (IsRight ? "" : $" {round.Wrong} answers were wrong") + (allocated == 0 ? "" : $" {allocated} bytes allocated"));
    }

    private int Work()
    {
        var before = round.Answered;
        for (var i = 0; i < 64; i++)
        {
            Poll();
        }

        return (int)(round.Answered - before);
    }

    private void Poll()
    {
        var now = StackClock.Now;
        client.Poll(0, 0, now);
        server.Poll(0, 0, now);
    }

    private void Open(int ports)
    {
        var address = InetAddress.Parse("10.0.0.1");
        var count = round.Connections.Length;
        for (var i = 0; i < count; i++)
        {
            var remote = new InetEndpoint(address, (ushort)(FirstPort + (i % ports)));
            if (sockets.Connect(0, remote, out round.Connections[i]) is var result and not TcpConnectResult.Opening)
            {
                throw new InvalidOperationException($"Connection {i} says {result}.");
            }

            while (i + 1 - round.Connected >= OpeningAtOnce)
            {
                Poll();
            }
        }

        for (var i = 0; i < 10_000 && round.Connected < count; i++)
        {
            Poll();
        }
    }
}
