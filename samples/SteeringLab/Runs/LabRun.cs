using System.Diagnostics;
using Millrace;
using Millrace.Nics;
using Millrace.Workers;
using SteeringLab.Readings;
using SteeringLab.Reports;
using SteeringLab.Stacks;
using SteeringLab.Steering;
using SteeringLab.Traffic;

namespace SteeringLab.Runs;

/// <summary>
/// A server of one or two workers and a generator on a thread of its own, on a wire in memory. One thread controls it: it makes the
/// changes and takes the readings.
/// </summary>
internal sealed class LabRun : IAsyncDisposable
{
    private readonly LabOptions options;
    private readonly MemoryWire wire;
    private readonly WorkerGroup group;
    private readonly FlowBoard board;
    private readonly FlowSight[] sights;
    private readonly LabTeam team;
    private readonly TrafficSource source;
    private readonly LabGenerator generator;
    private readonly Worker generatorWorker;
    private readonly ulong seed;
    private long startedAt;
    private double? trafficSeconds;

    public LabRun(LabOptions options)
    {
        this.options = options;
        var entropy = options.Seed is { } given ? new Entropy(given, 0) : Entropy.FromOperatingSystem();
        seed = options.Seed ?? entropy.NextUInt64();
        wire = new MemoryWire(new MemoryWireOptions
        {
            QueuesA = options.Workers,
            Concurrent = true,

            // a plain NIC but for RSS: checksums and merging are left to the stages
            Features = NicFeatures.ReceiveHash,
            Impairments = new ImpairmentOptions { Loss = options.Loss, Reorder = options.Reorder, Seed = seed },
        });
        group = new WorkerGroup(options.Workers, wire.A);
        board = new FlowBoard(options.Flows, options.Mix, wire.A.Rss!.Hash, seed);
        sights = [.. Enumerable.Range(0, options.Workers).Select(worker => new FlowSight(board, worker))];
        team = ServerTeams.Make(wire.A, group, entropy, sights);
        source = new TrafficSource(board, options.Load);
        generator = new LabGenerator(new LabGenerator.Setup { Nic = wire.B, Entropy = entropy.ForWorker(options.Workers), Source = source });
        generatorWorker = new Worker(generator, new WorkerOptions { Name = "generator" });
        var random = new Random((int)(seed ^ (seed >> 32)));
        var isShared = options.Workers > 1;
        Desk = new SteeringDesk(
            team,
            new RssEntries(wire.A.Rss!, random),
            isShared ? new RpsMask(group.Rps) : null,
            isShared ? new XpsMaps(group.XpsOf(0, options.Workers), options.Workers) : null);
        Churn = options.Churn is { } every ? new Churn(every, options.Workers, seed) : null;
    }

    public SteeringDesk Desk { get; }

    public Churn? Churn { get; }

    /// <summary>Since the traffic began; it stands when the traffic has ended.</summary>
    public double Seconds => trafficSeconds ?? Stopwatch.GetElapsedTime(startedAt).TotalSeconds;

    /// <summary>Why it cannot go on, or null.</summary>
    public string? Failure => source.Failure ?? (generatorWorker.Faulted ? generatorWorker.Completion.Exception!.GetBaseException().Message : null)
        ?? team.Workers.FirstOrDefault(worker => worker.Faulted)?.Completion.Exception!.GetBaseException().Message;

    /// <summary>Packets that came to the transports of each worker so far, without asking the workers.</summary>
    public IReadOnlyList<long> TakenByWorker => [.. sights.Select(sight => sight.Taken)];

    public void Start()
    {
        startedAt = Stopwatch.GetTimestamp();
        team.Start();
        generatorWorker.Start();
    }

    public async Task<LabReading> ReadAsync()
    {
        var seconds = Seconds;
        var workers = await Task.WhenAll(sights.Select(sight => WorkerReading.OfAsync(team, group, sight))).ConfigureAwait(false);
        var entries = Desk.Rss.ToArray();
        return new LabReading
        {
            Seconds = seconds,
            Flows = [.. board.Flows.Select(Read)],
            Queues = [.. sights.Select((sight, queue) => Read(queue, sight.Arrived, entries))],
            Workers = workers,
            Generator = generatorWorker.Completion.IsCompleted ? LedgerReading.Of("generator", generator) : null,
            Wire = wire.B.Counters,
            PacketsInRings = group.PacketsInRings,
            Steering = new SteeringReading(
                entries, Desk.Rps?.Value, Desk.Xps?.Name, Desk.Xps?.ToArray() ?? [],
                Desk.BusyPollMicroseconds, Desk.IsRunning, Desk.LastChange, Desk.ChangeCount),
        };
    }

    /// <summary>Ends the traffic, lets what is under way arrive, stops everybody and looks at the ledgers.</summary>
    public async Task<LabReport> FinishAsync()
    {
        trafficSeconds = Seconds;
        var moved = (board.Flows.Sum(flow => flow.Packets), board.Flows.Sum(flow => flow.Bytes));
        source.Stop();
        if (!team.IsRunning)
        {
            team.Start();
        }

        var isSettled = await new Settling(board, () => Failure).WaitAsync().ConfigureAwait(false);
        await generatorWorker.StopAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await new Settling(board, () => Failure).WaitAsync().ConfigureAwait(false);
        if (Failure is null)
        {
            await team.StopAsync().ConfigureAwait(false);
        }

        return new LabReport
        {
            Options = options,
            Seed = seed,
            Seconds = trafficSeconds.Value,
            PacketsInTime = moved.Item1,
            BytesInTime = moved.Item2,
            Final = await ReadAsync().ConfigureAwait(false),
            ChangesByKind = Enum.GetValues<ChangeKind>().ToDictionary(kind => kind, Desk.CountOf),
            Failure = Failure ?? (isSettled ? null : "the traffic did not come to rest after it was ended"),
        };
    }

    public async ValueTask DisposeAsync()
    {
        await generatorWorker.DisposeAsync().ConfigureAwait(false);
        await team.DisposeAsync().ConfigureAwait(false);
        generator.Dispose();
        wire.Dispose();
    }

    private FlowReading Read(Flow flow)
    {
        var rss = Desk.Rss.Table;
        var entry = rss.EntryOf(flow.Hash);
        var owner = group.Owners.OwnerOf(flow.Hash);
        var queue = flow.ArrivalQueue;
        var target = owner >= 0 ? owner : Desk.Rps?.WorkerOf(rss[entry], flow.Hash) ?? 0;
        return new FlowReading(
            flow, entry, rss[entry], queue, target, flow.Worker, owner >= 0, flow.Packets, flow.Bytes,
            flow.QueueMoves, flow.WorkerMoves, flow.Reordered, flow.WrongBytes);
    }

    private QueueReading Read(int queue, long packets, int[] entries)
    {
        var ring = team.Nic[queue]!;
        return new QueueReading(queue, packets, ring.RingSize - ring.Vacant, ring.RingSize, ring.Missed, entries.Count(named => named == queue));
    }
}
