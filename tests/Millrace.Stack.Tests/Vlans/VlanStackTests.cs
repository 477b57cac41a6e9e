using Millrace.Headers;
using Millrace.Nics;
using Millrace.Stack.Tests.Offload;
using Millrace.Stack.Tests.Twin;
using Millrace.Tcp;
using Millrace.Testing;
using Millrace.Testing.Packets;
using Millrace.Testing.Traffic;

namespace Millrace.Stack.Tests.Vlans;

/// <summary>Whole stacks with tags: every protocol is in the own VLAN, and merging and cutting keep VLANs apart.</summary>
public sealed class VlanStackTests
{
    private const NicFeatures Gathers = NicFeatures.TransmitChecksum | NicFeatures.ScatterGather;
    private const int SegmentLength = 1000;

    private static readonly PacketPath Path = TwinCase.Target.From(0) with { Network = new Ipv4Datagram { DontFragment = true } };

    [Theory]
    [InlineData(NicFeatures.None, WireMode.HandOver, 0)]
    [InlineData(Gathers, WireMode.Copying, 0)]
    [InlineData(Gathers | NicFeatures.TcpSegmentation, WireMode.HandOver, 0)]
    [InlineData(Gathers | NicFeatures.TcpSegmentation, WireMode.Copying, 0)]
    [InlineData(NicFeatures.None, WireMode.HandOver, 1)]
    public void A_stream_within_a_VLAN_arrives_whole_and_merged(NicFeatures features, WireMode mode, int lossPercent)
    {
        using var wire = new MemoryWire(new MemoryWireOptions
        {
            Features = features, Mode = mode, DelayNanoseconds = 100_000, Impairments = new ImpairmentOptions { Loss = lossPercent / 100.0, Seed = 5 },
        });
        using var sender = new VlanSender(new() { Nic = wire.A, Entropy = new Entropy(1, 2) });
        using var receiver = new VlanReceiver(new() { Nic = wire.B, Entropy = new Entropy(3, 4) });
        Receiver.Result = default;
        var network = new VirtualTimeNetwork(sender, receiver) { CheckLedgers = true };
        network.RunFor(TimeSpan.FromMilliseconds(1));
        Assert.Equal(TcpConnectResult.Opening, sender.Stages.Tcp.Sockets.Connect(0, new InetEndpoint(InetAddress.Parse("10.0.0.2"), 80), out _));
        network.RunUntil(() => Receiver.Result.Length >= Sender.Length, TimeSpan.FromMinutes(10));
        network.RunFor(TimeSpan.FromMinutes(5));
        Assert.Equal((Sender.Length, 0), Receiver.Result);

        // what is not tagged does not reach IP: a loss of any kind would be seen here
        Assert.Equal((0, 0), (receiver.Ledger.IngressDrops(DropReason.OtherHost), receiver.Ledger.IngressDrops(DropReason.VlanFiltered)));
        Assert.True(lossPercent > 0 || (features & NicFeatures.TcpSegmentation) != 0 || receiver.Counters.Tcp.Received * 3 < receiver.Counters.Gro.Received,
            "Segments must reach TCP merged.");
        LedgerAssert.Empty(sender);
        LedgerAssert.Empty(receiver);
    }

    [Fact]
    public void Stacks_of_two_VLANs_on_one_wire_do_not_hear_each_other()
    {
        using var wire = new MemoryWire(new MemoryWireOptions());
        using var sender = new VlanSender(new() { Nic = wire.A, Entropy = new Entropy(1, 2) });
        using var service = new ServiceStack(new() { Nic = wire.B, Entropy = new Entropy(3, 4) });
        var network = new VirtualTimeNetwork(sender, service) { CheckLedgers = true };
        Assert.Equal(TcpConnectResult.Opening, sender.Stages.Tcp.Sockets.Connect(0, new InetEndpoint(InetAddress.Parse("10.0.0.2"), 80), out _));
        network.RunFor(TimeSpan.FromSeconds(2));
        Assert.True(service.Ledger.IngressDrops(DropReason.VlanFiltered) > 0);
        Assert.Equal(service.Ledger.Received, service.Ledger.IngressDropped);
        Assert.Equal(service.Ledger.Transmitted, sender.Ledger.IngressDrops(DropReason.VlanFiltered));
    }

    [Fact]
    public void Requests_of_the_own_VLAN_are_answered_in_it_and_those_of_others_are_not_answered()
    {
        var nic = new ScriptedNic(TwinCase.Mac);
        List<Dissection> sent = [];
        nic.Sent = packet => sent.Add(Dissection.Of(packet.Bytes));
        using var stack = new VlanEcho(new() { Nic = nic, Entropy = new Entropy(1, 1) });
        stack.Poll(0, 0, 1);
        sent.Clear();
        foreach (var request in new[] { Path.ArpRequest(), Path.Frame(new UdpMessage { SourcePort = 4000, DestinationPort = 7, Payload = [1, 2, 3] }) })
        {
            nic.Inject(request);
            nic.Inject(TaggedTraffic.Tag(request, 20));
            nic.Inject(TaggedTraffic.Tag(request, 30));
            nic.Inject(TaggedTraffic.Tag(request, 0xE000));
            stack.Poll(0, 0, 2);
            stack.Poll(0, 0, 3);
            Assert.Empty(sent);
            nic.Inject(TaggedTraffic.Tag(request, 0x600A));
            stack.Poll(0, 0, 4);
            stack.Poll(0, 0, 5);
            Assert.Equal((ushort)10, Assert.Single(sent).VlanTci);
            sent.Clear();
        }

        Assert.Equal((6, 2), (stack.Ledger.IngressDrops(DropReason.OtherHost), stack.Ledger.IngressDrops(DropReason.VlanFiltered)));
        LedgerAssert.Balanced(stack);
    }

    [Theory]
    [InlineData(NicFeatures.None)]
    [InlineData(Gathers | NicFeatures.TcpSegmentation)]
    public void Segments_are_merged_within_a_tag_and_never_across_and_come_back_with_it(NicFeatures features)
    {
        var nic = new ScriptedNic(TwinCase.Mac, features);
        List<SentPacket> sent = [];
        nic.Sent = sent.Add;
        using var stack = new VlanMirror(new() { Nic = nic, Entropy = new Entropy(1, 1) });

        // one flow by its addresses and ports, but in two VLANs, one of them with two priorities
        ushort[] tags = [20, 20, 20, 30, 30, 0xA014, 0xA014, 0xA014, 0xA014];
        for (var i = 0; i < tags.Length; i++)
        {
            nic.Inject(TaggedTraffic.Tag(Segment(i), tags[i]));
        }

        stack.Poll(0, 0, 1);
        stack.Poll(0, 0, 2);
        if ((features & NicFeatures.TcpSegmentation) == 0)
        {
            Assert.Equal(tags.Select((tag, i) => TaggedTraffic.Tag(Turned(Segment(i)), tag)), sent.Select(packet => packet.Bytes));
        }
        else
        {
            Assert.Equal([(20, 3), (30, 2), (0xA014, 4)], sent.Select(packet => ((int)Dissection.Of(packet.Bytes).VlanTci!, packet.WirePackets)));
            Assert.All(sent, packet => Assert.Equal(SegmentLength, packet.GsoSize));
        }

        LedgerAssert.Balanced(stack);
    }

    [Fact]
    public void Tagged_datagrams_that_are_echoed_allocate_nothing()
    {
        var nic = new ScriptedNic(TwinCase.Mac);
        using var stack = new VlanEcho(new() { Nic = nic, Entropy = new Entropy(1, 1) });
        var datagram = TaggedTraffic.Tag(Path.Frame(new UdpMessage { SourcePort = 4000, DestinationPort = 7, Payload = new byte[100] }), 10);
        long now = 1_000_000_000;
        nic.Inject(TaggedTraffic.Tag(Path.ArpRequest(), 10));
        stack.Poll(0, 0, now);
        Echo(2_000);
        var delivered = stack.Ledger.Delivered;
        Assert.Equal(0, Allocated.By(() => Echo(100_000)));
        Assert.Equal(100_000, stack.Ledger.Delivered - delivered);

        void Echo(int count)
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
    }

    private static byte[] Segment(int index) => Path.Frame(new TcpSegment
    {
        SourcePort = 4000, DestinationPort = 80, Sequence = (uint)(index * SegmentLength), Acknowledgement = 1, Flags = SegmentFlags.Ack,
        Payload = [.. Enumerable.Repeat((byte)index, SegmentLength)],
    });

    private static byte[] Turned(byte[] frame) => [.. frame[6..12], .. frame[..6], .. frame[12..]];
}
