using System.Runtime;

namespace Millrace.Stack.Tests;

internal static class Allocated
{
    private const long Room = 16 << 20;

    /// <summary>
    /// Bytes that the calling thread allocates in some work. Collections are put off meanwhile: one that another thread asked for would end
    /// this thread's allocation context, and what was left of it counts as allocated.
    /// </summary>
    public static long By(Action work)
    {
        var isQuiet = GC.TryStartNoGCRegion(Room);
        var before = GC.GetAllocatedBytesForCurrentThread();
        work();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        if (isQuiet && GCSettings.LatencyMode == GCLatencyMode.NoGCRegion)
        {
            GC.EndNoGCRegion();
        }

        return allocated;
    }
}
