using Millrace.Headers;
using Millrace.Nics;
using Millrace.Stack.Tests.Seeds;
using Millrace.Tcp;
using Millrace.Testing;

namespace Millrace.Stack.Tests.SocketMemory;

[NetworkStack(SocketFrames = 16_384)]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.1/24")]
[Tcp]
[SocketMemory]
[TcpHandler<BulkHandler>(80, Connections = 2)]
internal sealed partial class TuningReceiver;

[NetworkStack(SocketFrames = 16_384)]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.1/24")]
[Tcp(ModerateReceiveBuffer = false)]
[SocketMemory]
[TcpHandler<BulkHandler>(80, Connections = 2)]
internal sealed partial class FixedReceiver;

[NetworkStack(SocketFrames = 16_384)]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.2/24")]
[Tcp]
[SocketMemory]
[TcpHandler<BulkHandler>(80, Connections = 2)]
internal sealed partial class TuningSender;

/// <summary>A send buffer of 64 KiB for ever.</summary>
[NetworkStack(SocketFrames = 16_384)]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.2/24")]
[Tcp]
[SocketMemory(Wmem = "4096 16384 65536")]
[TcpHandler<BulkHandler>(80, Connections = 2)]
internal sealed partial class FixedSender;

/// <summary>100 Mbit/s and 50 ms there and back, in virtual time: 625,000 bytes must be on their way to fill it.</summary>
public sealed class AutotuningTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(true, true, 0.85, 1.001)]
    [InlineData(false, true, 0.0, 0.4)]
    [InlineData(true, false, 0.0, 0.2)]
    public void A_long_fast_path_is_filled_only_if_both_ends_let_their_buffers_grow(bool receiverGrows, bool senderGrows, double least, double most)
    {
        using var wire = new MemoryWire(new MemoryWireOptions
        {
            Mode = WireMode.Copying, BandwidthBitsPerSecond = 100_000_000, DelayNanoseconds = 25_000_000,
        });
        const long Length = 100_000_000;
        var up = new BulkPlan { SendLength = Length, ReceiveLength = 0, SendStream = 1, ReceiveStream = 2 };
        var down = new BulkPlan { SendLength = 0, ReceiveLength = Length, SendStream = 2, ReceiveStream = 1 };
        using INetworkStack server = receiverGrows
            ? new TuningReceiver(new() { Nic = wire.A, Entropy = new Entropy(1, 1), Plan = down })
            : new FixedReceiver(new() { Nic = wire.A, Entropy = new Entropy(1, 1), Plan = down });
        var (client, tcp) = senderGrows
            ? Of(new TuningSender(new() { Nic = wire.B, Entropy = new Entropy(1, 2), Plan = up }), stack => stack.Tcp)
            : Of(new FixedSender(new() { Nic = wire.B, Entropy = new Entropy(1, 2), Plan = up }), stack => stack.Tcp);
        using (client)
        {
            var network = new VirtualTimeNetwork(client, server);
            network.Settle();
            Assert.Equal(TcpConnectResult.Opening, tcp.Connect(0, new InetEndpoint(InetAddress.Parse("10.0.0.1"), 80), out _));
            network.RunFor(TimeSpan.FromSeconds(2));
            var before = down.Received;
            network.RunFor(TimeSpan.FromSeconds(2));

            // 1,448 bytes of payload take 1,514 on the wire
            var share = (down.Received - before) * 8 * (1514.0 / 1448) / 2e8;
            output.WriteLine($"{share:P1} of the wire");
            Assert.InRange(share, least, most);
            Assert.Null(up.Problem ?? down.Problem);
            LedgerAssert.Balanced(client);
            LedgerAssert.Balanced(server);
        }
    }

    private static (INetworkStack, TcpSockets) Of<TStack>(TStack stack, Func<TStack, TcpSockets> sockets)
        where TStack : INetworkStack => (stack, sockets(stack));
}
