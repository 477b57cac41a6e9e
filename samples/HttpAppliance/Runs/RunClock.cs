using Millrace;

namespace HttpAppliance.Runs;

/// <summary>The time that stacks are told: the machine's, or one that jumps to whatever is due next.</summary>
internal sealed class RunClock(bool isVirtual)
{
    private const long SpinFor = 2_000_000;

    private long virtualNow = 1_000_000_000;

    public bool IsVirtual => isVirtual;

    /// <summary>Nanoseconds.</summary>
    public long Now => isVirtual ? virtualNow : StackClock.Now;

    /// <summary>Lets time pass until something is due, or for a part of that.</summary>
    /// <returns>False if nothing ever is.</returns>
    public bool TryWait(long deadline)
    {
        if (deadline == long.MaxValue)
        {
            return false;
        }

        if (isVirtual)
        {
            virtualNow = Math.Max(virtualNow, deadline);
        }
        else if (deadline - Now > SpinFor)
        {
            Thread.Sleep(1);
        }

        return true;
    }
}
