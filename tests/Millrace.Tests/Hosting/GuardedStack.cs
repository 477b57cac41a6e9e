using Millrace.Headers;
using Millrace.Memory;
using Millrace.Nics;

namespace Millrace.Tests.Hosting;

/// <summary>
/// A stack that notices two threads in it at once. Packets are a number; the NIC's interrupt is level-triggered and can be
/// masked, as a real one's.
/// </summary>
internal sealed class GuardedStack : INetworkStack
{
    private readonly AutoResetEvent interrupt = new(false);
    private int inside;
    private int waiting;
    private volatile bool masked;

    public GuardedStack() => Interfaces = [new NetworkInterface(0, "eth0", new NoNic())];

    /// <summary>How often a thread came in while another was there.</summary>
    public int Overlaps { get; private set; }

    public long Taken { get; private set; }

    /// <summary>Thrown by the next poll.</summary>
    public Exception? Fault { get; set; }

    /// <summary>Threads that have polled.</summary>
    public HashSet<int> Threads { get; } = [];

    public NapiDeferral? Deferral { get; init; }

    public int DeferHardIrqs { get; init; }

    public long GroFlushTimeout { get; init; }

    public int BusyPollMicroseconds { get; set; }

    public int BusyPollBudget => 8;

    public int LargestBudget { get; private set; }

    public long NextDeadline => Deferral?.TimerAt ?? long.MaxValue;

    public IReadOnlyList<NetworkInterface> Interfaces { get; }

    public Arena Arena => throw new NotSupportedException();

    public Ledger Ledger { get; } = new();

    public PipelineDescription Pipeline => throw new NotSupportedException();

    public long HeldIngress => 0;

    public long HeldEgress => 0;

    /// <summary>Any thread: packets arrive.</summary>
    public void Arrive(int packets)
    {
        Interlocked.Add(ref waiting, packets);
        if (!masked)
        {
            interrupt.Set();
        }
    }

    public int Poll(int networkInterface, int queue, long now) => Poll(networkInterface, queue, 64, now);

    public int Poll(int networkInterface, int queue, int budget, long now)
    {
        Enter();
        Threads.Add(Environment.CurrentManagedThreadId);
        if (Fault is { } fault)
        {
            Leave();
            throw fault;
        }

        LargestBudget = Math.Max(LargestBudget, budget);
        var taken = Math.Min(budget, Volatile.Read(ref waiting));
        Interlocked.Add(ref waiting, -taken);
        Taken += taken;
        Deferral?.Complete(taken, budget, DeferHardIrqs, GroFlushTimeout, now);
        Thread.SpinWait(20);
        Leave();
        return taken;
    }

    public void Advance(long now)
    {
        Enter();
        Leave();
    }

    /// <summary>What runs on the worker, or in its place, is inside too.</summary>
    public void Enter() => Overlaps += Interlocked.Exchange(ref inside, 1);

    public void Leave() => Volatile.Write(ref inside, 0);

    public void ReadStageCounters(Span<StageCounters> counters) => counters.Clear();

    public void SetInterrupt(bool armed)
    {
        masked = !armed;
        if (armed && Volatile.Read(ref waiting) > 0)
        {
            interrupt.Set();
        }
    }

    public void Wake() => interrupt.Set();

    public bool Wait(TimeSpan timeout) =>
        (!masked && Volatile.Read(ref waiting) > 0) || interrupt.WaitOne((int)Math.Ceiling(timeout.TotalMilliseconds));

    public void Dispose() => interrupt.Dispose();

    private sealed class NoNic : Nic
    {
        public override NicFeatures Features => NicFeatures.None;

        public override MacAddress Address => default;

        public override int Mtu => 1500;

        public override bool IsLinkUp => true;

        public override int Revision => 0;

        public override int QueueCount => 1;

        public override NicQueue Open(int queue, Arena arena) => throw new NotSupportedException();
    }
}
