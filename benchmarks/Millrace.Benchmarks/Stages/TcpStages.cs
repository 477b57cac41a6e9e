using BenchmarkDotNet.Attributes;
using Millrace.Benchmarks.Gate;

namespace Millrace.Benchmarks.Stages;

/// <summary>
/// Time a segment of 1,460 bytes of one connection, to a peer that is nothing but templates of frames (<see cref="TcpPeer"/>; its time is
/// in all of them). Received bytes are used in place, sent ones are copied once; every second segment is acknowledged.
/// </summary>
public class TcpStages
{
    private static readonly Entropy Entropy = new(1, 2);

    private TcpRun loop = null!;
    private TcpRun twin = null!;

    [ParamsSource(nameof(Cases))]
    public TcpCase Case { get; set; } = null!;

    public static IEnumerable<TcpCase> Cases { get; } =
    [
        new("receive", null, true, nic => new ReceivingStack(new() { Nic = nic, Entropy = Entropy }), nic => new ReceivingTwin(new() { Nic = nic, Entropy = Entropy })),
        new("receive, software checksum", "receive", true, nic => new ReceivingSummingStack(new() { Nic = nic, Entropy = Entropy }), nic => new ReceivingSummingTwin(new() { Nic = nic, Entropy = Entropy })),
        new("receive, GRO", "receive", true, nic => new ReceivingGroStack(new() { Nic = nic, Entropy = Entropy }), nic => new ReceivingGroTwin(new() { Nic = nic, Entropy = Entropy })),
        new("receive, socket memory", "receive", true, nic => new ReceivingMemoryStack(new() { Nic = nic, Entropy = Entropy }), nic => new ReceivingMemoryTwin(new() { Nic = nic, Entropy = Entropy })),
        new("send", null, false, nic => new SendingStack(new() { Nic = nic, Entropy = Entropy }), nic => new SendingTwin(new() { Nic = nic, Entropy = Entropy })),
        new("send, software checksum", "send", false, nic => new SendingSummingStack(new() { Nic = nic, Entropy = Entropy }), nic => new SendingSummingTwin(new() { Nic = nic, Entropy = Entropy })),
        new("send, small queues", "send", false, nic => new SendingSmallQueuesStack(new() { Nic = nic, Entropy = Entropy }), nic => new SendingSmallQueuesTwin(new() { Nic = nic, Entropy = Entropy })),
        new("send, socket memory", "send", false, nic => new SendingMemoryStack(new() { Nic = nic, Entropy = Entropy }), nic => new SendingMemoryTwin(new() { Nic = nic, Entropy = Entropy })),
        new("send, GSO", "send", false, nic => new SendingGsoStack(new() { Nic = nic, Entropy = Entropy }), nic => new SendingGsoTwin(new() { Nic = nic, Entropy = Entropy })),
        new("send, tap", "send", false, nic => new SendingTappedStack(new() { Nic = nic, Entropy = Entropy, TapSink = new CountingSink() }), nic => new SendingTappedTwin(new() { Nic = nic, Entropy = Entropy, TapSink = new CountingSink() })),
        new("send, VLAN", "send", false, nic => new SendingVlanStack(new() { Nic = nic, Entropy = Entropy }), nic => new SendingVlanTwin(new() { Nic = nic, Entropy = Entropy }), vlan: 10),
    ];

    [GlobalSetup]
    public void Setup() => (loop, twin) = (Case.MakeLoop(), Case.MakeTwin());

    [GlobalCleanup]
    public void Cleanup()
    {
        loop.Dispose();
        twin.Dispose();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = TcpRun.Segments)]
    public long Loop() => loop.Move();

    [NotGated(NotGatedAttribute.Twin)]
    [Benchmark(OperationsPerInvoke = TcpRun.Segments)]
    public long Twin() => twin.Move();
}
