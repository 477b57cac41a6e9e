using BenchmarkDotNet.Running;
using Millrace.Benchmarks;
using Millrace.Benchmarks.Gate;
using Millrace.Benchmarks.Scaling;
using Millrace.Benchmarks.WaysIn;

switch (args)
{
    case ["ways-in", ..]:
        return WaysInBenchmark.Run(args[1..]);
    case ["scaling", ..]:
        return ScalingBenchmark.Run(args[1..]);
    case ["allocations", ..]:
        return AllocationGate.Run(args[1..]);
    default:
        BenchmarkSwitcher.FromTypes(Suites.All).Run(args, Suites.Config);
        return 0;
}
