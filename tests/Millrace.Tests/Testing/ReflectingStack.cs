using Millrace.Memory;
using Millrace.Nics;

namespace Millrace.Tests.Testing;

/// <summary>A stack of a few lines that sends every frame back, with defects to be asked for.</summary>
internal sealed class ReflectingStack : INetworkStack
{
    private readonly NicQueue queue;
    private readonly Defect defect;
    private readonly Frame[] burst = new Frame[16];
    private long count;

    public ReflectingStack(Nic nic, Defect defect = Defect.None)
    {
        this.defect = defect;
        queue = nic.Open(0, Arena);
        Interfaces = [new NetworkInterface(0, "eth0", nic)];
        Refill();
    }

    public IReadOnlyList<NetworkInterface> Interfaces { get; }

    public Arena Arena { get; } = new(128, 0, 0);

    public Ledger Ledger { get; } = new();

    public PipelineDescription Pipeline { get; } = new("Reflecting", [new StageDescription("Reflect", "by hand", true, true)], [], "", "", "");

    public long NextDeadline => long.MaxValue;

    public long HeldIngress => 0;

    public long HeldEgress => 0;

    public int Poll(int networkInterface, int queueIndex, long now)
    {
        Reclaim(now);
        var taken = queue.Receive(burst, now);
        for (var i = 0; i < taken; i++)
        {
            Reflect(burst[i], now);
        }

        Refill();
        return taken;
    }

    public void Advance(long now) => Reclaim(now);

    public void ReadStageCounters(Span<StageCounters> counters) => counters[0] = new StageCounters { Received = count, Transmitted = count };

    public void Wake() => queue.Wake();

    public bool Wait(TimeSpan timeout) => queue.Wait(timeout);

    public void Dispose()
    {
        queue.Drain();
        Arena.Dispose();
    }

    private void Reflect(Frame frame, long now)
    {
        count++;
        Ledger.Received++;
        var isHundredth = count % 100 == 0;
        if (defect == Defect.Throws && isHundredth)
        {
            throw new InvalidOperationException("a planted exception");
        }

        if (defect == Defect.WrongByte && isHundredth && Arena.Data(frame) is { Length: > 0 } data)
        {
            data[^1] ^= 1;
        }

        if (defect == Defect.CountsTwice && isHundredth)
        {
            count++;
        }

        if (defect == Defect.Leaks && isHundredth)
        {
            Ledger.Consumed++;
            Arena.MoveChain(frame, Holders.Loop, Holders.None);
            return;
        }

        Ledger.Forwarded++;
        Ledger.Transmitted += defect == Defect.MissesInTheLedger && isHundredth ? 0 : 1;
        Arena.MoveChain(frame, Holders.Loop, Holders.TransmitRing);
        if (queue.Transmit([frame], now) == 0)
        {
            throw new InvalidOperationException("the transmit ring is full");
        }

        Reclaim(now);
    }

    private void Reclaim(long now)
    {
        Span<Frame> done = stackalloc Frame[16];
        for (var count = queue.Reclaim(done, now); count > 0; count = queue.Reclaim(done, now))
        {
            foreach (var frame in done[..count])
            {
                Arena.ReleaseChain(frame, Holders.TransmitRing);
            }
        }
    }

    private void Refill()
    {
        while (queue.Vacant > 0 && Arena.TryAllocate(Share.Receive, Holders.ReceiveRing, out var frame))
        {
            queue.Post([frame]);
        }
    }

    internal enum Defect
    {
        None,
        WrongByte,
        CountsTwice,
        Leaks,
        MissesInTheLedger,
        Throws,
    }
}
