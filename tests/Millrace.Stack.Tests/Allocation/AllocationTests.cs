using Millrace.Headers;
using Millrace.Nics;
using Millrace.Stack.Tests.Twin;
using Millrace.Tcp;
using Millrace.Testing.Packets;
using Millrace.Testing.Traffic;

namespace Millrace.Stack.Tests.Allocation;

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.1/24")]
[Tcp]
[SocketMemory]
[Gso]
[TcpHandler<SinkHandler>(80, Connections = 4)]
internal sealed partial class DrainStack;

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.2/24")]
[Tcp]
[SocketMemory]
[SmallQueues]
[Gso]
[TcpHandler<FloodHandler>(81, Connections = 4)]
internal sealed partial class FloodStack;

/// <summary>Once warm, a million packets in and a million packets out allocate nothing.</summary>
public sealed class AllocationTests
{
    private const int Packets = 1_000_000;

    [Fact]
    public void A_million_datagrams_in_and_a_million_out_allocate_nothing()
    {
        var nic = new ScriptedNic(TwinCase.Mac);
        using var stack = new DatagramStack(new() { Nic = nic, Entropy = new Entropy(1, 1) });
        var path = TwinCase.Target.From(0);
        var datagram = path.Frame(new UdpMessage { SourcePort = 4000, DestinationPort = 53, Payload = new byte[100] });
        long now = 1_000_000_000;
        nic.Inject(path.ArpRequest());
        stack.Poll(0, 0, now);
        Echo(nic, stack, datagram, 2000, ref now);
        var (received, sent) = (stack.Ledger.Delivered, nic.SentCount);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Echo(nic, stack, datagram, Packets, ref now);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(0, allocated);
        Assert.Equal(Packets, stack.Ledger.Delivered - received);

        // beside the answers there may be a probe of the neighbour now and then
        Assert.InRange(nic.SentCount - sent, Packets, Packets + Packets / 1000);
    }

    [Theory]
    [InlineData(WireMode.HandOver)]
    [InlineData(WireMode.Copying)]
    public void A_million_segments_of_a_bulk_transfer_allocate_nothing_at_either_end(WireMode mode)
    {
        using var wire = new MemoryWire(new MemoryWireOptions { Mode = mode });
        using var drain = new DrainStack(new() { Nic = wire.A, Entropy = new Entropy(1, 1) });
        using var flood = new FloodStack(new() { Nic = wire.B, Entropy = new Entropy(1, 2) });
        long now = 1_000_000_000;
        Transfer(drain, flood, 10, ref now);
        Assert.Equal(TcpConnectResult.Opening, flood.Tcp.Connect(0, new InetEndpoint(InetAddress.Parse("10.0.0.1"), 80), out _));
        Transfer(drain, flood, 20_000, ref now);
        var (received, transmitted) = (drain.Ledger.Received, flood.Ledger.Transmitted);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var rounds = 0;
        while (drain.Ledger.Received - received < Packets && rounds++ < 20_000)
        {
            Transfer(drain, flood, 50, ref now);
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(0, allocated);
        Assert.True(drain.Ledger.Received - received >= Packets, $"only {drain.Ledger.Received - received} segments were received");
        Assert.True(flood.Ledger.Transmitted - transmitted >= Packets, $"only {flood.Ledger.Transmitted - transmitted} segments were sent");
    }

    private static void Echo(ScriptedNic nic, INetworkStack stack, byte[] datagram, int count, ref long now)
    {
        for (var done = 0; done < count; done += 50)
        {
            for (var i = 0; i < 50; i++)
            {
                nic.Inject(datagram);
            }

            stack.Poll(0, 0, now += 1000);
            stack.Poll(0, 0, now);
        }
    }

    private static void Transfer(INetworkStack drain, INetworkStack flood, int polls, ref long now)
    {
        for (var i = 0; i < polls; i++)
        {
            flood.Poll(0, 0, now += 1000);
            drain.Poll(0, 0, now);
        }
    }
}
