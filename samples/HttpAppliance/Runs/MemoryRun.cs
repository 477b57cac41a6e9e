using System.Diagnostics;
using HttpAppliance.Fetch;
using HttpAppliance.Http;
using HttpAppliance.Reports;
using Millrace;
using Millrace.Headers;
using Millrace.Nics;
using Millrace.Tcp;

namespace HttpAppliance.Runs;

/// <summary>
/// Two stacks on a wire in memory, polled in turn by one thread: the server offers, the client fetches and compares.
/// </summary>
internal sealed class MemoryRun : IDisposable
{
    private const ushort HttpPort = 80;
    private const long WarmUpBytes = 32L << 20;

    /// <summary>Nanoseconds of the stacks' time in which the last frames must find home.</summary>
    private const long SettleAfter = 5_000_000_000;

    /// <summary>Seconds on the wall without one new byte after which the run is given up.</summary>
    private const double StalledAfter = 60;

    private readonly ApplianceOptions options;
    private readonly MemoryWire wire;
    private readonly HttpSite site = new();
    private readonly ServerStack server;
    private readonly ClientStack client;
    private readonly RunClock clock;
    private readonly long warmUp;

    // Where the steady state began.
    private long steadyAllocated;
    private long steadyPackets = -1;

    public MemoryRun(ApplianceOptions options)
    {
        this.options = options;
        Plan = new FetchPlan(options.Bytes);
        warmUp = Math.Min(WarmUpBytes, Plan.TotalLength / 2);
        var entropy = options.Seed is { } seed ? new Entropy(seed, 0) : Entropy.FromOperatingSystem();
        clock = new RunClock(options.IsImpaired);
        wire = new MemoryWire(new MemoryWireOptions
        {
            // A plain NIC: checksums, merging and cutting are left to the stages.
            Features = NicFeatures.None,
            DelayNanoseconds = (long)(options.Delay * 1e6),
            Impairments = new ImpairmentOptions { Loss = options.Loss, Seed = options.Seed ?? entropy.NextUInt64() },
        });
        server = new ServerStack(new ServerStack.Setup { Nic = wire.A, Entropy = entropy, Site = site });
        client = new ClientStack(new ClientStack.Setup { Nic = wire.B, Entropy = entropy, Plan = Plan });
    }

    public FetchPlan Plan { get; }

    /// <summary>Runs to the end on the calling thread.</summary>
    public RunReport Execute()
    {
        var started = Stopwatch.GetTimestamp();
        var startedAt = clock.Now;
        Connect();
        Fetch();
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var allocated = GC.GetAllocatedBytesForCurrentThread() - steadyAllocated;
        var packets = steadyPackets < 0 ? 0 : Packets - steadyPackets;
        Settle();
        var counters = (A: wire.A.Counters, B: wire.B.Counters);
        return new RunReport
        {
            Mode = "memory",
            Verified = Plan.IsComplete,
            Failure = Plan.Failure,
            Bytes = Plan.VerifiedBytes,
            Seconds = seconds,
            VirtualSeconds = clock.IsVirtual ? (clock.Now - startedAt) / 1e9 : null,
            AllocatedBytesPerPacket = packets > 0 ? (double)allocated / packets : null,
            MeasuredPackets = packets,
            FramesLost = counters.A.Impairments.Lost + counters.B.Impairments.Lost,
            Seed = options.Seed,
            Stacks = [StackReport.Of(server, isFinished: Plan.IsComplete), StackReport.Of(client, isFinished: Plan.IsComplete)],
        };
    }

    public void Dispose()
    {
        client.Dispose();
        server.Dispose();
        wire.Dispose();
    }

    private long Packets =>
        server.Ledger.Received + server.Ledger.Transmitted + client.Ledger.Received + client.Ledger.Transmitted;

    private void Connect()
    {
        PollBoth();
        var result = client.Tcp.Connect(
            ClientStack.Applications.FetchConnection, new InetEndpoint(InetAddress.Parse("10.0.0.2"), HttpPort), out _);
        if (result != TcpConnectResult.Opening)
        {
            Plan.Fail($"the client cannot connect: {result}");
        }
    }

    private void Fetch()
    {
        var seen = -1L;
        var seenAt = Stopwatch.GetTimestamp();
        while (Plan.Failure is null && !(Plan.IsComplete && site.OpenConnections == 0))
        {
            if (PollBoth())
            {
                continue;
            }

            if (!clock.TryWait(NextDeadline))
            {
                Plan.Fail($"nothing is due any more after {Plan.VerifiedBytes} bytes");
            }

            if (Plan.VerifiedBytes != seen)
            {
                (seen, seenAt) = (Plan.VerifiedBytes, Stopwatch.GetTimestamp());
            }
            else if (Stopwatch.GetElapsedTime(seenAt).TotalSeconds > StalledAfter)
            {
                Plan.Fail($"nothing has moved for {StalledAfter} seconds after {seen} bytes");
            }
        }
    }

    /// <summary>Lets what is still on the wire arrive, so that the ledgers and the arenas can be looked at.</summary>
    private void Settle()
    {
        var end = clock.Now + SettleAfter;
        while (clock.Now < end && (PollBoth() || !IsSettled))
        {
            clock.TryWait(Math.Min(NextDeadline, end));
        }
    }

    private bool IsSettled => StackReport.CountLeaked(server.Arena) == 0 && StackReport.CountLeaked(client.Arena) == 0;

    private long NextDeadline => Math.Min(server.NextDeadline, client.NextDeadline);

    /// <returns>Whether a packet came in at either end.</returns>
    private bool PollBoth()
    {
        var now = clock.Now;
        var taken = server.Poll(0, 0, now) + client.Poll(0, 0, now);
        if (steadyPackets < 0 && Plan.VerifiedBytes >= warmUp)
        {
            steadyPackets = Packets;
            steadyAllocated = GC.GetAllocatedBytesForCurrentThread();
        }

        return taken > 0;
    }
}
