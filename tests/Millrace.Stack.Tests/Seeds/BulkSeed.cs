using Millrace.Nics;
using Millrace.Testing.Traffic;

namespace Millrace.Stack.Tests.Seeds;

/// <summary>What a number stands for: which stacks, which wire, how much each way.</summary>
internal sealed record BulkSeed
{
    public BulkSeed(ulong number, int length)
    {
        var random = new TrafficRandom(number);
        Number = number;
        Wire = new MemoryWireOptions
        {
            Mode = random.Chance(50) ? WireMode.HandOver : WireMode.Copying,
            RingSize = random.Pick<int>([16, 64, 256]),
            Mtu = random.Pick<int>([576, 1500, 1500, 1500]),
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
                Seed = number,
            },
        };
        ServerOffloads = random.Chance(50);
        ClientOffloads = random.Chance(50);
        Connections = random.Between(1, 3);
        var direction = random.Next(3);
        Upload = direction == 1 ? random.Next(2) : random.Between(length / 2, length);
        Download = direction == 0 ? random.Next(2) : random.Between(length / 2, length);
    }

    public ulong Number { get; }

    public MemoryWireOptions Wire { get; }

    public bool ServerOffloads { get; }

    public bool ClientOffloads { get; }

    public int Connections { get; }

    /// <summary>Bytes from the client to the server, a connection.</summary>
    public int Upload { get; }

    /// <summary>Bytes from the server to the client, a connection.</summary>
    public int Download { get; }

    public override string ToString() =>
        $"seed {Number}: {(ClientOffloads ? "offloading" : "plain")} client, {(ServerOffloads ? "offloading" : "plain")} server, "
        + $"{Connections} connections, {Upload} bytes up, {Download} down, {Wire}";
}
