using Millrace.Headers;
using Millrace.Nics;
using Millrace.Stack.Tests.Taps;
using Millrace.Taps;
using Millrace.Testing.Packets;
using Millrace.Testing.Traffic;

namespace Millrace.Stack.Tests.Twin;

/// <summary>A stack and its twin, by name, with the traffic that reaches all of it.</summary>
internal sealed record TwinCase(string Name, Func<Nic, Entropy, INetworkStack> Compiled, Func<Nic, Entropy, INetworkStack> Twin)
{
    /// <summary>What is done to traffic so that it reaches the stack.</summary>
    public Func<ITrafficSource, ITrafficSource> Dress { get; init; } = source => source;

    public static readonly MacAddress Mac = MacAddress.Parse("02:00:00:00:00:01");

    public static readonly TrafficTarget Target =
        TrafficTarget.At("02:00:00:00:00:01", "10.0.0.1") with { UdpPorts = [53, 54], TcpPorts = [80, 81, 82] };

    public static IReadOnlyList<TwinCase> All { get; } =
    [
        new(nameof(TurnStack),
            (nic, entropy) => new TurnStack(new() { Nic = nic, Entropy = entropy }),
            (nic, entropy) => new TurnTwin(new() { Nic = nic, Entropy = entropy })),
        new(nameof(LaggingStack),
            (nic, entropy) => new LaggingStack(new() { Nic = nic, Entropy = entropy }),
            (nic, entropy) => new LaggingTwin(new() { Nic = nic, Entropy = entropy })),
        new(nameof(PingStack),
            (nic, entropy) => new PingStack(new() { Nic = nic, Entropy = entropy }),
            (nic, entropy) => new PingTwin(new() { Nic = nic, Entropy = entropy })),
        new(nameof(DatagramStack),
            (nic, entropy) => new DatagramStack(new() { Nic = nic, Entropy = entropy }),
            (nic, entropy) => new DatagramTwin(new() { Nic = nic, Entropy = entropy })),
        new(nameof(StreamStack),
            (nic, entropy) => new StreamStack(new() { Nic = nic, Entropy = entropy }),
            (nic, entropy) => new StreamTwin(new() { Nic = nic, Entropy = entropy })),
        new(nameof(OffloadStack),
            (nic, entropy) => new OffloadStack(new() { Nic = nic, Entropy = entropy }),
            (nic, entropy) => new OffloadTwin(new() { Nic = nic, Entropy = entropy })),
        new(nameof(WaysIn.PatientStack),
            (nic, entropy) => new WaysIn.PatientStack(new() { Nic = nic, Entropy = entropy }),
            (nic, entropy) => new WaysIn.PatientTwin(new() { Nic = nic, Entropy = entropy })),
        new(nameof(CrowdedStack),
            (nic, entropy) => new CrowdedStack(new() { Nic = nic, Entropy = entropy }),
            (nic, entropy) => new CrowdedTwin(new() { Nic = nic, Entropy = entropy })),
        new(nameof(DeepStack),
            (nic, entropy) => new DeepStack(new() { Nic = nic, Entropy = entropy }),
            (nic, entropy) => new DeepTwin(new() { Nic = nic, Entropy = entropy })),
        new(nameof(TaggedStack),
            (nic, entropy) => new TaggedStack(new() { Nic = nic, Entropy = entropy }),
            (nic, entropy) => new TaggedTwin(new() { Nic = nic, Entropy = entropy })) { Dress = source => new TaggedTraffic(source, 10, [20, 30]) },
        new(nameof(TrunkStack),
            (nic, entropy) => new TrunkStack(new() { Nic = nic, Entropy = entropy }),
            (nic, entropy) => new TrunkTwin(new() { Nic = nic, Entropy = entropy })) { Dress = source => new TaggedTraffic(source, 10, [20, 30]) },
        new(nameof(ThriftyStack),
            (nic, entropy) => new ThriftyStack(new() { Nic = nic, Entropy = entropy }),
            (nic, entropy) => new ThriftyTwin(new() { Nic = nic, Entropy = entropy })),
        new(nameof(FastOpenStack),
            (nic, entropy) => new FastOpenStack(new() { Nic = nic, Entropy = entropy }),
            (nic, entropy) => new FastOpenTwin(new() { Nic = nic, Entropy = entropy })),
        new(nameof(VintageStack),
            (nic, entropy) => new VintageStack(new() { Nic = nic, Entropy = entropy }),
            (nic, entropy) => new VintageTwin(new() { Nic = nic, Entropy = entropy })),
        new(nameof(TappedStack),
            (nic, entropy) => new TappedStack(new() { Nic = nic, Entropy = entropy, TapSink = new PcapngTapSink(Stream.Null) }),
            (nic, entropy) => new TappedTwin(new() { Nic = nic, Entropy = entropy, TapSink = new PcapngTapSink(Stream.Null) })) { Dress = source => new TaggedTraffic(source, 10, [20, 30]) },
        new(nameof(TappedTurnStack),
            (nic, entropy) => new TappedTurnStack(new() { Nic = nic, Entropy = entropy, TapSink = new PcapngTapSink(Stream.Null) }),
            (nic, entropy) => new TappedTurnTwin(new() { Nic = nic, Entropy = entropy, TapSink = new PcapngTapSink(Stream.Null) })),
    ];

    public static IReadOnlyList<NicFeatures> AllFeatures { get; } =
    [
        NicFeatures.None,
        NicFeatures.ReceiveChecksum | NicFeatures.TransmitChecksum | NicFeatures.ScatterGather,
        NicFeatures.TransmitChecksum | NicFeatures.ScatterGather | NicFeatures.TcpSegmentation,
    ];

    public static TwinCase Named(string name) => All.Single(one => one.Name == name);

    /// <summary>Feeds both and compares after every poll; ends both in the middle of whatever they do.</summary>
    public StackRun Run(ITrafficSource source, ulong seed, NicFeatures features, Action<StackRun> run, int ringSize = 256, long completionAfter = 0)
    {
        var nics = new[] { Nic(), Nic() };
        using var compiled = Compiled(nics[0], new Entropy(seed, 1));
        using var twin = Twin(nics[1], new Entropy(seed, 1));
        var both = new StackRun(Dress(source), seed, new StackLane("loop", compiled, nics[0]), new StackLane("twin", twin, nics[1]));
        run(both);
        return both;

        ScriptedNic Nic() => new(Mac, features, ringSize: ringSize, completionAfter: completionAfter);
    }
}
