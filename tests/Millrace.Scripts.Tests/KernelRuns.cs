using System.Collections.Concurrent;
using Millrace.Testing.Scripts;

namespace Millrace.Scripts.Tests;

/// <summary>
/// All scripts on the kernel, some at once: they mostly wait. A failure counts when it comes back, because a busy machine
/// wakes a thread too late now and then; one at a time the second and third attempts have less to fear.
/// </summary>
public sealed class KernelRuns
{
    private const int AtOnce = 8;
    private const int Attempts = 3;

    private readonly ConcurrentDictionary<string, TaskCompletionSource<string?>> runs = new();
    private readonly ConcurrentQueue<string> queue = new(ScriptCatalogue.Files);
    private readonly Lock alone = new();
    private int started;

    /// <returns>The report of the failure, or null.</returns>
    public Task<string?> Of(string file)
    {
        if (Interlocked.Exchange(ref started, 1) == 0)
        {
            for (var i = 0; i < AtOnce; i++)
            {
                new Thread(Work) { IsBackground = true, Name = "scripts on the kernel" }.Start();
            }
        }

        return Run(file).Task;
    }

    private void Work()
    {
        while (queue.TryDequeue(out var file))
        {
            try
            {
                Run(file).SetResult(Attempt(ScriptCatalogue.Load(file)));
            }
            catch (Exception exception)
            {
                Run(file).SetException(exception);
            }
        }
    }

    private string? Attempt(Script script)
    {
        if (script.SkippedOn.ContainsKey("kernel"))
        {
            return null;
        }

        var failure = ScriptCatalogue.OnKernel(script);
        if (script.FailsOn.ContainsKey("kernel"))
        {
            return failure?.Message;
        }

        for (var i = 1; i < Attempts && failure is not null; i++)
        {
            lock (alone)
            {
                failure = ScriptCatalogue.OnKernel(script);
            }
        }

        return failure?.Message;
    }

    private TaskCompletionSource<string?> Run(string file) =>
        runs.GetOrAdd(file, static _ => new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously));
}
