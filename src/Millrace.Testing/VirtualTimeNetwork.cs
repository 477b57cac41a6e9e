using System.Globalization;
using Millrace.Headers;
using Millrace.Testing.Networks;

namespace Millrace.Testing;

/// <summary>
/// Runs a network of stacks in one thread and in a time of its own: polls all of them until nothing happens at this instant, then
/// jumps to the next deadline of any. Stacks are connected by links of this network (<see cref="NewLink(LinkOptions, int)"/>) or by NICs of any kind. The
/// same stacks, links, entropy and seed always give the same run.
/// </summary>
public sealed class VirtualTimeNetwork
{
    private readonly List<(INetworkStack Stack, bool IsBusy)> nodes = [];
    private readonly PriorityQueue<Action, (long At, long Order)> events = new();
    private ulong drawn;
    private long order;
    private int links;
    private ulong lastAddress = 0x0200_0000_0000;

    /// <param name="stacks">Polled in this order; more can be added (<see cref="Add"/>).</param>
    public VirtualTimeNetwork(params INetworkStack[] stacks)
    {
        ArgumentNullException.ThrowIfNull(stacks);
        foreach (var stack in stacks)
        {
            Add(stack);
        }
    }

    public IReadOnlyList<INetworkStack> Stacks => [.. nodes.Select(node => node.Stack)];

    /// <summary>What everything random follows from: <see cref="NewEntropy"/>, and the losses of links.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>What enters the links.</summary>
    public NetworkTrace Trace { get; } = new();

    /// <summary>The time, in nanoseconds. It begins at a second, so that no stack takes 0 for "never".</summary>
    public long Now { get; private set; } = 1_000_000_000;

    /// <summary>Where the time begins instead: for stacks that have run before.</summary>
    public long StartAt
    {
        init => Now = value;
    }

    /// <summary>Rounds over all stacks at one instant after which the run is given up: they keep each other busy for ever.</summary>
    public int RoundLimit { get; init; } = 100_000;

    /// <summary>Whether every ledger is checked after every round (slow: it looks at every frame).</summary>
    public bool CheckLedgers { get; init; }

    /// <summary>Jumps of time after which the run is given up: they keep each other busy without coming to an end.</summary>
    public long StepLimit { get; init; } = long.MaxValue;

    /// <summary>Polls of a single stack so far.</summary>
    public long Polls { get; private set; }

    /// <summary>Jumps of time so far.</summary>
    public long Steps { get; private set; }

    /// <summary>A link that does the same in both directions.</summary>
    public Link NewLink(LinkOptions options, int mtu = 1500) => NewLink(options, options, mtu);

    /// <summary>A link with two ways of its own. The seed is this network's, so links are to be made in one order.</summary>
    /// <param name="rightward">From the left side to the right.</param>
    /// <param name="mtu">Bytes of the largest network packet, 68 to 1,980.</param>
    public Link NewLink(LinkOptions rightward, LinkOptions leftward, int mtu = 1500)
    {
        ArgumentNullException.ThrowIfNull(rightward);
        ArgumentNullException.ThrowIfNull(leftward);
        return new Link(this, string.Create(CultureInfo.InvariantCulture, $"link {links++}"), rightward, leftward, mtu, NewEntropy().NextUInt64());
    }

    /// <summary>Entropy for a stack: other numbers at each call, the same for a seed.</summary>
    public Entropy NewEntropy() => new(Seed, ++drawn);

    /// <summary>Adds a stack, polled after those that are there.</summary>
    /// <returns>The stack; it stays the caller's, to dispose of.</returns>
    public TStack Add<TStack>(TStack stack)
        where TStack : INetworkStack
    {
        ArgumentNullException.ThrowIfNull(stack);
        nodes.Add((stack, false));
        return stack;
    }

    /// <summary>Does something at a time (in <see cref="Now"/>'s terms), before any stack is polled at that instant.</summary>
    public void At(long time, Action action) => events.Enqueue(action, (time, order++));

    /// <summary>Does something after a time from now.</summary>
    public void After(TimeSpan time, Action action) => At(Now + Nanoseconds(time), action);

    /// <summary>Polls all stacks at this instant until none has anything more to do.</summary>
    /// <exception cref="VirtualTimeException">They go on for more than <see cref="RoundLimit"/> rounds.</exception>
    public void Settle() => Settle(everybody: true);

    /// <summary>Settles, then jumps to the next deadline and settles there.</summary>
    /// <returns>False if no stack has a deadline up to <paramref name="limit"/> (in <see cref="Now"/>'s terms).</returns>
    public bool Step(long limit = long.MaxValue)
    {
        Settle();
        return Jump(limit);
    }

    /// <summary>Runs until the condition is true; it is looked at whenever all stacks are idle at an instant.</summary>
    /// <exception cref="VirtualTimeException">It is not true within the given time, or nothing more will happen.</exception>
    public void RunUntil(Func<bool> condition, TimeSpan limit)
    {
        ArgumentNullException.ThrowIfNull(condition);
        var end = Now + Nanoseconds(limit);
        Settle();
        while (!condition())
        {
            if (!Jump(end))
            {
                throw new VirtualTimeException($"The condition did not come true within {limit} of virtual time, until {end} ns. {Account()}");
            }
        }
    }

    /// <summary>Runs for a time, whatever happens.</summary>
    public void RunFor(TimeSpan duration)
    {
        var end = Now + Nanoseconds(duration);
        Settle();
        while (Jump(end))
        {
        }

        Now = end;
        Settle();
    }

    /// <summary>Runs until no stack has a deadline any more.</summary>
    /// <exception cref="VirtualTimeException">One still has at the end of the given time.</exception>
    public void RunUntilQuiet(TimeSpan limit)
    {
        var end = Now + Nanoseconds(limit);
        Settle();
        while (Jump(end))
        {
        }

        if (NextDeadline() != long.MaxValue)
        {
            throw new VirtualTimeException($"Not quiet within {limit} of virtual time. {Account()}");
        }
    }

    internal MacAddress NewAddress() => new(++lastAddress);

    private bool Jump(long limit)
    {
        var next = NextDeadline();
        if (next > limit || next == long.MaxValue)
        {
            return false;
        }

        if (++Steps > StepLimit)
        {
            throw new VirtualTimeException($"No end at {Now} ns after {StepLimit} steps. {Account()}");
        }

        Now = Math.Max(Now, next);
        Settle(everybody: false);
        return true;
    }

    private void Settle(bool everybody)
    {
        for (var round = 0; PollRound(RunEvents() || (everybody && round == 0)); round++)
        {
            if (round == RoundLimit)
            {
                throw new VirtualTimeException($"No end at {Now} ns after {round} rounds. {Account()}");
            }
        }
    }

    /// <returns>Whether there were any.</returns>
    private bool RunEvents()
    {
        var any = false;
        while (events.TryPeek(out var action, out var due) && due.At <= Now)
        {
            events.Dequeue();
            action();
            any = true;
        }

        return any;
    }

    /// <param name="everybody">Also those that nothing is due at: their application may have spoken.</param>
    private bool PollRound(bool everybody)
    {
        var busy = false;
        for (var i = 0; i < nodes.Count; i++)
        {
            var (stack, wasBusy) = nodes[i];
            if (!everybody && !wasBusy && stack.NextDeadline > Now)
            {
                continue;
            }

            var isBusy = Poll(stack);
            busy |= isBusy;
            nodes[i] = (stack, isBusy);
        }

        // what one stack sent may be due at another that was polled before it
        return busy || NextDeadline() <= Now;
    }

    private bool Poll(INetworkStack stack)
    {
        var before = Activity(stack);
        var taken = 0;
        for (var i = 0; i < stack.Interfaces.Count; i++)
        {
            taken += stack.Poll(i, stack.Queue, Now);
            Polls++;
        }

        if (CheckLedgers)
        {
            LedgerAssert.Balanced(stack);
        }

        return taken > 0 || Activity(stack) != before;
    }

    private long NextDeadline()
    {
        var next = events.TryPeek(out _, out var due) ? due.At : long.MaxValue;
        foreach (var (stack, _) in nodes)
        {
            next = Math.Min(next, stack.NextDeadline);
        }

        return next;
    }

    private static long Nanoseconds(TimeSpan time) => time.Ticks * TimeSpan.NanosecondsPerTick;

    private static long Activity(INetworkStack stack) => stack.Ledger.Received + stack.Ledger.Created + stack.Ledger.Transmitted;

    private string Account() => string.Join("; ", Stacks.Select((stack, i) => string.Create(
        CultureInfo.InvariantCulture,
        $"stack {i} ({stack.Pipeline.Name}): next deadline {(stack.NextDeadline == long.MaxValue ? "never" : stack.NextDeadline)}, received {stack.Ledger.Received}, transmitted {stack.Ledger.Transmitted}, holds {stack.HeldIngress} in and {stack.HeldEgress} out")));
}

/// <summary>A run in virtual time that does not come to its end.</summary>
public sealed class VirtualTimeException(string message) : Exception(message);
