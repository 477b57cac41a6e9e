using Millrace.Headers;
using Millrace.Nics;
using Millrace.Stack.Tests.Offload;
using Millrace.Stack.Tests.Twin;
using Millrace.Taps;
using Millrace.Tcp;
using Millrace.Testing;
using Millrace.Testing.Packets;
using Millrace.Testing.Traffic;
using Millrace.Tests;

namespace Millrace.Stack.Tests.Taps;

/// <summary>A tap sees what passes where Linux's sees it, every drop with its reason, and costs no allocation.</summary>
public sealed class TapTests
{
    private static readonly PacketPath Path = TwinCase.Target.From(0);

    [Theory]
    [InlineData(1, NicFeatures.None)]
    [InlineData(2, NicFeatures.TransmitChecksum | NicFeatures.ScatterGather | NicFeatures.TcpSegmentation)]
    public void Loop_and_twin_show_the_same_and_every_packet_and_drop_is_shown(int seed, NicFeatures features)
    {
        using MemoryStream loopFile = new(), twinFile = new();
        ScriptedNic[] nics = [new(TwinCase.Mac, features), new(TwinCase.Mac, features)];
        var sinks = new[] { new PcapngTapSink(loopFile), new PcapngTapSink(twinFile) };
        using var loop = new TappedStack(new() { Nic = nics[0], Entropy = new Entropy(1, 1), TapSink = sinks[0] });
        using var twin = new TappedTwin(new() { Nic = nics[1], Entropy = new Entropy(1, 1), TapSink = sinks[1] });
        List<string> sent = [];
        var source = new TaggedTraffic(TrafficMix.Everything(TwinCase.Target), 10, [20, 30]);
        var run = new StackRun(source, (ulong)seed, new StackLane("loop", loop, nics[0]), new StackLane("twin", twin, nics[1]));
        nics[0].Sent += packet => sent.Add(Convert.ToHexString(packet.Bytes));
        for (var i = 0; i < 20; i++)
        {
            run.Run(40);
            Array.ForEach(sinks, sink => sink.Flush());
        }

        Array.ForEach(sinks, sink => sink.Dispose());
        Assert.Equal(0, sinks[0].Lost);
        Assert.Equal(loopFile.ToArray(), twinFile.ToArray());
        var shown = Capture.Read(loopFile);
        var passed = shown.Where(packet => packet.Comment.Length == 0).ToArray();
        Assert.Equal(sent, passed.Where(packet => packet.Direction == CaptureDirection.Outbound).Select(packet => packet.Bytes));
        Assert.Equal(loop.Counters.Tap.Received, passed.Count(packet => packet.Direction == CaptureDirection.Inbound));
        Assert.Equal(loop.Counters.Tap.Transmitted, sent.Count);

        // a merged packet that is dropped counts its segments in the ledger, and is shown once
        var drops = shown.Where(packet => packet.Comment.Length > 0).ToArray();
        Assert.InRange(drops.Length, 1, loop.Ledger.IngressDropped + loop.Ledger.EgressDropped);
        foreach (var reason in Enum.GetValues<DropReason>())
        {
            var name = reason.LinuxName() ?? reason.ToString();
            Assert.Equal(
                loop.Ledger.Dropped(reason) > 0,
                drops.Any(packet => packet.Comment.StartsWith($"dropped: {name} (", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void A_drop_is_shown_with_its_reason_and_its_stage_behind_the_packet_that_had_passed()
    {
        using var file = new MemoryStream();
        using var sink = new PcapngTapSink(file);
        var nic = new ScriptedNic(TwinCase.Mac);
        using var stack = new TappedStack(new() { Nic = nic, Entropy = new Entropy(1, 1), TapSink = sink });
        var datagram = TaggedTraffic.Tag(Path.Frame(new UdpMessage { SourcePort = 4000, DestinationPort = 99, Payload = new byte[40] }), 0x600A);
        var other = TaggedTraffic.Tag(Path.Frame(new UdpMessage { SourcePort = 4000, DestinationPort = 53, Payload = new byte[40] }), 30);
        nic.Inject(datagram);
        nic.Inject(other);
        stack.Poll(0, 0, 1);
        sink.Flush();
        var shown = Capture.Read(file);
        Assert.Equal(
            [
                (CaptureDirection.Inbound, "", Convert.ToHexString(datagram)),
                (CaptureDirection.Inbound, "dropped: NO_SOCKET (Udp)", Convert.ToHexString(datagram)),
                (CaptureDirection.Inbound, "dropped: VlanFiltered (VlanOffload)", Convert.ToHexString(other)),
            ],
            shown.Where(packet => packet.Direction == CaptureDirection.Inbound).Select(packet => (packet.Direction, packet.Comment, packet.Bytes)).ToArray());
    }

    [Fact]
    public void A_packet_that_waited_in_vain_for_its_neighbour_is_shown_without_bytes_because_it_had_no_link_header()
    {
        using var file = new MemoryStream();
        using var sink = new PcapngTapSink(file);
        using var wire = new MemoryWire(new MemoryWireOptions());
        using var stack = new TappedSender(new() { Nic = wire.A, Entropy = new Entropy(1, 1), TapSink = sink });
        using var silent = new TappedTurnStack(new() { Nic = wire.B, Entropy = new Entropy(1, 1), TapSink = new PcapngTapSink(Stream.Null) });
        stack.Stages.Tcp.Sockets.Connect(0, new InetEndpoint(InetAddress.Parse("10.0.0.9"), 80), out _);
        new VirtualTimeNetwork(stack).RunFor(TimeSpan.FromSeconds(20));
        sink.Flush();
        var drop = Capture.Read(file).First(packet => packet.Comment.Contains("NEIGH_FAILED", StringComparison.Ordinal));
        Assert.Equal((CaptureDirection.Outbound, "", true), (drop.Direction, drop.Bytes, drop.OriginalLength >= 40));
    }

    [Fact]
    public void A_tap_is_switched_while_the_stack_runs_and_cuts_what_is_too_long()
    {
        using var file = new MemoryStream();
        using var sink = new PcapngTapSink(file);
        var nic = new ScriptedNic(TwinCase.Mac);
        using var stack = new TappedTurnStack(new() { Nic = nic, Entropy = new Entropy(1, 1), TapSink = sink });
        var frame = Path.Frame(new UdpMessage { SourcePort = 1, DestinationPort = 2, Payload = new byte[200] });
        var written = new List<long>();
        foreach (var isEnabled in new[] { true, false, true })
        {
            stack.Settings.Tap.Enabled = isEnabled;
            nic.Inject(frame);
            stack.Poll(0, 0, 1);
            written.Add(sink.Written);
        }

        Assert.Equal([2, 2, 4], written);
        sink.Flush();
        Assert.All(Capture.Read(file), packet => Assert.Equal((120, frame.Length), (packet.Bytes.Length, packet.OriginalLength)));
    }

    [Fact]
    public void A_hundred_thousand_packets_that_are_shown_both_ways_allocate_nothing()
    {
        using var sink = new PcapngTapSink(Stream.Null, new() { BufferLength = 1 << 16 });
        var nic = new ScriptedNic(TwinCase.Mac);
        using var stack = new TappedStack(new() { Nic = nic, Entropy = new Entropy(1, 1), TapSink = sink });
        byte[] echoed = Tagged(53), dropped = Tagged(99);
        long now = 1_000_000_000;
        nic.Inject(TaggedTraffic.Tag(Path.ArpRequest(), 10));
        stack.Poll(0, 0, now);
        Run(2_000);
        Assert.Equal(0, Allocated.By(() => Run(100_000)));
        Assert.Equal(0, sink.Lost);
        Assert.True(sink.Written >= 200_000);

        static byte[] Tagged(ushort port) =>
            TaggedTraffic.Tag(Path.Frame(new UdpMessage { SourcePort = 4000, DestinationPort = port, Payload = new byte[100] }), 10);

        void Run(int count)
        {
            for (var done = 0; done < count; done += 50)
            {
                for (var i = 0; i < 25; i++)
                {
                    nic.Inject(echoed);
                    nic.Inject(dropped);
                }

                stack.Poll(0, 0, now += 1000);
                stack.Poll(0, 0, now);
                sink.Flush();
            }
        }
    }

    [Fact]
    public void Tshark_reads_a_transfer_with_loss_cleanly_with_names_directions_tags_and_reasons()
    {
        Requires.Tool("tshark");
        Requires.Tool("capinfos");
        string file = System.IO.Path.GetTempFileName(), far = System.IO.Path.GetTempFileName();
        try
        {
            var sent = Transfer(file, far);
            Assert.Empty(Capture.Dissect(file, "_ws.malformed || ip.checksum.status == 0 || _ws.expert.severity >= 8388608", "frame.number"));
            Assert.Equal(["uplink"], Capture.Dissect(file, "frame", "frame.interface_name").Distinct());
            Assert.Equal(["0x00000001", "0x00000002"], Capture.Dissect(file, "tcp", "frame.packet_flags").Distinct().Order());
            Assert.Equal(["10|3"], Capture.Dissect(file, "tcp && frame.packet_flags == 2", "vlan.id", "vlan.priority").Distinct());
            Assert.Equal(["10"], Capture.Dissect(file, "tcp && frame.packet_flags == 1", "vlan.id").Distinct());
            Assert.NotEmpty(Capture.Dissect(file, "tcp.len == 0 && frame.packet_flags == 1", "frame.number"));
            Assert.Equal(sent, Capture.Dissect(file, "frame.packet_flags == 2 && !frame.comment", "frame.number").Length);
            Assert.Empty(Capture.Dissect(far, "_ws.malformed || ip.checksum.status == 0 || _ws.expert.severity >= 8388608", "frame.number"));
            Assert.Contains("dropped: NO_SOCKET (Tcp)", Capture.Dissect(far, "frame.comment && frame.packet_flags == 1", "frame.comment"));
        }
        finally
        {
            File.Delete(file);
            File.Delete(far);
        }
    }

    /// <returns>Packets that the tapped stack sent.</returns>
    private static long Transfer(string file, string far)
    {
        using var sink = new PcapngTapSink(File.Create(file), new() { BufferLength = 16 << 20, TimeOffset = 1_700_000_000_000_000_000 });
        using var farSink = new PcapngTapSink(File.Create(far), new() { BufferLength = 16 << 20 });
        using var wire = new MemoryWire(new MemoryWireOptions
        {
            DelayNanoseconds = 100_000, Impairments = new ImpairmentOptions { Loss = 0.01, Duplication = 0.02, Seed = 5 },
        });
        using var sender = new TappedSender(new() { Nic = wire.A, Entropy = new Entropy(1, 2), TapSink = sink });
        using var receiver = new TappedReceiver(new() { Nic = wire.B, Entropy = new Entropy(3, 4), TapSink = farSink });
        Receiver.Result = default;
        var network = new VirtualTimeNetwork(sender, receiver) { CheckLedgers = true };
        network.RunFor(TimeSpan.FromMilliseconds(1));
        Assert.Equal(TcpConnectResult.Opening, sender.Stages.Tcp.Sockets.Connect(0, new InetEndpoint(InetAddress.Parse("10.0.0.2"), 80), out _));
        network.RunUntil(
            () =>
            {
                sink.Flush();
                farSink.Flush();
                return Receiver.Result.Length >= Sender.Length;
            },
            TimeSpan.FromMinutes(10));
        Assert.Equal(TcpConnectResult.Opening, sender.Stages.Tcp.Sockets.Connect(0, new InetEndpoint(InetAddress.Parse("10.0.0.2"), 81), out _));
        network.RunFor(TimeSpan.FromMinutes(5));
        Assert.Equal((Sender.Length, 0), Receiver.Result);
        Assert.Equal(0, sink.Lost);
        return sender.Counters.Tap.Transmitted;
    }
}
