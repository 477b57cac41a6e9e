using Millrace.Nics;
using Millrace.Testing.Networks;
using Millrace.Testing.Traffic;

namespace Millrace.Stack.Tests.Networks;

internal enum Topology
{
    /// <summary>Two hosts on a link.</summary>
    Pair,

    /// <summary>A router between two links, the second of which is bad.</summary>
    Routed,

    /// <summary>Two clients and two servers that share a link.</summary>
    Dumbbell,

    /// <summary>Two hosts on a memory wire, which may lend frames and has offloads.</summary>
    Wire,
}

/// <summary>What happens to the link in the middle of it all.</summary>
/// <param name="State">Null for a change of delay.</param>
internal sealed record Interruption(TimeSpan At, LinkState? State, TimeSpan Length, long DelayNanoseconds);

/// <summary>What a seed stands for: which hosts, which links, which settings, how much each way, and what goes wrong.</summary>
internal sealed record Scenario
{
    private const int Length = 120 * 1024;

    public Scenario(ulong number)
    {
        var random = new TrafficRandom(number);
        Number = number;
        Topology = random.Pick<Topology>([Topology.Pair, Topology.Pair, Topology.Pair, Topology.Routed, Topology.Dumbbell, Topology.Wire]);
        Client = random.Pick(CongestionHosts.All);
        Server = random.Pick(CongestionHosts.All);
        (ClientOffloads, ServerOffloads) = (random.Chance(50), random.Chance(50));
        Mtu = random.Pick([576, 1280, 1500, 1500, 1500]);
        Rightward = DrawLink(random);
        Leftward = random.Chance(70) ? Rightward : DrawLink(random);
        Wire = DrawWire(random);
        Connections = random.Between(1, 3);
        FastOpen = random.Chance(25);
        var direction = random.Next(3);
        Upload = direction == 1 ? random.Next(2) : random.Between(Length / 4, Length);
        Download = direction == 0 ? random.Next(2) : random.Between(Length / 4, Length);
        ServerAnswersLast = random.Chance(25);
        WriteLength = random.Pick([100, 1_000, 4_096, 16_384]);
        ReadLength = random.Pick([64, 1_000, int.MaxValue, int.MaxValue]);
        NoDelay = random.Chance(30);
        ClientStalls = DrawStalls(random, Download);
        ServerStalls = DrawStalls(random, Upload);
        ClientSettings = DrawSettings(random);
        ServerSettings = DrawSettings(random);
        if (random.Chance(10) && LosesNothing)
        {
            // where the end of a handshake may be lost, what comes behind it is no answer to a cookie, and is reset as it should
            ServerSettings = [.. ServerSettings, ("net.ipv4.tcp_syncookies", "2")];
        }

        Interruption = random.Next(5) switch
        {
            // a router without carrier says that the host cannot be reached, and an open then fails as it should
            0 => new Interruption(DrawInstant(random), random.Chance(50) || Topology == Topology.Routed ? LinkState.Dark : LinkState.Down, TimeSpan.FromSeconds(30), 0),
            1 => new Interruption(DrawInstant(random), null, TimeSpan.Zero, random.Pick<long>([0, 100_000, 20_000_000, 200_000_000])),
            _ => null,
        };
    }

    private bool LosesNothing => Topology != Topology.Wire && Rightward is { Loss: 0, BurstLoss: null, Reorder: 0, Corruption: 0, BufferPackets: int.MaxValue, BufferBytes: long.MaxValue };

    public ulong Number { get; }

    public Topology Topology { get; }

    public CongestionHosts Client { get; }

    public CongestionHosts Server { get; }

    public bool ClientOffloads { get; }

    public bool ServerOffloads { get; }

    public int Mtu { get; }

    public LinkOptions Rightward { get; }

    public LinkOptions Leftward { get; }

    public MemoryWireOptions Wire { get; }

    /// <summary>Of each client to its server.</summary>
    public int Connections { get; }

    /// <summary>First data goes with the SYN, once a cookie is known.</summary>
    public bool FastOpen { get; }

    /// <summary>Bytes from the client to the server, a connection.</summary>
    public int Upload { get; }

    public int Download { get; }

    public bool ServerAnswersLast { get; }

    public int WriteLength { get; }

    public int ReadLength { get; }

    public bool NoDelay { get; }

    public IReadOnlyList<Stall> ClientStalls { get; }

    public IReadOnlyList<Stall> ServerStalls { get; }

    public IReadOnlyList<(string Name, string Value)> ClientSettings { get; }

    public IReadOnlyList<(string Name, string Value)> ServerSettings { get; }

    public Interruption? Interruption { get; }

    public override string ToString() =>
        $"seed {Number}: {Topology}, {Connections} connections, {Upload} bytes up, {Download} down{(ServerAnswersLast ? " as an answer" : "")}, writes of {WriteLength}, reads of {ReadLength}"
        + $"{(FastOpen ? ", Fast Open" : "")}{(NoDelay ? ", no delay" : "")}\n"
        + $"  client: {Client.Name}{(ClientOffloads ? ", offloads" : "")}; {string.Join(", ", ClientSettings)}; stalls {string.Join(", ", ClientStalls)}\n"
        + $"  server: {Server.Name}{(ServerOffloads ? ", offloads" : "")}; {string.Join(", ", ServerSettings)}; stalls {string.Join(", ", ServerStalls)}\n"
        + (Topology == Topology.Wire ? $"  {Wire}" : $"  MTU {Mtu}; to the server {Rightward}\n  to the client {Leftward}\n  {Interruption}");

    private static LinkOptions DrawLink(TrafficRandom random) => new()
    {
        BitsPerSecond = random.Pick<long>([0, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000]),
        DelayNanoseconds = random.Pick<long>([0, 10_000, 1_000_000, 10_000_000, 40_000_000, 300_000_000]),
        BufferPackets = random.Pick([3, 10, 50, int.MaxValue, int.MaxValue]),
        BufferBytes = random.Pick<long>([6_000, 64_000, long.MaxValue, long.MaxValue]),
        MarkBytes = random.Pick<long>([3_000, 30_000, long.MaxValue]),
        Loss = random.Chance(40) ? 0 : random.Next(90) / 1000.0,
        BurstLoss = random.Chance(75) ? null : new BurstLoss(random.Between(1, 20) / 1000.0, random.Between(10, 60) / 100.0, random.Between(50, 100) / 100.0),
        Reorder = random.Chance(50) ? 0 : random.Next(100) / 1000.0,
        ReorderNanoseconds = random.Pick<long>([50_000, 1_000_000, 30_000_000]),
        Duplication = random.Chance(50) ? 0 : random.Next(50) / 1000.0,
        Corruption = random.Chance(60) ? 0 : random.Next(30) / 1000.0,
    };

    private MemoryWireOptions DrawWire(TrafficRandom random) => new()
    {
        Mode = random.Chance(50) ? WireMode.HandOver : WireMode.Copying,
        RingSize = random.Pick([16, 64, 256]),
        Mtu = Mtu,
        BandwidthBitsPerSecond = random.Pick<long>([0, 10_000_000, 1_000_000_000]),
        DelayNanoseconds = random.Pick<long>([0, 10_000, 1_000_000, 40_000_000]),
        Features = random.Pick<NicFeatures>(
        [
            NicFeatures.None,
            NicFeatures.TransmitChecksum | NicFeatures.ScatterGather,
            NicFeatures.TransmitChecksum | NicFeatures.ScatterGather | NicFeatures.TcpSegmentation,
        ]),
        FlowControl = random.Chance(70),
        Impairments = new ImpairmentOptions
        {
            Loss = random.Chance(20) ? 0 : random.Next(11) / 100.0,
            Duplication = random.Chance(50) ? 0 : random.Next(6) / 100.0,
            Reorder = random.Chance(50) ? 0 : random.Next(11) / 100.0,
            ReorderNanoseconds = random.Pick<long>([50_000, 1_000_000, 30_000_000]),
            Corruption = random.Chance(50) ? 0 : random.Next(4) / 100.0,
            Seed = Number,
        },
    };

    private static TimeSpan DrawInstant(TrafficRandom random) => TimeSpan.FromMilliseconds(random.Pick([1, 10, 100, 1_000]) * random.Between(1, 9));

    private static Stall[] DrawStalls(TrafficRandom random, int length) => random.Chance(70) ? [] :
    [
        .. Enumerable.Range(0, random.Between(1, 2)).Select(_ => new Stall(random.Between(1, Math.Max(length, 2)), TimeSpan.FromMilliseconds(random.Pick([50, 1_000, 20_000, 90_000]))))
            .OrderBy(stall => stall.AfterBytes),
    ];

    private (string, string)[] DrawSettings(TrafficRandom random)
    {
        var settings = new List<(string, string)>();
        Maybe(20, "net.ipv4.tcp_sack", "0");
        Maybe(20, "net.ipv4.tcp_dsack", "0");
        Maybe(25, "net.ipv4.tcp_timestamps", "0");
        Maybe(20, "net.ipv4.tcp_window_scaling", "0");
        Maybe(40, "net.ipv4.tcp_ecn", "1");
        Maybe(15, "net.ipv4.tcp_recovery", "0");
        Maybe(15, "net.ipv4.tcp_early_retrans", "0");
        Maybe(15, "net.ipv4.tcp_frto", "0");
        Maybe(25, "net.ipv4.tcp_rmem", random.Pick(["4096 4096 8192", "4096 16384 65536", "4096 8192 262144"]));
        Maybe(25, "net.ipv4.tcp_wmem", random.Pick(["4096 4096 8192", "4096 16384 65536"]));
        if (FastOpen)
        {
            settings.Add(("net.ipv4.tcp_fastopen", "3"));
        }

        return [.. settings];

        void Maybe(int percent, string name, string value)
        {
            if (random.Chance(percent))
            {
                settings.Add((name, value));
            }
        }
    }
}
