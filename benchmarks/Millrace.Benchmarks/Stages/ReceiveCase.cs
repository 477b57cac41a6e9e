using Millrace.CodeShape;
using Millrace.Headers;
using Millrace.Nics;

namespace Millrace.Benchmarks.Stages;

/// <summary>How packets of a case end.</summary>
public enum Ending
{
    Consumed,
    Delivered,
    Forwarded,
}

/// <summary>Stacks that are polled in turn, one for each worker, and a NIC for each interface, of which the first always has packets.</summary>
/// <param name="make">From the NICs: the stacks, of which the first receives.</param>
public sealed class ReceiveCase(
    string name, string? without, byte[][] script, Ending ending, Func<Nic[], INetworkStack[]> makeLoop, Func<Nic[], INetworkStack[]> makeTwin) : StageCase(name, without)
{
    public ReceiveRun MakeLoop() => new(script, ending, makeLoop);

    public ReceiveRun MakeTwin() => new(script, ending, makeTwin);
}

/// <summary>A case in motion.</summary>
public sealed class ReceiveRun : IDisposable
{
    public const int Weight = 64;

    // so slow that nothing of the neighbour times out
    private const long Step = 1_000;

    private readonly INetworkStack[] stacks;
    private readonly Ending ending;
    private readonly long droppedAtFirst;
    private long now;

    public ReceiveRun(byte[][] script, Ending ending, Func<Nic[], INetworkStack[]> make)
    {
        this.ending = ending;
        stacks = make([new SourceNic(script), new SourceNic([ReceivedFrames.Arp(ArpOpcode.Request, 0x0A00_0101, 0x0A00_0102), ReceivedFrames.Arp(ArpOpcode.Reply, 0x0A00_0101, 0x0A00_0102)])]);
        if (stacks[0].Interfaces.Count > 1)
        {
            // a bridge has no use for what is for its own address
            stacks[0].Poll(1, 0, 2, now += Step);
            droppedAtFirst = Dropped;
        }

        for (var i = 0; i < 100; i++)
        {
            Poll();
        }

        Check();
    }

    private long Dropped => stacks.Sum(static stack => stack.Ledger.IngressDropped + stack.Ledger.EgressDropped);

    /// <returns>Packets taken in.</returns>
    public int Poll()
    {
        now += Step;
        var count = 0;
        foreach (var stack in stacks)
        {
            count += stack.Poll(0, stack.Queue, now);
        }

        return count;
    }

    /// <summary>Every packet ended as it should, but those of ARP.</summary>
    public void Check()
    {
        var (received, ended, dropped) = (stacks.Sum(static stack => stack.Ledger.Received), stacks.Sum(Ended), Dropped - droppedAtFirst);
        if (dropped > 0 || ended < (received * 98 / 100) - (4 * Weight))
        {
            throw new InvalidOperationException($"Of {received} packets {ended} were {ending} and {dropped} were dropped.");
        }
    }

    private long Ended(INetworkStack stack) => ending switch
    {
        Ending.Consumed => stack.Ledger.Consumed,
        Ending.Delivered => stack.Ledger.Delivered,
        _ => stack.Ledger.Forwarded,
    };

    public void Dispose()
    {
        Check();
        foreach (var stack in stacks)
        {
            stack.Dispose();
        }
    }
}
