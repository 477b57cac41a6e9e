using System.Diagnostics;
using System.Runtime;

namespace Millrace.Workloads;

/// <summary>Runs work until the compiler has nothing more to do for it: tier 0, the instrumented tier and Tier1 follow each other.</summary>
public static class WarmUp
{
    private const int LeastParts = 6;
    private const int MostParts = 40;
    private const int QuietParts = 3;
    private const int PartMilliseconds = 60;

    // the compiler comes when nothing new has been called for so long (CallCountingDelayMs, times ten on one processor), and then for
    // what has been called 30 times since
    private const int PauseMilliseconds = 115;

    /// <param name="work">A part of the work, some milliseconds long at most.</param>
    public static void Run(Action work)
    {
        ArgumentNullException.ThrowIfNull(work);
        var compiled = JitInfo.GetCompiledMethodCount();
        var quiet = 0;
        for (var part = 0; part < MostParts && (part < LeastParts || quiet < QuietParts); part++)
        {
            var began = Stopwatch.GetTimestamp();
            do
            {
                work();
            }
            while (Stopwatch.GetElapsedTime(began).TotalMilliseconds < PartMilliseconds);

            Thread.Sleep(PauseMilliseconds);
            var now = JitInfo.GetCompiledMethodCount();
            quiet = now == compiled ? quiet + 1 : 0;
            compiled = now;
        }
    }
}
