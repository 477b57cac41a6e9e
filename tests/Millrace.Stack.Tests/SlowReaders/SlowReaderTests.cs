using Millrace.Headers;
using Millrace.Memory;
using Millrace.Nics;
using Millrace.Stack.Tests.Seeds;
using Millrace.Stack.Tests.Twin;
using Millrace.Tcp;
using Millrace.Testing;

namespace Millrace.Stack.Tests.SlowReaders;

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.1/24")]
[Tcp]
[SocketMemory]
[Gso]
[TcpHandler<HoardingHandler>(82, Connections = 1000)]
[TcpHandler<BulkHandler>(80, Connections = 4)]
internal sealed partial class HoardStack;

[NetworkStack(SocketFrames = 32768)]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.2/24")]
[Tcp]
[SocketMemory(Wmem = "4096 16384 65536")]
[Gso]
[TcpHandler<FloodHandler>(81, Connections = 1000)]
[TcpHandler<BulkHandler>(80, Connections = 4)]
internal sealed partial class FloodingStack;

/// <summary>Readers that never read keep what they were granted and no more: the ring is refilled, other connections come to their end.</summary>
public sealed class SlowReaderTests
{
    private const int BulkLength = 500_000;

    [Theory]
    [InlineData(1, WireMode.HandOver)]
    [InlineData(1, WireMode.Copying)]
    [InlineData(1000, WireMode.HandOver)]
    [InlineData(1000, WireMode.Copying)]
    public void Readers_that_never_read_leave_the_ring_refilled_and_other_connections_running(int readers, WireMode mode)
    {
        using var wire = new MemoryWire(new MemoryWireOptions { Mode = mode });
        var up = new BulkPlan { SendLength = BulkLength, ReceiveLength = BulkLength, SendStream = 1, ReceiveStream = 2 };
        var down = new BulkPlan { SendLength = BulkLength, ReceiveLength = BulkLength, SendStream = 2, ReceiveStream = 1 };
        using var server = new HoardStack(new() { Nic = wire.A, Entropy = new Entropy(1, 1), Plan = down });
        using var client = new FloodingStack(new() { Nic = wire.B, Entropy = new Entropy(1, 2), Plan = up });
        var network = new VirtualTimeNetwork(client, server);
        network.Settle();
        for (var i = 0; i < readers; i++)
        {
            Connect(client.Tcp, 0, 82);
            network.Settle();
        }

        network.RunFor(TimeSpan.FromSeconds(3));
        Assert.Equal(256, server.Arena.CountHeldBy(Holders.ReceiveRing));
        var hoarded = server.Arena.CountHeldBy(Holders.ReceiveQueue);
        Assert.True(hoarded >= readers, $"{readers} readers keep {hoarded} frames: they were not filled");

        Connect(client.Tcp, 1, 80);
        try
        {
            network.RunUntil(() => up.Closed == 1 && down.Closed == 1, TimeSpan.FromMinutes(10));
        }
        catch (VirtualTimeException exception)
        {
            Assert.Fail($"{exception.Message}\n{up.Received} bytes came down and {down.Received} went up\n{LedgerAssert.Describe(server)}{LedgerAssert.Describe(client)}");
        }

        Assert.Null(up.Problem ?? down.Problem);
        Assert.Equal((1, 1), (up.Finished, down.Finished));
        Assert.Equal(256, server.Arena.CountHeldBy(Holders.ReceiveRing));
        Assert.True(server.Arena.CountHeldBy(Holders.ReceiveQueue) >= hoarded, "what the readers had was dropped");
        LedgerAssert.Balanced(server);
        LedgerAssert.Balanced(client);
    }

    private static void Connect(TcpSockets sockets, int application, ushort port) => Assert.Equal(
        TcpConnectResult.Opening, sockets.Connect(application, new InetEndpoint(InetAddress.Parse("10.0.0.1"), port), out _));
}
