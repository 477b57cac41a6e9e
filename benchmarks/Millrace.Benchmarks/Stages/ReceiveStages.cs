using BenchmarkDotNet.Attributes;
using Millrace.Benchmarks.Gate;
using Millrace.Benchmarks.Loops;
using Millrace.Nics;
using Millrace.Workers;

namespace Millrace.Benchmarks.Stages;

/// <summary>
/// Time a packet of the wire on the way in, one stage after another, from a NIC whose only work is to copy a frame of 64 bytes (or
/// as many as the case says) into the stack's: the loop that was generated, and its twin.
/// </summary>
public class ReceiveStages
{
    private static readonly Entropy Entropy = new(1, 2);

    private ReceiveRun loop = null!;
    private ReceiveRun twin = null!;

    [ParamsSource(nameof(Cases))]
    public ReceiveCase Case { get; set; } = null!;

    public static IEnumerable<ReceiveCase> Cases { get; } =
    [
        One("bare", null, ReceivedFrames.Datagrams, nic => new BareStack(new() { Nic = nic, Entropy = Entropy }), nic => new BareTwin(new() { Nic = nic, Entropy = Entropy })),
        One("checksum offload", "bare", ReceivedFrames.Datagrams, nic => new OffloadStack(new() { Nic = nic, Entropy = Entropy }), nic => new OffloadTwin(new() { Nic = nic, Entropy = Entropy })),
        One("software checksum", "bare", ReceivedFrames.Datagrams, nic => new SummingStack(new() { Nic = nic, Entropy = Entropy }), nic => new SummingTwin(new() { Nic = nic, Entropy = Entropy })),
        One("user's stage", "bare", ReceivedFrames.Datagrams, nic => new UserStageStack(new() { Nic = nic, Entropy = Entropy }), nic => new UserStageTwin(new() { Nic = nic, Entropy = Entropy })),
        One("tap", "bare", ReceivedFrames.Datagrams, nic => new TappedStack(new() { Nic = nic, Entropy = Entropy, TapSink = new CountingSink() }), nic => new TappedTwin(new() { Nic = nic, Entropy = Entropy, TapSink = new CountingSink() })),
        One("RX handler", "bare", ReceivedFrames.Datagrams, nic => new HandlerStack(new() { Nic = nic, Entropy = Entropy }), nic => new HandlerTwin(new() { Nic = nic, Entropy = Entropy })),
        Two("two workers", "checksum offload", (nic, group, worker) => new TwoWorkerStack(new() { Nic = nic, Entropy = Entropy, Group = group, Worker = worker }), (nic, group, worker) => new TwoWorkerTwin(new() { Nic = nic, Entropy = Entropy, Group = group, Worker = worker })),
        Two("RPS, half to another worker", "two workers", (nic, group, worker) => new SteeringStack(new() { Nic = nic, Entropy = Entropy, Group = group, Worker = worker }), (nic, group, worker) => new SteeringTwin(new() { Nic = nic, Entropy = Entropy, Group = group, Worker = worker })),
        One("IPv4", "checksum offload", ReceivedFrames.Datagrams, nic => new Ipv4Stack(new() { Nic = nic, Entropy = Entropy }), nic => new Ipv4Twin(new() { Nic = nic, Entropy = Entropy })),
        One("hook", "IPv4", ReceivedFrames.Datagrams, nic => new HookedStack(new() { Nic = nic, Entropy = Entropy }), nic => new HookedTwin(new() { Nic = nic, Entropy = Entropy })),
        One("ICMP echo, answered", "IPv4", ReceivedFrames.Echoes, nic => new Ipv4Stack(new() { Nic = nic, Entropy = Entropy }), nic => new Ipv4Twin(new() { Nic = nic, Entropy = Entropy })),
        One("UDP", "IPv4", ReceivedFrames.Datagrams, nic => new UdpStack(new() { Nic = nic, Entropy = Entropy }), nic => new UdpTwin(new() { Nic = nic, Entropy = Entropy }), Ending.Delivered),
        One("UDP, answered", "UDP", ReceivedFrames.Datagrams, nic => new AnsweringStack(new() { Nic = nic, Entropy = Entropy }), nic => new AnsweringTwin(new() { Nic = nic, Entropy = Entropy }), Ending.Delivered),
        One("turned round", "bare", ReceivedFrames.Datagrams, nic => new TurningStack(new() { Nic = nic, Entropy = Entropy }), nic => new TurningTwin(new() { Nic = nic, Entropy = Entropy }), Ending.Forwarded),
        Across("out by another interface", "turned round", ReceivedFrames.Datagrams, (wan, lan) => new CrossingStack(new() { WanNic = wan, LanNic = lan, Entropy = Entropy }), (wan, lan) => new CrossingTwin(new() { WanNic = wan, LanNic = lan, Entropy = Entropy })),
        Across("bridge", "out by another interface", ReceivedFrames.Bridged, (wan, lan) => new BridgingStack(new() { WanNic = wan, LanNic = lan, Entropy = Entropy }), (wan, lan) => new BridgingTwin(new() { WanNic = wan, LanNic = lan, Entropy = Entropy })),
        Across("IPv4 forwarding", "out by another interface", ReceivedFrames.Transit, (wan, lan) => new ForwardingStack(new() { WanNic = wan, LanNic = lan, Entropy = Entropy }), (wan, lan) => new ForwardingTwin(new() { WanNic = wan, LanNic = lan, Entropy = Entropy })),
        One("68 B tagged", null, ReceivedFrames.Tagged, nic => new BareStack(new() { Nic = nic, Entropy = Entropy }), nic => new BareTwin(new() { Nic = nic, Entropy = Entropy })),
        One("VLAN", "68 B tagged", ReceivedFrames.Tagged, nic => new VlanStack(new() { Nic = nic, Entropy = Entropy }), nic => new VlanTwin(new() { Nic = nic, Entropy = Entropy })),
        One("1514 B checksum offload", null, ReceivedFrames.Segments, nic => new OffloadStack(new() { Nic = nic, Entropy = Entropy }), nic => new OffloadTwin(new() { Nic = nic, Entropy = Entropy })),
        One("1514 B software checksum", "1514 B checksum offload", ReceivedFrames.Segments, nic => new SummingStack(new() { Nic = nic, Entropy = Entropy }), nic => new SummingTwin(new() { Nic = nic, Entropy = Entropy })),
        One("1514 B GRO", "1514 B checksum offload", ReceivedFrames.Segments, nic => new GroStack(new() { Nic = nic, Entropy = Entropy }), nic => new GroTwin(new() { Nic = nic, Entropy = Entropy })),
    ];

    [GlobalSetup]
    public void Setup() => (loop, twin) = (Case.MakeLoop(), Case.MakeTwin());

    [GlobalCleanup]
    public void Cleanup()
    {
        loop.Dispose();
        twin.Dispose();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = ReceiveRun.Weight)]
    public int Loop() => loop.Poll();

    [NotGated(NotGatedAttribute.Twin)]
    [Benchmark(OperationsPerInvoke = ReceiveRun.Weight)]
    public int Twin() => twin.Poll();

    private static ReceiveCase One(string name, string? without, byte[][] script, Func<Nic, INetworkStack> loop, Func<Nic, INetworkStack> twin, Ending ending = Ending.Consumed) =>
        new(name, without, script, ending, nics => [loop(nics[0])], nics => [twin(nics[0])]);

    private static ReceiveCase Across(string name, string without, byte[][] script, Func<Nic, Nic, INetworkStack> loop, Func<Nic, Nic, INetworkStack> twin) =>
        new(name, without, script, Ending.Forwarded, nics => [loop(nics[0], nics[1])], nics => [twin(nics[0], nics[1])]);

    private static ReceiveCase Two(string name, string without, Func<Nic, WorkerGroup, int, INetworkStack> loop, Func<Nic, WorkerGroup, int, INetworkStack> twin)
    {
        return new(name, without, ReceivedFrames.Datagrams, Ending.Consumed, nics => Workers(nics, loop), nics => Workers(nics, twin));

        static INetworkStack[] Workers(Nic[] nics, Func<Nic, WorkerGroup, int, INetworkStack> make)
        {
            var group = new WorkerGroup(2, nics[0]);
            return [make(nics[0], group, 0), make(nics[0], group, 1)];
        }
    }
}
