using Millrace.Headers;
using Millrace.Memory;
using Millrace.Tests.Checksum;

namespace Millrace.Tests.Gro;

public sealed class GroRuleTests : IDisposable
{
    private const int Mss = 1000;
    private readonly Arena arena = new(128, 0, 0);

    public void Dispose() => arena.Dispose();

    [Fact]
    public void Segments_that_follow_each_other_become_one_packet_without_a_byte_copied()
    {
        var gro = new GroHarness(arena);
        var frames = new List<Frame>();
        for (var i = 0; i < 5; i++)
        {
            gro.Receive(Segment(i).ToBytes(), prepare: frames.Add);
        }

        Assert.Equal(5, gro.Held);
        Assert.Empty(gro.Output);
        gro.PollEnd();
        var head = Assert.Single(gro.Output);
        foreach (var frame in frames)
        {
            Assert.Equal(frame, head);
            Assert.Equal(Holders.Loop, arena.Metadata(head).Holders);
            head = arena.Metadata(head).NextFragment;
        }

        Assert.True(head.IsNone);
        var merged = gro.TakeOutput()[0];
        Assert.Equal((5, Mss), (merged.SegmentCount, merged.GsoSize));
    }

    public static TheoryData<string> Deviations => [.. Changes.Keys];

    private static readonly Dictionary<string, Func<TcpPacket, TcpPacket>> Changes = new()
    {
        ["CWR on the new one"] = p => p with { Flags = TcpPacket.Ack | TcpPacket.Cwr },
        ["ECE differs"] = p => p with { Flags = TcpPacket.Ack | TcpPacket.Ece },
        ["SYN"] = p => p with { Flags = TcpPacket.Ack | TcpPacket.Syn },
        ["RST"] = p => p with { Flags = TcpPacket.Ack | TcpPacket.Rst },
        ["URG"] = p => p with { Flags = TcpPacket.Ack | TcpPacket.Urg },
        ["acknowledgment differs"] = p => p with { Acknowledgment = 78 },
        ["window differs"] = p => p with { Window = 502 },
        ["option word differs"] = p => p with { Options = [1, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0, 2] },
        ["options of another length"] = p => p with { Options = [] },
        ["TTL differs"] = p => p with { Ttl = 63 },
        ["TOS differs"] = p => p with { Tos = 4 },
        ["DF differs"] = p => p with { DontFragment = false },
        ["IP-ID skips"] = p => p with { Id = (ushort)(p.Id + 1) },
        ["payload empty"] = p => p with { Payload = [] },
        ["payload longer than the first"] = p => p with { Payload = new byte[Mss + 1] },
        ["a gap"] = p => p with { Sequence = p.Sequence + 1 },
        ["an overlap"] = p => p with { Sequence = p.Sequence - 1 },
        ["bad IP checksum"] = p => p with { HasBadIpChecksum = true },
        ["IP options"] = p => p with { IpOptions = [1, 1, 1, 1] },
        ["fragment"] = p => p with { Fragment = 0x2000 },
    };

    [Theory]
    [MemberData(nameof(Deviations))]
    public void A_deviating_segment_flushes_what_is_held_and_follows_it(string deviation)
    {
        var gro = new GroHarness(arena);
        var deviating = Changes[deviation](Segment(2));
        gro.Receive(Segment(0).ToBytes());
        gro.Receive(Segment(1).ToBytes());
        gro.Receive(deviating.ToBytes());
        gro.PollEnd();
        var output = gro.TakeOutput();
        Assert.Equal(2, output.Count);
        Assert.Equal((2, Mss), (output[0].SegmentCount, output[0].GsoSize));
        Assert.Equal(1, output[1].SegmentCount);
        Assert.Equal(deviating.ToBytes(), output[1].Bytes);
    }

    [Fact]
    public void A_segment_whose_checksum_is_not_known_to_be_right_is_never_merged()
    {
        var gro = new GroHarness(arena);
        gro.Receive(Segment(0).ToBytes());
        gro.Receive(Segment(1).ToBytes(), checksum: ChecksumState.None);
        gro.Receive(Segment(2).ToBytes(), checksum: ChecksumState.None);
        gro.PollEnd();
        Assert.Equal([1, 1, 1], gro.TakeOutput().Select(packet => packet.SegmentCount));
    }

    [Theory]
    [InlineData("short", 0, Mss - 1)]
    [InlineData("PSH", TcpPacket.Psh, Mss)]
    [InlineData("FIN", TcpPacket.Fin, Mss)]
    public void A_last_segment_is_merged_and_then_all_goes_on(string what, int flags, int payload)
    {
        var gro = new GroHarness(arena);
        gro.Receive(Segment(0).ToBytes());
        gro.Receive(Segment(1).ToBytes());
        Assert.Empty(gro.Output);
        gro.Receive((Segment(2) with { Flags = (byte)(TcpPacket.Ack | flags), Payload = new byte[payload] }).ToBytes());
        Assert.True(gro.Output.Count == 1, what);
        var merged = gro.TakeOutput()[0];
        Assert.Equal(3, merged.SegmentCount);
        Assert.Equal(TcpPacket.Ack | flags, merged.Bytes[14 + 20 + 13]);
        Assert.Equal(0, gro.Held);
    }

    [Fact]
    public void The_size_stays_below_the_maximum()
    {
        using var large = new Arena(200, 0, 0);
        var gro = new GroHarness(large);
        for (var i = 0; i < 70; i++)
        {
            gro.Receive((Segment(i) with { Options = [] }).ToBytes());
        }

        gro.PollEnd();

        // 40 + 65 * 1000 < 65,536 and one more would not be
        Assert.Equal([65, 5], gro.TakeOutput().Select(packet => packet.SegmentCount));
    }

    [Fact]
    public void A_full_bucket_flushes_its_oldest()
    {
        var gro = new GroHarness(arena);
        for (var flow = 0; flow < 9; flow++)
        {
            gro.Receive((Segment(0) with { Flow = flow }).ToBytes(), hash: 8);
        }

        Assert.Equal((Segment(0) with { Flow = 0 }).ToBytes(), Assert.Single(gro.TakeOutput()).Bytes);
        gro.Receive((Segment(0) with { Flow = 9 }).ToBytes(), hash: 16);
        Assert.Equal((Segment(0) with { Flow = 1 }).ToBytes(), Assert.Single(gro.TakeOutput()).Bytes);
        gro.PollEnd();
        Assert.Equal(8, gro.TakeOutput().Count);
    }

    [Theory]
    [InlineData(true, true, 3)]
    [InlineData(false, false, 1)]
    public void A_fixed_IP_ID_merges_where_DF_is_set_and_is_remembered(bool dontFragment, bool remembered, int segments)
    {
        var gro = new GroHarness(arena);
        for (var i = 0; i < 3; i++)
        {
            gro.Receive((Segment(i) with { Id = 9, DontFragment = dontFragment }).ToBytes());
        }

        gro.PollEnd();
        var output = gro.TakeOutput();
        Assert.Equal((segments, remembered), (output[0].SegmentCount, output[0].FixedId));
    }

    [Fact]
    public void A_fixed_IP_ID_does_not_merge_and_a_rising_one_does_where_that_is_not_set()
    {
        var gro = new GroHarness(arena, new GroHarness.Defaults(isOld: true));
        for (var i = 0; i < 3; i++)
        {
            gro.Receive((Segment(i) with { Id = 9, DontFragment = true }).ToBytes());
            gro.Receive((Segment(i) with { Flow = 1, DontFragment = true }).ToBytes());
        }

        gro.PollEnd();
        Assert.Equal([1, 1, 1, 3], gro.TakeOutput().Select(packet => packet.SegmentCount).Order());
    }

    [Fact]
    public void One_list_holds_eight_flows_whatever_they_hash_to()
    {
        var gro = new GroHarness(arena, new GroHarness.Defaults(isOld: true));
        for (var i = 0; i < 9; i++)
        {
            gro.Receive((Segment(0) with { Flow = i }).ToBytes(), hash: (uint)i + 1);
        }

        Assert.Equal((Segment(0) with { Flow = 0 }).ToBytes(), Assert.Single(gro.TakeOutput()).Bytes);
        gro.PollEnd();
        Assert.Equal(8, gro.TakeOutput().Count);
    }

    [Fact]
    public void A_pure_acknowledgement_of_a_held_flow_does_not_overtake_it()
    {
        var gro = new GroHarness(arena);
        gro.Receive(Segment(0).ToBytes());
        var acknowledgement = Segment(1) with { Payload = [] };
        Assert.Equal(Verdict.Held, gro.Receive(acknowledgement.ToBytes()));
        Assert.Equal([Segment(0).ToBytes(), acknowledgement.ToBytes()], gro.TakeOutput().Select(packet => packet.Bytes));
    }

    [Fact]
    public void Nothing_overtakes_packets_that_are_ready_but_not_yet_taken()
    {
        var stage = new Ingress.GroStage<GroHarness.Defaults, GroHarness.NoTimeout>(default, default, arena);
        List<byte[]> packets = [Segment(0).ToBytes(), (Segment(1) with { Payload = [] }).ToBytes(), (Segment(1) with { Payload = [], Acknowledgment = 79 }).ToBytes()];
        foreach (var bytes in packets)
        {
            var head = TestFrames.Chain(arena, bytes, bytes.Length, () => 1, Share.Receive);
            ref var metadata = ref arena.Metadata(head);
            metadata.Checksum = ChecksumState.Unnecessary;
            var packet = new Packet(head, ref metadata) { EtherType = EtherType.Ipv4 };
            packet.Pull(EthernetHeader.Length);
            Assert.Equal(Verdict.Held, stage.Receive(ref packet));
        }

        foreach (var bytes in packets)
        {
            Assert.True(stage.TryResumeIngress(out var resumed));
            Assert.Equal(bytes, TestFrames.Bytes(arena, resumed.Frame));
        }

        Assert.False(stage.TryResumeIngress(out _));
    }

    [Fact]
    public void A_packet_that_was_merged_before_flushes_its_flow_and_passes()
    {
        var gro = new GroHarness(arena);
        gro.Receive(Segment(0).ToBytes());
        gro.Receive(Segment(1).ToBytes(), prepare: frame => arena.Metadata(frame).GsoSize = 500);
        Assert.Equal(2, gro.Output.Count);
        Assert.Equal(500, arena.Metadata(gro.Output[1]).GsoSize);
    }

    [Fact]
    public void Ethernet_padding_is_cut_before_a_segment_is_merged()
    {
        var gro = new GroHarness(arena);
        var small = Segment(0) with { Options = [], Payload = [1, 2, 3, 4, 5], Padding = 1 };
        gro.Receive(small.ToBytes());
        gro.Receive((small with { Sequence = small.Sequence + 5, Id = (ushort)(small.Id + 1), Payload = [6, 7, 8], Padding = 3 }).ToBytes());
        var merged = Assert.Single(gro.TakeOutput());
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], merged.Bytes[54..]);
    }

    [Fact]
    public void What_is_not_TCP_over_IPv4_is_not_touched()
    {
        var gro = new GroHarness(arena);
        var udp = TestPackets.Make(IpProtocol.Udp, 100, 1);
        Assert.Equal(Verdict.Continue, gro.Receive(udp));
        udp[12] = 0x86;
        udp[13] = 0xDD;
        Assert.Equal(Verdict.Continue, gro.Receive(udp));
    }

    [Fact]
    public void Damaged_headers_never_throw_and_lose_nothing()
    {
        var random = new Random(77);
        var gro = new GroHarness(arena);
        for (var round = 0; round < 200; round++)
        {
            for (var i = 0; i < 20; i++)
            {
                var bytes = (Segment(i) with { Flow = i % 3 }).ToBytes();
                bytes[random.Next(14, 66)] = (byte)random.Next(256);
                gro.Receive(bytes.AsSpan(0, random.Next(10) == 0 ? random.Next(14, bytes.Length) : bytes.Length));
            }

            gro.PollEnd();
            foreach (var head in gro.Output)
            {
                arena.ReleaseChain(head, Holders.Loop);
            }

            gro.Output.Clear();
            Assert.Equal(arena.Capacity, arena.FreeCount);
        }
    }

    [Fact]
    public void Merging_allocates_nothing()
    {
        var stage = new Ingress.GroStage<GroHarness.Defaults, GroHarness.NoTimeout>(default, default, arena);
        byte[][] packets = [.. Enumerable.Range(0, 20).Select(i => (Segment(i) with { Flow = i % 2, Sequence = 7 + (uint)(i / 2 * Mss), Id = (ushort)(i / 2) }).ToBytes())];
        long allocated = 0;
        for (var round = 0; round < 3; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            foreach (var bytes in packets)
            {
                arena.TryAllocate(Share.Receive, Holders.Loop, out var head);
                ref var metadata = ref arena.Metadata(head);
                metadata.DataLength = (ushort)bytes.Length;
                metadata.TotalLength = bytes.Length;
                metadata.Checksum = ChecksumState.Unnecessary;
                bytes.CopyTo(Arena.Data(ref metadata));
                var packet = new Packet(head, ref metadata) { EtherType = EtherType.Ipv4 };
                packet.Pull(EthernetHeader.Length);
                stage.Receive(ref packet);
            }

            stage.PollEnd(0);
            var count = 0;
            while (stage.TryResumeIngress(out var resumed))
            {
                arena.ReleaseChain(resumed.Frame, Holders.Loop);
                count++;
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.Equal(2, count);
        }

        Assert.Equal(0, allocated);
    }

    private static TcpPacket Segment(int index)
    {
        var payload = new byte[Mss];
        payload.AsSpan().Fill((byte)index);
        return new TcpPacket
        {
            Id = (ushort)(100 + index), Sequence = 5000 + (uint)(index * Mss), Payload = payload, Options = [1, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0, 1],
        };
    }
}
