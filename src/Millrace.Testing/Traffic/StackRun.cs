using System.Globalization;
using System.Text;
using Millrace.Memory;
using Millrace.Testing.Packets;

namespace Millrace.Testing.Traffic;

/// <summary>A stack under test and the NICs it was made with, in the order of its interfaces.</summary>
public sealed record StackLane(string Name, INetworkStack Stack, params ScriptedNic[] Nics)
{
    internal List<SentPacket> Sent { get; } = [];
}

/// <summary>
/// Feeds the same traffic, at the same times and with the same poll boundaries, to one or several stacks. Every poll each
/// ledger must balance, and all stacks must agree on every output byte and every count. What differs is thrown as a
/// <see cref="StackRunException"/> that says the seed and the poll.
/// </summary>
public sealed class StackRun
{
    private const int RememberedLines = 40;

    private readonly ITrafficSource source;
    private readonly TrafficRandom random;
    private readonly StackLane[] lanes;
    private readonly List<byte[]> frames = [];
    private readonly Queue<string> recent = new();
    private readonly PacketText text = new();
    private long poll;

    public StackRun(ITrafficSource source, ulong seed, params StackLane[] lanes)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(lanes);
        ArgumentOutOfRangeException.ThrowIfZero(lanes.Length);
        this.source = source;
        this.lanes = lanes;
        random = new TrafficRandom(seed);
        foreach (var lane in lanes)
        {
            for (var i = 0; i < lane.Nics.Length; i++)
            {
                var networkInterface = i;
                lane.Nics[i].Sent = packet => lane.Sent.Add(packet with { Interface = networkInterface });
            }
        }
    }

    /// <summary>Stages, by name, whose counters the stacks need not share, because one of them has elided them.</summary>
    public IReadOnlyCollection<string> ExcludedStages { get; init; } = [];

    /// <summary>Polls between two comparisons of all counts; output is compared at every poll.</summary>
    public int CheckEvery { get; init; } = 1;

    /// <summary>Whether to keep the last packets in words for the report of a failure. It costs more than the stacks do.</summary>
    public bool RemembersPackets { get; init; } = true;

    /// <summary>The time, in nanoseconds.</summary>
    public long Now { get; private set; } = 1_000_000_000;

    /// <summary>Frames given to each stack.</summary>
    public long FrameCount { get; private set; }

    /// <summary>Packets the first stack has sent.</summary>
    public long SentCount { get; private set; }

    /// <summary>The longest step to the next deadline, in nanoseconds: it lets timers of many seconds run out.</summary>
    public long LongestStep { get; init; } = 200_000_000_000;

    /// <summary>Runs a number of steps: time goes on, frames arrive, every stack polls until it has taken them.</summary>
    public void Run(int steps)
    {
        for (var i = 0; i < steps; i++)
        {
            Step();
        }

        Check(countHolders: true);
    }

    /// <summary>Runs until the source has given so many frames.</summary>
    public void RunFrames(long count)
    {
        while (FrameCount < count)
        {
            Step();
        }

        Check(countHolders: true);
    }

    private void Step()
    {
        poll++;
        Now += Pace();
        frames.Clear();
        source.Next(random, Now, frames);
        FrameCount += frames.Count;
        var advanceOnly = frames.Count == 0 && random.Chance(50);
        try
        {
            foreach (var frame in frames)
            {
                Remember("<", frame);
                var networkInterface = lanes[0].Nics.Length == 1 ? 0 : random.Next(lanes[0].Nics.Length);
                foreach (var lane in lanes)
                {
                    lane.Nics[networkInterface].Inject(frame);
                }
            }

            PollAll(advanceOnly);
        }
        catch (Exception exception) when (exception is not StackRunException)
        {
            throw Failure($"{exception.GetType().Name}: {exception.Message}", exception);
        }

        CompareSent();
        if (poll % CheckEvery == 0)
        {
            Check(countHolders: poll % (CheckEvery * 64L) == 0);
        }
    }

    private void PollAll(bool advanceOnly)
    {
        if (advanceOnly)
        {
            foreach (var lane in lanes)
            {
                lane.Stack.Advance(Now);
            }

            return;
        }

        for (var round = 0; ; round++)
        {
            var taken = 0;
            for (var networkInterface = 0; networkInterface < lanes[0].Nics.Length; networkInterface++)
            {
                taken += Poll(networkInterface);
            }

            if (taken == 0)
            {
                return;
            }

            if (round > 10_000)
            {
                throw Failure("the stack has polled 10,000 times and still says that there is more");
            }
        }
    }

    private int Poll(int networkInterface)
    {
        var taken = lanes[0].Stack.Poll(networkInterface, 0, Now);
        foreach (var lane in lanes.AsSpan(1))
        {
            var other = lane.Stack.Poll(networkInterface, 0, Now);
            if (other != taken)
            {
                throw Failure($"{lanes[0].Name} took {taken} packets in a poll, {lane.Name} took {other}");
            }
        }

        return taken;
    }

    /// <summary>Mostly the time between packets, sometimes much longer, sometimes exactly to the next timer.</summary>
    private long Pace()
    {
        switch (random.Next(20))
        {
            case < 10:
                return random.Between(1_000, 200_000);
            case < 16:
                return random.Between(1_000, 5_000_000);
            case < 18:
                return random.Between(1_000, 100_000_000);
            default:
                var wait = lanes[0].Stack.NextDeadline - Now;
                return wait > 0 && wait <= LongestStep ? wait : 1_000_000;
        }
    }

    private void CompareSent()
    {
        var first = lanes[0].Sent;
        foreach (var lane in lanes.AsSpan(1))
        {
            var other = lane.Sent;
            for (var i = 0; i < Math.Max(first.Count, other.Count); i++)
            {
                var (left, right) = (i < first.Count ? first[i] : null, i < other.Count ? other[i] : null);
                if (left is null || right is null || !left.IsSame(right))
                {
                    throw Failure($"sent packet {i} of this poll differs\n  {lanes[0].Name}: {Show(left)}\n  {lane.Name}: {Show(right)}");
                }
            }
        }

        SentCount += first.Count;
        foreach (var packet in first)
        {
            Remember(">", packet.Bytes);
            source.Observe(Dissection.Of(packet.Bytes), Now);
        }

        foreach (var lane in lanes)
        {
            lane.Sent.Clear();
        }

        static string Show(SentPacket? packet) => packet is null ? "nothing" : $"{packet}\n    {Convert.ToHexStringLower(packet.Bytes)}";
    }

    private void Check(bool countHolders)
    {
        StackSnapshot? first = null;
        foreach (var lane in lanes)
        {
            var (stack, ledger, arena) = (lane.Stack, lane.Stack.Ledger, lane.Stack.Arena);
            if (ledger.IngressDue != stack.HeldIngress || ledger.EgressDue != stack.HeldEgress)
            {
                throw Failure($"the ledgers of {lane.Name} do not balance: ingress is due {ledger.IngressDue} and holds {stack.HeldIngress}, "
                    + $"egress is due {ledger.EgressDue} and holds {stack.HeldEgress}");
            }

            if (countHolders && arena.CountHeldBy((Holders)ushort.MaxValue) is var held && held + arena.FreeCount != arena.Capacity)
            {
                throw Failure($"{lane.Name} has lost frames: {arena.Capacity} = {arena.FreeCount} free + {held} held + {arena.Capacity - arena.FreeCount - held}");
            }

            if (lanes.Length > 1)
            {
                var snapshot = StackSnapshot.Of(stack, ExcludedStages, countHolders);
                first ??= snapshot;
                if (!first.IsSame(snapshot))
                {
                    throw Failure($"{lanes[0].Name} and {lane.Name} differ:\n  {string.Join("\n  ", first.DifferencesFrom(snapshot))}");
                }
            }
        }
    }

    private void Remember(string direction, byte[] frame)
    {
        if (!RemembersPackets)
        {
            return;
        }

        if (recent.Count == RememberedLines)
        {
            recent.Dequeue();
        }

        recent.Enqueue(string.Create(CultureInfo.InvariantCulture, $"{Now / 1000,12} us {direction} {text.Describe(frame)}"));
    }

    private StackRunException Failure(string what, Exception? inner = null)
    {
        var report = new StringBuilder();
        report.Append(CultureInfo.InvariantCulture, $"{what}\nseed {random.Seed}, step {poll}, time {Now} ns, frame {FrameCount}; frames of this step:");
        foreach (var frame in frames)
        {
            report.Append("\n  ").Append(Convert.ToHexStringLower(frame));
        }

        report.Append("\nthe packets before:");
        foreach (var line in recent)
        {
            report.Append("\n  ").Append(line);
        }

        return new StackRunException(report.ToString(), inner);
    }
}

/// <summary>Stacks that should have agreed or balanced did not; the message says how to repeat it.</summary>
public sealed class StackRunException(string message, Exception? inner = null) : Exception(message, inner);
