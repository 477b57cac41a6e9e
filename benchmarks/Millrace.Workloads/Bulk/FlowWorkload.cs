using System.Globalization;
using Millrace.Headers;
using Millrace.Nics;
using Millrace.Sockets;
using Millrace.Tcp;

namespace Millrace.Workloads.Bulk;

// A send buffer holds 44 frames, and until its congestion window opens a connection leaves most of them waiting.

[NetworkStack(SocketFrames = 65_536)]
[NicQueues(1)]
[SoftwareChecksum]
[Ipv4("10.0.0.2/24")]
[Tcp(Timestamps = false, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno))]
[SocketMemory(Wmem = "4096 92928 92928")]
[TcpHandler<FlowSourceHandler>(Connections = 1_000)]
public sealed partial class FlowsSender;

[NetworkStack(SocketFrames = 512)]
[NicQueues(1)]
[SoftwareChecksum]
[Gro]
[Ipv4("10.0.0.1/24")]
[Tcp(Timestamps = false, Sack = false, CongestionControl = typeof(Millrace.Tcp.NewReno))]
[SocketMemory(Rmem = "4096 262144 262144")]
[TcpHandler<FlowSinkHandler>(80, Connections = 1_000)]
public sealed partial class FlowsReceiver;

/// <summary>W1 over several connections that are written and read in turn; otherwise as <c>copying-64</c>.</summary>
public sealed class FlowWorkload : IDisposable
{
    private const int InFlight = 64 * 1024;
    private const long ComparedLength = 16L << 20;
    private const long PartLength = 4L << 20;
    private const int MostIdleRounds = 1_000_000;

    private readonly MemoryWire wire = new(new MemoryWireOptions { Mode = WireMode.Copying, Features = NicFeatures.ReceiveSum });
    private readonly BulkFlows flows;
    private readonly FlowsSender sender;
    private readonly FlowsReceiver receiver;
    private int turn;

    private FlowWorkload(int count)
    {
        flows = new BulkFlows(new BulkStream(), count, InFlight);
        sender = new FlowsSender(new() { Nic = wire.A, Entropy = new Entropy(1, 2), Flows = flows });
        receiver = new FlowsReceiver(new() { Nic = wire.B, Entropy = new Entropy(3, 4), Flows = flows });
        for (var i = 0; i < count; i++)
        {
            if (sender.Tcp.Connect(0, new InetEndpoint(InetAddress.Parse("10.0.0.1"), 80), out _) is var result and not TcpConnectResult.Opening)
            {
                throw new InvalidOperationException($"Connection {i} says {result}.");
            }

            for (var round = 0; flows.Opened <= i; round++)
            {
                Require(round);
                Poll();
            }
        }
    }

    public static IEnumerable<KeyValuePair<(string, string), Func<RunLength, IEnumerable<Reading>>>> Variants =>
        new[] { 1, 10, 100, 1_000 }.Select(count => new KeyValuePair<(string, string), Func<RunLength, IEnumerable<Reading>>>(("W1", $"flows-{count}"), length => [Measure(count, length)]));

    public void Dispose()
    {
        sender.Dispose();
        receiver.Dispose();
        wire.Dispose();
    }

    private static Reading Measure(int count, RunLength length)
    {
        using var run = new FlowWorkload(count);
        run.flows.ComparesEveryByte = true;
        run.Transfer(ComparedLength);
        run.flows.ComparesEveryByte = false;
        WarmUp.Run(() => run.Transfer(PartLength));

        var segments = run.sender.Tcp.Counters.OutSegs;
        var watches = Stopwatches.Start();
        var bytes = run.Transfer(length.IsQuick ? 128L << 20 : 1L << 30);
        var (wall, cpu) = watches.Elapsed;
        segments = run.sender.Tcp.Counters.OutSegs - segments;

        run.flows.ComparesEveryByte = true;
        run.Transfer(ComparedLength);
        var units = bytes / 1460.0;
        return new Reading($"flows-{count}", "ns/1460B", wall / units, cpu / units, run.IsRight, string.Create(
            CultureInfo.InvariantCulture,
            $"{(double)bytes / segments:0} B a segment; every byte of 16 MiB before and after compared, the ends of each read between"));
    }

    /// <summary>All that was sent has come, once, and nothing was dropped on the way.</summary>
    private bool IsRight => flows.IsRight && flows.IsWhole && sender.Tcp.Counters.RetransSegs == 0
        && sender.Ledger.IngressDropped + sender.Ledger.EgressDropped + receiver.Ledger.IngressDropped + receiver.Ledger.EgressDropped == 0;

    /// <summary>Sends so many bytes, or the next fewer that all have the same share of, and returns when they have been read.</summary>
    /// <returns>How many.</returns>
    private long Transfer(long bytes)
    {
        var each = bytes / flows.Count;
        flows.Goal += each;
        var idle = 0;
        for (var read = flows.Read; flows.Read < flows.Goal * flows.Count;)
        {
            flows.Write(sender.Tcp, turn);
            turn = turn + 1 < flows.Count ? turn + 1 : 0;
            Poll();
            idle = read == flows.Read ? idle + 1 : 0;
            read = flows.Read;
            Require(idle);
        }

        return each * flows.Count;
    }

    private void Poll()
    {
        var now = StackClock.Now;
        sender.Poll(0, 0, now);
        while (receiver.Poll(0, 0, now) == receiver.Weight)
        {
        }
    }

    private static void Require(int rounds)
    {
        if (rounds > MostIdleRounds)
        {
            throw new InvalidOperationException("Nothing arrives any more.");
        }
    }
}
