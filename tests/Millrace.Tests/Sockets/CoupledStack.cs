using Millrace.Headers;
using Millrace.Memory;
using Millrace.Nics;
using Millrace.Sockets;

namespace Millrace.Tests.Sockets;

/// <summary>A stack that is nothing but asynchronous sockets over <see cref="CoupledTcp"/>, as a worker sees it.</summary>
internal sealed class CoupledStack : IAsyncNetworkStack
{
    private readonly AutoResetEvent interrupt = new(false);
    private int wakes;

    public CoupledStack(int connections = 64, int calls = 64)
    {
        Sockets = new AsyncSockets(connections, calls);
        Tcp = new CoupledTcp(Sockets);
        Sockets.Attach(Tcp, 0, this);
        Interfaces = [new NetworkInterface(0, "eth0", new NoNic())];
    }

    public AsyncSockets Sockets { get; }

    public CoupledTcp Tcp { get; }

    public int Wakes => Volatile.Read(ref wakes);

    public int Polls { get; private set; }

    /// <summary>Thrown by the next poll.</summary>
    public Exception? Fault { get; set; }

    public long NextDeadline { get; set; } = long.MaxValue;

    public Action<long>? OnAdvance { get; set; }

    public IReadOnlyList<NetworkInterface> Interfaces { get; }

    public Arena Arena => throw new NotSupportedException();

    public Ledger Ledger { get; } = new();

    public PipelineDescription Pipeline => throw new NotSupportedException();

    public long HeldIngress => 0;

    public long HeldEgress { get; set; }

    public int SentByEachPoll { get; init; } = 1;

    public int Poll(int networkInterface, int queue, long now)
    {
        Polls++;
        if (Fault is { } fault)
        {
            throw fault;
        }

        HeldEgress = Math.Max(0, HeldEgress - SentByEachPoll);
        Advance(now);
        var waiting = Math.Min(Weight, PacketsWaiting);
        PacketsWaiting -= waiting;
        return waiting + Tcp.Deliver();
    }

    /// <summary>Packets in the receive ring, beside what TCP delivers.</summary>
    public int PacketsWaiting { get; set; }

    public int Weight => 64;

    public void Advance(long now)
    {
        Sockets.RunCalls(now);
        if (now >= NextDeadline)
        {
            NextDeadline = long.MaxValue;
            OnAdvance?.Invoke(now);
        }
    }

    public void ReadStageCounters(Span<StageCounters> counters) => counters.Clear();

    public void Wake()
    {
        Interlocked.Increment(ref wakes);
        interrupt.Set();
    }

    // the event counts whole milliseconds
    public bool Wait(TimeSpan timeout) => !Sockets.TrySleep() || interrupt.WaitOne((int)Math.Ceiling(timeout.TotalMilliseconds));

    public void Dispose() => Sockets.Stop();

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
