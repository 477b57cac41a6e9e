namespace Millrace.Workloads.Connections;

/// <summary>
/// A measurement in slices of a fiftieth second of processor time: their median is untouched by a neighbour who takes the
/// processor, or its caches, for a moment.
/// </summary>
internal static class Slices
{
    private const double SliceNanoseconds = 2e7;

    /// <param name="work">Works for a few microseconds and says how many units it has done.</param>
    /// <returns>Nanoseconds a unit by the clock on the wall and by the thread's processor time, and bytes allocated meanwhile.</returns>
    public static (double Wall, double Cpu, long Allocated) Measure(double seconds, Func<int> work)
    {
        var count = Math.Max((int)(seconds * 1e9 / SliceNanoseconds), 3);
        var (wall, cpu) = (new double[count], new double[count]);
        Slice(work);
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < count; i++)
        {
            (wall[i], cpu[i]) = Slice(work);
        }

        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Array.Sort(wall);
        Array.Sort(cpu);
        return (wall[count / 2], cpu[count / 2], allocated);
    }

    private static (double Wall, double Cpu) Slice(Func<int> work)
    {
        var clock = Stopwatches.Start();
        long units = 0;
        do
        {
            units += work();
        }
        while (clock.Elapsed.Cpu < SliceNanoseconds);
        var (wall, cpu) = clock.Elapsed;
        return (wall / units, cpu / units);
    }
}
