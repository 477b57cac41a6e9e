using Millrace.Headers;
using Millrace.Memory;
using Millrace.Tcp;

namespace Millrace.Stack.Tests.SmallQueues;

/// <summary>What one connection has below TCP, counted from what passes, beside TCP's own accounts.</summary>
internal sealed class ChargeLog
{
    private readonly Dictionary<int, (int Truesize, long At)> below = [];
    private uint highest;

    /// <summary>The pacing rate at the last packets, as many as may have waited.</summary>
    private readonly long[] rates = new long[8];
    private bool hasHighest;

    public Func<long> Clock { get; set; } = () => 0;

    /// <summary>The connection's place; -1 checks nothing.</summary>
    public int Connection { get; set; } = -1;

    /// <summary>The bound that is checked; 0 for none.</summary>
    public long LimitOutputBytes { get; init; }

    /// <summary>The first packet that should have waited, in words.</summary>
    public string? Problem { get; private set; }

    public long Charge { get; private set; }

    public long Packets { get; private set; }

    public long Repeated { get; private set; }

    /// <summary>Nanoseconds from the outbox to the end of the departure, of all frames and the longest.</summary>
    public (long Sum, long Most, long Count) Delay { get; private set; }

    /// <summary>The most bytes by truesize that were below TCP at once, and what each packet found there on average.</summary>
    public long MostCharge { get; private set; }

    public long MeanCharge => chargeSum / Math.Max(1, Packets);

    private long chargeSum;

    public double MeanDelayMilliseconds => Delay.Sum / (double)Math.Max(1, Delay.Count) / 1e6;

    public void Admit(Arena arena, TcpSockets tcp, Frame head)
    {
        ref var first = ref arena.Metadata(head);
        if ((first.Holders & Holders.RetransmitQueue) == 0)
        {
            return;
        }

        var truesize = 0;
        for (var frame = head; !frame.IsNone; frame = arena.Metadata(frame).NextFragment)
        {
            truesize += arena.Metadata(frame).Truesize;
        }

        var isRepeated = hasHighest && (int)(first.Sequence - highest) <= 0;
        if (LimitOutputBytes != 0 && Connection >= 0)
        {
            // a packet that waited in the outbox for the ring was judged by the rate before the acknowledgments that came meanwhile
            rates[Packets % rates.Length] = tcp.PacingRateOf(Connection);
            var limit = Math.Min(Math.Max(2 * truesize, rates.Max() >> 10), LimitOutputBytes) * (isRepeated ? 2 : 1);
            if (Charge > limit && Unacknowledged(arena, isRepeated ? highest : first.Sequence - 1) > 1)
            {
                Problem ??= $"packet {Packets} of {truesize} bytes{(isRepeated ? ", sent again," : "")} went with {Charge} below it, and the limit is {limit}";
            }
        }

        for (var frame = head; !frame.IsNone; frame = arena.Metadata(frame).NextFragment)
        {
            ref var metadata = ref arena.Metadata(frame);
            below.Add(frame.Index, (metadata.Truesize, Clock()));
            Charge += metadata.Truesize;
            highest = isRepeated ? highest : metadata.Sequence;
        }

        hasHighest = true;
        MostCharge = Math.Max(MostCharge, Charge);
        chargeSum += Charge;
        Packets++;
        Repeated += isRepeated ? 1 : 0;
    }

    /// <summary>Frames of the retransmit queue up to a sequence number; there is one connection.</summary>
    private static int Unacknowledged(Arena arena, uint upTo)
    {
        var count = 0;
        for (var i = 1; i <= arena.Capacity; i++)
        {
            ref var metadata = ref arena.Metadata(new Frame(i));
            count += (metadata.Holders & Holders.RetransmitQueue) != 0 && (int)(metadata.Sequence - upTo) <= 0 ? 1 : 0;
        }

        return count;
    }

    public void Transmitted(Arena arena, Frame head)
    {
        for (var frame = head; !frame.IsNone; frame = arena.Metadata(frame).NextFragment)
        {
            if (below.Remove(frame.Index, out var entry))
            {
                Charge -= entry.Truesize;
                var after = Clock() - entry.At;
                Delay = (Delay.Sum + after, Math.Max(Delay.Most, after), Delay.Count + 1);
            }
        }
    }
}

/// <summary>Stands behind the network layer on the way out.</summary>
internal struct ChargeObserver(ChargeLog log, Arena arena, TcpSockets tcp) : IEgressStage, ITransmitCompletions
{
    public readonly Verdict Transmit(ref Packet packet)
    {
        log.Admit(arena, tcp, packet.Frame);
        return Verdict.Continue;
    }

    public readonly void Transmitted(Frame head) => log.Transmitted(arena, head);
}
