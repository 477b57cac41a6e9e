using System.Globalization;

namespace Millrace.Testing;

/// <summary>
/// Runs several stacks in one thread and in a time of its own: polls all of them until nothing happens at this instant, then
/// jumps to the next deadline of any. The same stacks, wires and entropy always give the same run.
/// </summary>
public sealed class VirtualTimeNetwork
{
    private readonly INetworkStack[] stacks;

    /// <param name="stacks">Polled in this order.</param>
    public VirtualTimeNetwork(params INetworkStack[] stacks)
    {
        ArgumentNullException.ThrowIfNull(stacks);
        if (stacks.Length == 0)
        {
            throw new ArgumentException("A network has at least one stack.", nameof(stacks));
        }

        this.stacks = [.. stacks];
    }

    public IReadOnlyList<INetworkStack> Stacks => stacks;

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

    /// <summary>Polls of a single stack so far.</summary>
    public long Polls { get; private set; }

    /// <summary>Polls all stacks at this instant until none has anything more to do.</summary>
    /// <exception cref="VirtualTimeException">They go on for more than <see cref="RoundLimit"/> rounds.</exception>
    public void Settle()
    {
        for (var round = 0; PollRound(); round++)
        {
            if (round == RoundLimit)
            {
                throw new VirtualTimeException($"No end at {Now} ns after {round} rounds. {Account()}");
            }
        }
    }

    /// <summary>Settles, then jumps to the next deadline and settles there.</summary>
    /// <returns>False if no stack has a deadline up to <paramref name="limit"/> (in <see cref="Now"/>'s terms).</returns>
    public bool Step(long limit = long.MaxValue)
    {
        Settle();
        var next = NextDeadline();
        if (next > limit || next == long.MaxValue)
        {
            return false;
        }

        Now = Math.Max(Now, next);
        Settle();
        return true;
    }

    /// <summary>Runs until the condition is true; it is looked at whenever all stacks are idle at an instant.</summary>
    /// <exception cref="VirtualTimeException">It is not true within the given time, or nothing more will happen.</exception>
    public void RunUntil(Func<bool> condition, TimeSpan limit)
    {
        ArgumentNullException.ThrowIfNull(condition);
        var end = Now + limit.Ticks * TimeSpan.NanosecondsPerTick;
        Settle();
        while (!condition())
        {
            if (!Step(end))
            {
                throw new VirtualTimeException($"The condition did not come true within {limit} of virtual time, until {end} ns. {Account()}");
            }
        }
    }

    /// <summary>Runs for a time, whatever happens.</summary>
    public void RunFor(TimeSpan duration)
    {
        var end = Now + duration.Ticks * TimeSpan.NanosecondsPerTick;
        while (Step(end))
        {
        }

        Now = end;
        Settle();
    }

    /// <summary>Runs until no stack has a deadline any more.</summary>
    /// <exception cref="VirtualTimeException">One still has at the end of the given time.</exception>
    public void RunUntilQuiet(TimeSpan limit)
    {
        var end = Now + limit.Ticks * TimeSpan.NanosecondsPerTick;
        while (Step(end))
        {
        }

        if (NextDeadline() != long.MaxValue)
        {
            throw new VirtualTimeException($"Not quiet within {limit} of virtual time. {Account()}");
        }
    }

    private bool PollRound()
    {
        var busy = false;
        foreach (var stack in stacks)
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

            busy |= taken > 0 || Activity(stack) != before;
        }

        // what one stack sent may be due at another that was polled before it
        return busy || NextDeadline() <= Now;
    }

    private long NextDeadline()
    {
        var next = long.MaxValue;
        foreach (var stack in stacks)
        {
            next = Math.Min(next, stack.NextDeadline);
        }

        return next;
    }

    private static long Activity(INetworkStack stack) => stack.Ledger.Received + stack.Ledger.Created + stack.Ledger.Transmitted;

    private string Account() => string.Join("; ", stacks.Select((stack, i) => string.Create(
        CultureInfo.InvariantCulture,
        $"stack {i} ({stack.Pipeline.Name}): next deadline {(stack.NextDeadline == long.MaxValue ? "never" : stack.NextDeadline)}, received {stack.Ledger.Received}, transmitted {stack.Ledger.Transmitted}, holds {stack.HeldIngress} in and {stack.HeldEgress} out")));
}

/// <summary>A run in virtual time that does not come to its end.</summary>
public sealed class VirtualTimeException(string message) : Exception(message);
