using BenchmarkDotNet.Attributes;
using Millrace.Benchmarks.Gate;
using Millrace.CodeShape;
using Millrace.Nics;

namespace Millrace.Benchmarks.Loops;

/// <summary>
/// Time a packet of the wire for polls of 64, from a NIC whose only work is to copy the packet into a frame
/// (<see cref="BareStack"/> shows that and the loop alone). UDP goes to a handler; GRO merges TCP that the NIC has
/// verified, or that software verifies first ("sum"). Twin = the same declaration, interpreted.
/// </summary>
public class IngressLoop
{
    private const int Weight = 64;

    private static readonly byte[][] Datagrams = [Packets.Udp(64, 7)];

    // 44 segments of 1,448 bytes make one packet of the largest size
    private static readonly byte[][] Segments = Packets.TcpFlow(1514, 44);

    private static readonly Dictionary<string, (byte[][] Script, Func<Nic, INetworkStack> Loop, Func<Nic, INetworkStack> Twin)> Cases = new()
    {
        ["64 B bare"] = (Datagrams, nic => new BareStack(new() { Nic = nic, Entropy = new Entropy(1, 2) }), nic => new BareTwin(new() { Nic = nic, Entropy = new Entropy(1, 2) })),
        ["64 B UDP"] = (Datagrams, nic => new DatagramStack(new() { Nic = nic, Entropy = new Entropy(1, 2) }), nic => new DatagramTwin(new() { Nic = nic, Entropy = new Entropy(1, 2) })),
        ["1514 B bare"] = (Segments, nic => new BareStack(new() { Nic = nic, Entropy = new Entropy(1, 2) }), nic => new BareTwin(new() { Nic = nic, Entropy = new Entropy(1, 2) })),
        ["1514 B GRO"] = (Segments, nic => new MergingStack(new() { Nic = nic, Entropy = new Entropy(1, 2) }), nic => new MergingTwin(new() { Nic = nic, Entropy = new Entropy(1, 2) })),
        ["1514 B sum, GRO"] = (Segments, nic => new VerifyingStack(new() { Nic = nic, Entropy = new Entropy(1, 2) }), nic => new VerifyingTwin(new() { Nic = nic, Entropy = new Entropy(1, 2) })),
    };

    private INetworkStack loop = null!;
    private INetworkStack twin = null!;
    private long now;

    [ParamsSource(nameof(CaseNames))]
    public string Case { get; set; } = "";

    public static IEnumerable<string> CaseNames => Cases.Keys;

    [GlobalSetup]
    public void Setup()
    {
        var (script, makeLoop, makeTwin) = Cases[Case];
        loop = makeLoop(new SourceNic(script));
        twin = makeTwin(new SourceNic(script));
        if (loop.Poll(0, 0, 0) != Weight || twin.Poll(0, 0, 0) != Weight)
        {
            throw new InvalidOperationException("A poll takes in as many packets as its weight.");
        }
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        loop.Dispose();
        twin.Dispose();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Weight)]
    public int Loop() => loop.Poll(0, 0, now += 10_000);

    [NotGated(NotGatedAttribute.Twin)]
    [Benchmark(OperationsPerInvoke = Weight)]
    public int Twin() => twin.Poll(0, 0, now += 10_000);
}
