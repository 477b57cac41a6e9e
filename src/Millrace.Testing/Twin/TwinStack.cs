using Millrace.CompilerServices;
using Millrace.Memory;
using Millrace.Nics;
using Millrace.Sockets;
using Millrace.Workers;

namespace Millrace.Testing.Twin;

/// <summary>
/// The interpreter of declarations: boxed stages in a list, called through their interfaces, with the polls, budgets and
/// flush points of the compiled loop. It knows nothing of what the compiler does with a declaration but the list.
/// </summary>
public abstract partial class TwinStack : INetworkStack
{
    private readonly TwinParts parts;
    private readonly NetworkInterface[] interfaces;
    private readonly List<TwinStage> stages = [];

    // the one NIC, or the several: a stack with one has no device queue
    private readonly InterfaceQueue? nic;
    private readonly InterfaceQueues? nics;
    private FrameList forwarded;
    private Exception? fault;
    private bool started;
    private bool disposed;

    protected TwinStack(TwinParts parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        this.parts = parts;
        Arena = new Arena(parts.ReceiveFrames, parts.ReserveFrames, parts.SocketFrames, parts.BorrowedFrames);
        Ledger = new Ledger();
        Workers = parts.Group is null ? null : new WorkerPort(parts.Group, parts.Queue, parts.WorkerCount, Arena, Ledger, this);
        Entropy = parts.Group is null ? parts.Entropy : parts.Entropy.ForWorker(parts.Queue);
        Outbox = new Outbox(Arena, Ledger, parts.OutboxPackets);
        interfaces = [.. parts.Interfaces.Select((one, index) => new NetworkInterface(index, one.Name, one.Nic))];
        Weight = parts.Weight;
        var queues = interfaces.Select((one, index) =>
            Workers?.Open(one.Nic, index, parts.Queues, parts.UsesXps) ?? one.Nic.Open(parts.Queue, Arena)).ToArray();
        if (interfaces.Length == 1)
        {
            nic = new InterfaceQueue(queues[0], Arena, Ledger, parts.Weight);
        }
        else
        {
            nics = new InterfaceQueues(interfaces, queues, Arena, Ledger, parts.Weight, parts.RingFrames);
        }
    }

    public int Weight { get; }

    public int Queue => parts.Queue;

    public IReadOnlyList<NetworkInterface> Interfaces => interfaces;

    public Arena Arena { get; }

    public Ledger Ledger { get; }

    public PipelineDescription Pipeline => new(
        parts.Name,
        [.. stages.Select(stage => new StageDescription(stage.Name, "interpreted", stage.IsIngress, stage.Egress is not null || stage.Network is not null))],
        [],
        "",
        string.Join(" -> ", stages.Select(stage => stage.Name)),
        "");

    public long HeldIngress => stages.Sum(stage => stage.ResumesIngress?.HeldIngress ?? 0);

    public long HeldEgress => stages.Sum(stage => stage.ResumesEgress?.HeldEgress ?? 0) + Outbox.HeldPackets + (nic?.HeldPackets ?? nics!.HeldPackets);

    public long NextDeadline => All<ITimed>().Select(stage => stage.NextDeadline)
        .Append(Workers?.NextDeadline ?? long.MaxValue)
        .Append(Deferral?.TimerAt ?? long.MaxValue)
        .Append(Deferral?.IsInterruptMasked == true ? long.MaxValue : nic?.NextEvent ?? nics!.NextEvent).Min();

    public NapiDeferral? Deferral { get; protected set; }

    protected Outbox Outbox { get; }

    protected TransportErrors TransportErrors { get; } = new();

    /// <summary>The settings of [Napi] that the end of a poll is about.</summary>
    protected virtual (int DeferHardIrqs, long GroFlushTimeout) DeferralSettings => default;

    /// <summary>This worker's side of its group; null where there is one worker.</summary>
    protected WorkerPort? Workers { get; }

    protected Entropy Entropy { get; }

    /// <summary>The sockets for asynchronous code, if the stack declares them.</summary>
    protected AsyncSockets? AsyncSockets { get; set; }

    /// <summary>A stage of the pipeline, in order, as it is now.</summary>
    public object Stage(int index) => stages[index].Stage;

    public void ReadStageCounters(Span<StageCounters> counters)
    {
        for (var i = 0; i < stages.Count; i++)
        {
            counters[i] = stages[i].Counters;
        }
    }

    public int Poll(int networkInterface, int queue, long now) => Poll(networkInterface, queue, Weight, now);

    public int Poll(int networkInterface, int queue, int budget, long now)
    {
        if (networkInterface < 0 || networkInterface >= interfaces.Length || queue != parts.Queue)
        {
            StackGuard.NoSuchQueue(networkInterface, queue, interfaces, parts.Queue);
        }

        return Run(networkInterface, budget, now);
    }

    public void Advance(long now) => Run(0, 0, now);

    public void Wake()
    {
        nic?.Wake();
        nics?.Wake();
    }

    public void SetInterrupt(bool armed)
    {
        nic?.SetInterrupt(armed);
        nics?.SetInterrupt(armed);
    }

    public bool Wait(TimeSpan timeout)
    {
        if (Workers?.TrySleep() == false)
        {
            return true;
        }

        var isWork = AsyncSockets?.TrySleep() == false || (nic?.Wait(timeout) ?? nics!.Wait(timeout));
        Workers?.Awake();
        return isWork;
    }

    /// <summary>Appends a stage; called by the generated constructor in pipeline order.</summary>
    /// <param name="on">Index of the interface it is bound to, -1 for all.</param>
    /// <param name="place">Its place in Linux's order, of a stack that has handlers of received frames.</param>
    protected void Add(string name, object stage, int on = -1, int place = 0) => stages.Add(new TwinStage(name, stage, on, place));

    /// <summary>Called by the generated constructor behind the last stage.</summary>
    protected void Begin() => Refill();

    private void Refill()
    {
        nic?.Refill();
        nics?.Refill();
    }

    private IEnumerable<T> All<T>() => stages.Select(stage => stage.Stage).OfType<T>();

    private int Run(int networkInterface, int budget, long now)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (fault is not null)
        {
            StackGuard.Faulted(fault);
        }

        try
        {
            StartPoll(now);
            var count = budget <= 0 ? 0 : nic?.Receive(budget, now) ?? nics!.Receive(networkInterface, budget, now);
            Workers?.Cut();
            if (Deferral is not null && (budget > 0 || Deferral.TimerAt <= now))
            {
                var (deferHardIrqs, groFlushTimeout) = DeferralSettings;
                Deferral.Complete(count, budget, deferHardIrqs, groFlushTimeout, now);
            }

            ReceivePackets(count, now);
            EndPoll(now);
            return count;
        }
        catch (Exception exception)
        {
            fault = exception;
            AsyncSockets?.Stop(exception);
            throw;
        }
    }

    private void StartPoll(long now)
    {
        if (!started)
        {
            started = true;
            Each<IStartStop>(stage => stage.Start(now));
        }

        foreach (var networkInterface in interfaces)
        {
            if (networkInterface.Refresh())
            {
                Each<IInterfaceObserver>(stage => stage.InterfaceChanged(networkInterface, now));
            }
        }

        Workers?.BeginPoll();
        Reclaim(now);
        Each<IPollStart>(stage => stage.PollStart(now));
        while (Workers is not null && Workers.TryTakeNotice(out var notice))
        {
            Each<IWorkerNotices>(stage => stage.Noticed(in notice, now));
        }

        AsyncSockets?.RunCalls(now);
    }

    private void Reclaim(long now)
    {
        if (!All<ITransmitCompletions>().Any())
        {
            nic?.Reclaim(now);
            nics?.Reclaim(now);
            return;
        }

        while (TryTakeTransmitted(now, out var packet, out var isComplete))
        {
            Each<ITransmitCompletions>(stage => stage.Transmitted(packet));
            if (isComplete)
            {
                Arena.ReleaseChain(packet, Holders.TransmitRing);
            }
        }
    }

    private bool TryTakeTransmitted(long now, out Frame packet, out bool isComplete) =>
        nic is not null ? nic.TryTakeTransmitted(now, out packet, out isComplete) : nics!.TryTakeTransmitted(now, out packet, out isComplete);

    private void EndPoll(long now)
    {
        Each<ITimed>(stage =>
        {
            if (stage.NextDeadline <= now)
            {
                stage.Advance(now);
            }
        });
        while (TransportErrors.TryTake(out var error))
        {
            if (Workers?.TryPass(in error) != true)
            {
                Each<ITransportErrorObserver>(stage => stage.TransportFailed(in error, now));
            }
        }

        foreach (var stage in stages.Where(stage => !stage.FlushesIngress))
        {
            stage.PollEnd?.PollEnd(now);
        }

        Send(now);
        Refill();
        Workers?.EndPoll();
    }

    private void Each<T>(Action<T> action)
    {
        foreach (var stage in All<T>())
        {
            action(stage);
        }
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (disposed || !disposing)
        {
            return;
        }

        disposed = true;
        if (started)
        {
            Each<IStartStop>(stage => stage.Stop());
        }

        AsyncSockets?.Stop(fault);
        Each<IDisposable>(stage => stage.Dispose());
        Workers?.Leave();
        nic?.Drain();
        nics?.Drain();
        Arena.Dispose();
    }
}
