using BenchmarkDotNet.Attributes;
using Millrace.Benchmarks.Gate;
using Millrace.Testing;
using Millrace.Workloads.Forwarding;

namespace Millrace.Benchmarks.Loops;

/// <summary>
/// F2's router with its NICs and traffic for one route (benchmarks/WORKLOADS.md), and its twin: time a packet for polls of 64. The route is declared, as a
/// twin has no other.
/// </summary>
public class RouterLoop
{
    private const int Batch = 64;

    private Router loop = null!;
    private Router twin = null!;

    [GlobalSetup]
    public void Setup()
    {
        loop = new Router(static setup => new RouterStack(setup));
        twin = new Router(static setup => new RouterTwin(setup));
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        loop.Dispose();
        twin.Dispose();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Batch)]
    public int Loop() => loop.Poll();

    [NotGated(NotGatedAttribute.Twin)]
    [Benchmark(OperationsPerInvoke = Batch)]
    public int Twin() => twin.Poll();

    private sealed class Router : IDisposable
    {
        private readonly RouterSource source;
        private readonly RouterSink sink = new();
        private readonly INetworkStack stack;
        private long now;

        public Router(Func<RouterStack.Setup, INetworkStack> make)
        {
            var traffic = new RouterTraffic(1, RouterAddresses.Gateway, networkInterface: 1);
            source = new RouterSource(new RouterFrames(traffic.Destinations));
            stack = make(new() { InsideNic = source, OutsideNic = sink, Entropy = new Entropy(1, 2) });
            now = RouterGateways.Learn(stack, sink, 0);
            var sent = sink.Sent;
            if (Poll() != Batch || sink.Sent - sent != Batch)
            {
                throw new InvalidOperationException("A poll sends on all it takes in.");
            }
        }

        public int Poll() => stack.Poll(0, 0, Batch, now += 10_000);

        public void Dispose()
        {
            stack.Dispose();
            source.Dispose();
            sink.Dispose();
        }
    }
}

[NetworkStack(RingFrames = 256)]
[Interface("inside")]
[Interface("outside")]
[NicQueues(1)]
[Napi(Weight = 256)]
[Ipv4("198.18.0.254/24", On = "inside", Forwarding = true, Routes = 16, NeighbourReachableSeconds = 86_400)]
[Ipv4Address("198.19.0.254/24", On = "outside")]
[Route("0.0.0.0/0", Via = "198.19.0.1", On = "outside")]
public sealed partial class RouterStack;

[TwinOf<RouterStack>]
public sealed partial class RouterTwin;
