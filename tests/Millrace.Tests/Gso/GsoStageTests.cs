using Millrace.Memory;
using Millrace.Nics;
using Millrace.Tests.Checksum;
using Millrace.Tests.Gro;

namespace Millrace.Tests.Gso;

public sealed class GsoStageTests : IDisposable
{
    private const int Mss = 1000;
    private const NicFeatures Gathers = NicFeatures.TransmitChecksum | NicFeatures.ScatterGather;
    private readonly Arena arena = new(0, 8, 64);

    public void Dispose() => arena.Dispose();

    [Fact]
    public void Frames_that_are_segments_leave_as_they_are_and_stay_with_their_other_holder()
    {
        var gso = new GsoHarness(arena);
        var head = gso.Make(Whole(4500), Mss, Mss, () => Mss);
        arena.HoldChain(head, Holders.RetransmitQueue);
        var frames = Chain(head);
        Assert.Equal(Verdict.Held, gso.Transmit(head));
        Assert.Equal(frames, gso.Output);
        Assert.Equal(0, arena.Used(Share.Reserve));
        foreach (var frame in frames)
        {
            Assert.Equal(Holders.Loop | Holders.RetransmitQueue, arena.Metadata(frame).Holders);
            Assert.True(arena.Metadata(frame).NextFragment.IsNone);
        }

        Assert.Equal(PlainSegmenter.Cut(Whole(4500), Mss, false), gso.TakeOutput());
        Assert.All(frames, frame => Assert.Equal(Holders.RetransmitQueue, arena.Metadata(frame).Holders));
    }

    [Fact]
    public void Other_frames_are_copied_and_freed_when_the_last_segment_was_made()
    {
        var gso = new GsoHarness(arena);
        var head = gso.Make(Whole(4500), Mss, 700, () => 900);
        var (owned, truesize) = (0, 0);
        for (var frame = head; !frame.IsNone; frame = arena.Metadata(frame).NextFragment)
        {
            arena.Metadata(frame).Owner = 42;
            truesize += arena.Metadata(frame).Truesize;
            owned++;
        }

        Assert.True(owned > 1);
        Assert.Equal(Verdict.Held, gso.Transmit(head));
        Assert.Equal(0, arena.Used(Share.Sockets));
        Assert.Equal([0, 0, 0, 0, 42], gso.Output.Select(frame => arena.Metadata(frame).Owner));
        Assert.Equal(truesize, arena.Metadata(gso.Output[^1]).Truesize);
        Assert.Equal(PlainSegmenter.Cut(Whole(4500), Mss, false), gso.TakeOutput());
        Assert.Equal(arena.Capacity, arena.FreeCount);
    }

    [Fact]
    public void A_short_reserve_delays_segments_and_what_follows_but_loses_and_overtakes_nothing()
    {
        var gso = new GsoHarness(arena);
        var after = (new TcpPacket { Payload = [1, 2, 3] }).ToBytes();
        gso.Transmit(gso.Make(Whole(20 * Mss), Mss, 700, () => 900));
        Assert.Equal((8, 12L), (gso.Output.Count, gso.Held));
        Assert.Equal(Verdict.Held, gso.Transmit(gso.Make(after, 0, 3, () => 1)));
        Assert.Equal(13, gso.Held);
        List<byte[]> sent = [];
        for (var i = 0; i < 3; i++)
        {
            sent.AddRange(gso.TakeOutput());
            gso.Resume();
        }

        sent.AddRange(gso.TakeOutput());
        Assert.Equal([.. PlainSegmenter.Cut(Whole(20 * Mss), Mss, false), after], sent);
        Assert.Equal(0, gso.Held);
        Assert.Equal(arena.Capacity, arena.FreeCount);
    }

    [Fact]
    public void A_NIC_that_segments_gets_the_packet_whole()
    {
        var gso = new GsoHarness(arena, Gathers | NicFeatures.TcpSegmentation);
        var head = gso.Make(Whole(4500), Mss, Mss, () => Mss);
        Assert.Equal(Verdict.Continue, gso.Transmit(head));
        Assert.Equal((Mss, ChecksumState.Partial), (arena.Metadata(head).GsoSize, arena.Metadata(head).Checksum));
    }

    [Fact]
    public void A_NIC_that_only_gathers_gets_segments_but_other_chains_as_they_are()
    {
        var gso = new GsoHarness(arena, Gathers);
        gso.Transmit(gso.Make(Whole(4500), Mss, Mss, () => Mss));
        Assert.Equal(5, gso.TakeOutput().Count);
        var chain = gso.Make(Whole(1400), 0, 200, () => 600);
        Assert.Equal(Verdict.Continue, gso.Transmit(chain));
        Assert.Equal([Whole(1400)], gso.TakeOutput());
    }

    [Fact]
    public void A_chain_for_a_NIC_that_gathers_nothing_becomes_one_frame()
    {
        var gso = new GsoHarness(arena);
        foreach (var payload in new[] { 900, 1946 })
        {
            var chain = gso.Make(Whole(payload), 0, 100, () => 300);
            Assert.Equal(Verdict.Held, gso.Transmit(chain));
            var linear = Assert.Single(gso.Output);
            Assert.True(arena.Metadata(linear).NextFragment.IsNone);
            Assert.Equal([Whole(payload)], gso.TakeOutput());
        }

        Assert.Equal(arena.Capacity, arena.FreeCount);
    }

    [Theory]
    [InlineData(3000, 0)]
    [InlineData(9000, 4000)]
    public void What_fits_no_frame_is_a_drop(int payload, int gsoSize)
    {
        var gso = new GsoHarness(arena);
        var chain = gso.Make(Whole(payload), gsoSize, 1000, () => 1000);
        Assert.Equal(Verdict.Drop(DropReason.SegmentationFailed), gso.Transmit(chain));
    }

    [Theory]
    [InlineData("network header before the data", 0)]
    [InlineData("not TCP", 1)]
    [InlineData("header beyond the frame", 2)]
    [InlineData("data offset below five", 3)]
    public void Headers_that_cannot_be_cut_are_a_drop(string what, int how)
    {
        var gso = new GsoHarness(arena);
        var head = gso.Make(Whole(4500), Mss, Mss, () => Mss);
        ref var metadata = ref arena.Metadata(head);
        var data = Arena.Data(ref metadata);
        switch (how)
        {
            case 0:
                metadata.NetworkOffset = (ushort)(metadata.DataOffset - 1);
                break;
            case 1:
                data[14 + 9] = 17;
                break;
            case 2:
                metadata.NetworkOffset = (ushort)(metadata.DataOffset + metadata.DataLength - 30);
                break;
            default:
                data[14 + 20 + 12] = 0x40;
                break;
        }

        Assert.True(Verdict.Drop(DropReason.SegmentationFailed).Equals(gso.Transmit(head)), what);
    }

    [Fact]
    public void A_full_queue_is_a_drop_and_not_a_loss_of_order()
    {
        using var wide = new Arena(0, 0, 600);
        var gso = new GsoHarness(wide);
        gso.Transmit(gso.Make(Whole(2000), Mss, 700, () => 900));
        Verdict verdict = default;
        for (var i = 1; i <= 256; i++)
        {
            verdict = gso.Transmit(gso.Make(Whole(10), 0, 10, () => 1));
        }

        Assert.Equal(Verdict.Drop(DropReason.QueueFull), verdict);
        Assert.Equal(2 + 255, gso.Held);
        Assert.Empty(gso.Output);
    }

    [Fact]
    public void Cutting_allocates_nothing()
    {
        var stage = new Millrace.Egress.GsoStage<GsoHarness.Defaults>(default, arena, [new NetworkInterface(0, "eth0", new FeaturesOnlyNic(NicFeatures.None))]);
        var gso = new GsoHarness(arena);
        long allocated = 0;
        for (var round = 0; round < 6; round++)
        {
            var head = gso.Make(Whole(4500), Mss, round % 2 == 0 ? Mss : 700, () => round % 2 == 0 ? Mss : 900);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var packet = new Packet(head, ref arena.Metadata(head));
            stage.Transmit(ref packet);
            var count = 0;
            while (stage.TryResumeEgress(out var segment))
            {
                arena.ReleaseChain(segment, Holders.Loop);
                count++;
            }

            allocated = round < 4 ? 0 : allocated + GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.Equal(5, count);
        }

        Assert.Equal(0, allocated);
    }

    private static byte[] Whole(int payloadLength)
    {
        var payload = new byte[payloadLength];
        new Random(payloadLength).NextBytes(payload);
        return new TcpPacket { Id = 0xFFFE, Sequence = 0xFFFF_FF00, Flags = TcpPacket.Ack | TcpPacket.Psh | TcpPacket.Cwr, Payload = payload }.ToBytes();
    }

    private List<Frame> Chain(Frame head)
    {
        List<Frame> frames = [];
        for (; !head.IsNone; head = arena.Metadata(head).NextFragment)
        {
            frames.Add(head);
        }

        return frames;
    }
}
