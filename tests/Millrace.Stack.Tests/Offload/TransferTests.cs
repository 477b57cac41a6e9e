using Millrace.Headers;
using Millrace.Nics;
using Millrace.Tcp;
using Millrace.Testing;

namespace Millrace.Stack.Tests.Offload;

/// <summary>Whole stacks that merge, cut and check, on wires that can do more or less of it by themselves.</summary>
public sealed class TransferTests
{
    private const NicFeatures Gathers = NicFeatures.TransmitChecksum | NicFeatures.ScatterGather;

    [Theory]
    [InlineData(NicFeatures.None, WireMode.HandOver, 0)]
    [InlineData(NicFeatures.None, WireMode.Copying, 0)]
    [InlineData(NicFeatures.TransmitChecksum, WireMode.HandOver, 0)]
    [InlineData(Gathers, WireMode.HandOver, 0)]
    [InlineData(Gathers | NicFeatures.TcpSegmentation, WireMode.HandOver, 0)]
    [InlineData(Gathers | NicFeatures.TcpSegmentation, WireMode.Copying, 0)]
    [InlineData(NicFeatures.None, WireMode.HandOver, 1)]
    [InlineData(Gathers, WireMode.Copying, 1)]
    public void A_stream_arrives_whole_and_every_frame_and_packet_is_accounted_for(NicFeatures features, WireMode mode, int lossPercent)
    {
        using var wire = Wire(features, mode, lossPercent);
        using var sender = new OffloadSender(new() { Nic = wire.A, Entropy = new Entropy(1, 2) });
        using var receiver = new OffloadReceiver(new() { Nic = wire.B, Entropy = new Entropy(3, 4) });
        Transfer(sender, sender.Stages.Tcp.Sockets, receiver);
        if (lossPercent == 0)
        {
            Assert.True(receiver.Counters.Tcp.Received * 3 < receiver.Counters.Gro.Received
                || (features & NicFeatures.TcpSegmentation) != 0, "Segments must reach TCP merged.");
            Assert.Equal(0, receiver.Ledger.IngressDropped);
            Assert.Equal(0, sender.Ledger.EgressDropped);
        }
    }

    [Theory]
    [InlineData(NicFeatures.None)]
    [InlineData(Gathers)]
    public void A_stack_without_any_offload_sends_right_checksums_and_a_frame_a_segment(NicFeatures features)
    {
        using var wire = Wire(features, WireMode.HandOver, 0);
        using var sender = new PlainSender(new() { Nic = wire.A, Entropy = new Entropy(1, 2) });
        using var receiver = new OffloadReceiver(new() { Nic = wire.B, Entropy = new Entropy(3, 4) });
        Transfer(sender, sender.Stages.Tcp.Sockets, receiver);
        Assert.Equal(0, receiver.Ledger.IngressDropped);
    }

    [Theory]
    [InlineData(NicFeatures.None)]
    [InlineData(Gathers | NicFeatures.TcpSegmentation)]
    public void A_stack_without_any_offload_receives_what_one_with_all_of_them_sends(NicFeatures features)
    {
        using var wire = Wire(features, WireMode.HandOver, 0);
        using var sender = new OffloadSender(new() { Nic = wire.A, Entropy = new Entropy(1, 2) });
        using var receiver = new PlainReceiver(new() { Nic = wire.B, Entropy = new Entropy(3, 4) });
        Transfer(sender, sender.Stages.Tcp.Sockets, receiver);
        Assert.Equal(0, receiver.Ledger.IngressDropped);
    }

    private static MemoryWire Wire(NicFeatures features, WireMode mode, int lossPercent) => new(new MemoryWireOptions
    {
        Features = features, Mode = mode, DelayNanoseconds = 100_000, Impairments = new ImpairmentOptions { Loss = lossPercent / 100.0, Seed = 5 },
    });

    private static void Transfer(INetworkStack from, TcpSockets sockets, INetworkStack to)
    {
        Receiver.Result = default;
        var network = new VirtualTimeNetwork(from, to) { CheckLedgers = true };
        network.RunFor(TimeSpan.FromMilliseconds(1));
        Assert.Equal(TcpConnectResult.Opening, sockets.Connect(0, new InetEndpoint(InetAddress.Parse("10.0.0.2"), 80), out _));
        network.RunUntil(() => Receiver.Result.Length >= Sender.Length, TimeSpan.FromMinutes(10));
        network.RunFor(TimeSpan.FromMinutes(5));
        Assert.Equal((Sender.Length, 0), Receiver.Result);
        LedgerAssert.Empty(from);
        LedgerAssert.Empty(to);
    }
}
