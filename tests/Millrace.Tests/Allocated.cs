namespace Millrace.Tests;

/// <summary>Bytes that a thread allocates.</summary>
internal static class Allocated
{
    private const int Trials = 5;

    /// <summary>
    /// The least that several runs of the same work allocated: a collection that another thread asks for ends this thread's
    /// allocation context, and what was left of it counts as allocated. What the work itself allocates is in every run.
    /// </summary>
    public static long Least(Action work)
    {
        var least = long.MaxValue;
        for (var i = 0; i < Trials && least > 0; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            work();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
