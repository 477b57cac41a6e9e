using System.Diagnostics;
using System.Reflection;
using BenchmarkDotNet.Running;

namespace Millrace.Benchmarks.Gate;

/// <summary>
/// Runs one case of BenchmarkDotNet's model as its engine would (a new instance, parameters, setup) and reads what the thread
/// allocated. Bytes need no quiet machine and no statistics: a few calls tell.
/// </summary>
public static class AllocationMeter
{
    private const int MostBatches = 20;

    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Batch = TimeSpan.FromMilliseconds(5);

    /// <summary>Type, method and parameters: what a case is called in the file.</summary>
    public static string NameOf(BenchmarkCase benchmark) => benchmark.Parameters.Count == 0
        ? $"{benchmark.Descriptor.Type.Name}.{benchmark.Descriptor.WorkloadMethod.Name}"
        : $"{benchmark.Descriptor.Type.Name}.{benchmark.Descriptor.WorkloadMethod.Name}({string.Join(", ", benchmark.Parameters.Items.Select(static item => item.Value))})";

    /// <returns>Bytes an operation, of the batch that allocated least.</returns>
    public static double Measure(BenchmarkCase benchmark)
    {
        var descriptor = benchmark.Descriptor;
        if (descriptor.IterationSetupMethod is not null || benchmark.HasArguments)
        {
            throw new NotSupportedException($"{NameOf(benchmark)} has arguments or a setup of each iteration, which the gate does not run.");
        }

        var instance = Activator.CreateInstance(descriptor.Type)!;
        foreach (var parameter in benchmark.Parameters.Items)
        {
            descriptor.Type.GetProperty(parameter.Name)!.SetValue(instance, parameter.Value);
        }

        descriptor.GlobalSetupMethod?.Invoke(instance, null);
        try
        {
            var method = descriptor.WorkloadMethod;
            var measure = method.ReturnType == typeof(void)
                ? Least(method.CreateDelegate<Action>(instance))
                : (double)typeof(AllocationMeter).GetMethod(nameof(LeastOf), BindingFlags.NonPublic | BindingFlags.Static)!
                    .MakeGenericMethod(method.ReturnType)
                    .Invoke(null, [method.CreateDelegate(typeof(Func<>).MakeGenericType(method.ReturnType), instance)])!;
            return measure / descriptor.OperationsPerInvoke;
        }
        finally
        {
            descriptor.GlobalCleanupMethod?.Invoke(instance, null);
        }
    }

    private static double LeastOf<TResult>(Func<TResult> method) => Least(() => method());

    private static double Least(Action method)
    {
        var calls = 0;
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < WarmUp || calls < 2; calls++)
        {
            method();
        }

        var perBatch = Math.Max(1, (int)(calls * Batch / WarmUp));
        var least = double.MaxValue;
        for (var batch = 0; batch < MostBatches && least > 0; batch++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var call = 0; call < perBatch; call++)
            {
                method();
            }

            least = Math.Min(least, (double)(GC.GetAllocatedBytesForCurrentThread() - before) / perBatch);
        }

        return least;
    }
}
