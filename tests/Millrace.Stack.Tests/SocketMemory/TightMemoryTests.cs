using Millrace.Headers;
using Millrace.Nics;
using Millrace.Stack.Tests.Seeds;
using Millrace.Tcp;
using Millrace.Testing;
using Millrace.Testing.Traffic;

namespace Millrace.Stack.Tests.SocketMemory;

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.1/24", NeighbourMulticastProbes = 12)]
[Tcp]
[SocketMemory(Rmem = "4096 8192 32768", Wmem = "4096 8192 32768", Mem = "6 9 14")]
[Gso]
[TcpHandler<BulkHandler>(80, Connections = 4)]
internal sealed partial class TightServer;

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.2/24", NeighbourMulticastProbes = 12)]
[Tcp]
[SocketMemory(Rmem = "4096 8192 32768", Wmem = "4096 8192 32768", Mem = "6 9 14")]
[TcpHandler<BulkHandler>(80, Connections = 4)]
internal sealed partial class TightClient;

/// <summary>Several connections that between them may have a few dozen frames, both ways over bad wires: all of it arrives, and the accounts end at nothing.</summary>
public sealed class TightMemoryTests(ITestOutputHelper output)
{
    [Fact]
    public void Transfers_in_tiny_memory_come_to_their_end()
    {
        var (pressures, pruned, millis) = (0L, 0L, 0L);
        for (ulong seed = 1; seed <= 12; seed++)
        {
            var random = new TrafficRandom(seed);
            var options = new MemoryWireOptions
            {
                Mode = random.Chance(50) ? WireMode.HandOver : WireMode.Copying,
                Mtu = random.Pick<int>([576, 1500]),
                DelayNanoseconds = random.Pick<long>([10_000, 1_000_000, 20_000_000]),
                Impairments = new ImpairmentOptions { Loss = random.Next(3) / 100.0, Reorder = 0.05, ReorderNanoseconds = 2_000_000, Duplication = 0.02, Seed = seed },
            };
            using var wire = new MemoryWire(options);
            var up = new BulkPlan { SendLength = 60_000, ReceiveLength = 40_000, SendStream = 1, ReceiveStream = 2 };
            var down = new BulkPlan { SendLength = 40_000, ReceiveLength = 60_000, SendStream = 2, ReceiveStream = 1 };
            using var server = new TightServer(new() { Nic = wire.A, Entropy = new Entropy(seed, 1), Plan = down });
            using var client = new TightClient(new() { Nic = wire.B, Entropy = new Entropy(seed, 2), Plan = up });
            var network = new VirtualTimeNetwork(client, server);
            network.Settle();
            for (var i = 0; i < 4; i++)
            {
                Assert.Equal(TcpConnectResult.Opening, client.Tcp.Connect(0, new InetEndpoint(InetAddress.Parse("10.0.0.1"), 80), out _));
            }

            network.Settle();
            for (var steps = 0; up.Closed < 4 || down.Closed < 4; steps++)
            {
                Assert.True(steps < 200_000 && network.Step(), $"seed {seed}: {up.Received} down, {down.Received} up, {up.Closed} and {down.Closed} closed; {options}");
                if (steps % 16 == 0)
                {
                    LedgerAssert.Balanced(client);
                    LedgerAssert.Balanced(server);
                }
            }

            network.RunFor(TimeSpan.FromMinutes(3));
            Assert.True((up.Problem ?? down.Problem) is null, $"seed {seed}: {up.Problem} {down.Problem}");
            Assert.Equal((4, 4), (up.Finished, down.Finished));
            LedgerAssert.Empty(client);
            LedgerAssert.Empty(server);
            Assert.False(client.Tcp.IsUnderMemoryPressure || server.Tcp.IsUnderMemoryPressure);
            foreach (var tcp in new[] { client.Tcp, server.Tcp })
            {
                pressures += tcp.Counters.TCPMemoryPressures;
                millis += tcp.Counters.TCPMemoryPressuresChrono;
                pruned += tcp.Counters.PruneCalled;
            }
        }

        output.WriteLine($"under pressure {pressures} times for {millis} ms, {pruned} prunes");
        Assert.True(pressures > 20 && millis > 100 && pruned > 0, $"{pressures} pressures, {millis} ms, {pruned} prunes: that shows little");
    }
}
