using Millrace.Testing.Packets;
using Millrace.Testing.Traffic;

namespace Millrace.Tests.Testing;

/// <summary>Traffic is the same for the same seed, has in it what it says, and its tools bear anything.</summary>
public sealed class TrafficTests
{
    private static readonly TrafficTarget Target = TrafficTarget.At("02:00:00:00:00:01", "10.0.0.1") with { UdpPorts = [53], TcpPorts = [80] };

    [Fact]
    public void The_same_seed_gives_the_same_frames_and_another_seed_others()
    {
        string[] Run(ulong seed) =>
            [.. TimedFrame.Generate(TrafficMix.Everything(Target), seed, 200).Select(frame => $"{frame.At} {Convert.ToHexString(frame.Bytes)}")];
        Assert.Equal(Run(1), Run(1));
        Assert.NotEqual(Run(1), Run(2));
    }

    [Fact]
    public void Everything_has_every_protocol_fragments_and_bad_checksums_in_it()
    {
        var frames = TimedFrame.Generate(TrafficMix.Everything(Target), 3, 2000).Select(frame => Dissection.Of(frame.Bytes)).ToArray();
        Assert.Contains(frames, frame => frame.Tcp is { Flags: SegmentFlags.Syn } && frame.IsTransportChecksumRight == true);
        Assert.Contains(frames, frame => frame.Udp is { DestinationPort: 53 } && frame.IsTransportChecksumRight == true);
        Assert.Contains(frames, frame => frame.Udp is { DestinationPort: not 53 });
        Assert.Contains(frames, frame => frame.Icmp is { Type: IcmpMessage.EchoRequest });
        Assert.Contains(frames, frame => frame.Arp is not null);
        Assert.Contains(frames, frame => frame.Ip is { FragmentOffset: > 0 });
        Assert.Contains(frames, frame => frame.IsTransportChecksumRight == false);
        Assert.Contains(frames, frame => frame.EtherType is null);
    }

    [Fact]
    public void A_flow_that_is_answered_sends_data_with_the_peers_numbers()
    {
        var flow = new TcpFlow(Target.From(0), 4000, 80, 100, timestamps: true, sack: true, windowScale: 7);
        var syn = Dissection.Of(flow.Open(0)).Tcp!;
        flow.Observe(new TcpSegment
        {
            SourcePort = 80, DestinationPort = 4000, Sequence = 5000, Acknowledgement = syn.Sequence + 1, Flags = SegmentFlags.Syn | SegmentFlags.Ack,
            Options = [.. TcpOption.Timestamps(77, 0), .. TcpOption.WindowScale(2)],
        });
        Assert.True(flow.IsEstablished);
        Assert.False(flow.HasSack);
        var data = flow.Segment(flow.SndNxt, flow.Payload(flow.SndNxt, 3), SegmentFlags.Psh, 1_000_000);
        Assert.Equal((101u, 5001u), (data.Sequence, data.Acknowledgement));
        Assert.Equal([0, 31, 62], data.Payload);
        Assert.Equal(77u, WireFormat.Get32(data.Options, 2 + 6));
    }

    [Fact]
    public void A_retransmitted_part_of_a_flow_has_the_same_bytes()
    {
        var flow = new TcpFlow(Target.From(0), 4000, 80, uint.MaxValue - 10, timestamps: false, sack: false, windowScale: 0);
        var whole = flow.Payload(flow.InitialSequence + 1, 3000);
        Assert.Equal(whole[700..900], flow.Payload(flow.InitialSequence + 701, 200));
    }

    [Fact]
    public void Whatever_a_frame_is_it_can_be_spoilt_repaired_dissected_and_described()
    {
        var random = new TrafficRandom(4);
        var changed = 0;
        foreach (var frame in TimedFrame.Generate(TrafficMix.Everything(Target), 5, 3000))
        {
            var spoilt = PacketMutator.Mutate(frame.Bytes, random);
            changed += spoilt.AsSpan().SequenceEqual(frame.Bytes) ? 0 : 1;
            Assert.NotEmpty(PacketText.Of(spoilt));
        }

        Assert.True(changed > 3000);
    }

    [Fact]
    public void A_retargeted_packet_comes_from_a_neighbour_with_right_checksums_and_a_wrong_one_stays_wrong()
    {
        var path = PacketPath.Between("02:aa:00:00:00:01", "192.0.2.1", "02:aa:00:00:00:02", "192.0.2.2");
        var frame = path.Frame(new TcpSegment { SourcePort = 1, DestinationPort = 2, Payload = [1, 2, 3] });
        var right = Dissection.Of(CaptureTraffic.Retarget(frame, Target)!);
        Assert.Equal(Target.Address, right.Ip!.Destination);
        Assert.True(right.IsIpChecksumRight && right.IsTransportChecksumRight == true && Target.PeerAt(right.Ip.Source) >= 0);
        frame[^1] ^= 1;
        Assert.False(Dissection.Of(CaptureTraffic.Retarget(frame, Target)!).IsTransportChecksumRight);
    }

    [Fact]
    public void A_captured_conversation_is_played_with_the_stacks_own_numbers()
    {
        var path = PacketPath.Between("02:aa:00:00:00:01", "192.0.2.1", "02:aa:00:00:00:02", "192.0.2.2");
        TcpSegment From(uint sequence, uint acknowledgement, SegmentFlags flags, byte[] payload) => new()
        {
            SourcePort = 5, DestinationPort = 6, Sequence = sequence, Acknowledgement = acknowledgement, Flags = flags, Payload = payload,
        };
        byte[][] capture =
        [
            path.Frame(From(10, 0, SegmentFlags.Syn, [])),
            path.Frame(From(11, 21, SegmentFlags.Ack, [1, 2])),
            path.Frame(From(13, 9021, SegmentFlags.Ack, [3])),
        ];
        var played = new CapturedConversations(capture, Target);
        var random = new TrafficRandom(1);
        var frames = new List<byte[]>();
        played.Next(random, 0, frames);
        var syn = Dissection.Of(Assert.Single(frames)).Tcp!;
        Assert.Equal((80, SegmentFlags.Syn), (syn.DestinationPort, syn.Flags));
        var reply = Target.From(0).Reverse.Frame(new TcpSegment
        {
            SourcePort = 80, DestinationPort = syn.SourcePort, Sequence = 700, Acknowledgement = 11, Flags = SegmentFlags.Syn | SegmentFlags.Ack,
        });
        played.Observe(Dissection.Of(reply), 0);
        frames.Clear();
        while (!played.IsDone)
        {
            played.Next(random, 0, frames);
        }

        // the second acknowledges 9,000 bytes that this stack never sent, so it is held to what it did send
        Assert.Equal([(11u, 701u), (13u, 701u)],
            frames.Select(frame => Dissection.Of(frame).Tcp!).Select(segment => (segment.Sequence, segment.Acknowledgement)));
    }
}
