using Millrace.Headers;
using Millrace.Memory;
using Millrace.Tests.Gro;

namespace Millrace.Tests.Gso;

public sealed class GsoLawTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 5)]
    [InlineData(3, 8)]
    [InlineData(4, 16)]
    [InlineData(5, 60)]
    public void Segmenting_what_was_merged_gives_back_every_packet_of_each_flow_in_order(int seed, int flowCount)
    {
        using var arena = new Arena(400, 64, 0);
        var traffic = new SegmentTraffic(seed, flowCount);
        var gro = new GroHarness(arena);
        var gso = new GsoHarness(arena);
        var random = new Random(seed);
        var merged = 0;
        for (var poll = 0; poll < 150; poll++)
        {
            List<byte[]> sent = [];
            for (var left = random.Next(1, 100); left > 0; left--)
            {
                var packet = traffic.Next();
                sent.Add((packet with { Padding = 0 }).ToBytes());
                gro.Receive(packet.ToBytes(), packet.Hash);
            }

            gro.PollEnd();
            foreach (var head in gro.Output)
            {
                // forwarded: the network layer would have cut the padding of those that were never held
                ref var metadata = ref arena.Metadata(head);
                merged += metadata.GsoSize != 0 ? 1 : 0;
                var packet = new Packet(head, ref metadata);
                if (metadata.NextFragment.IsNone)
                {
                    packet.Trim(EthernetHeader.Length + ((packet.Data[16] << 8) | packet.Data[17]));
                }

                gso.Transmit(head);
            }

            gro.Output.Clear();
            var received = gso.TakeOutput();
            Assert.Equal(sent.Count, received.Count);
            foreach (var flow in sent.GroupBy(FlowOf))
            {
                Assert.Equal(flow, received.Where(packet => FlowOf(packet) == flow.Key));
            }

            Assert.Equal(0, gso.Held);
            Assert.Equal(arena.Capacity, arena.FreeCount);
        }

        Assert.True(merged > 100, "The traffic must have packets to merge.");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Segments_equal_the_plain_rules_however_the_payload_lies_in_frames(int seed)
    {
        using var arena = new Arena(0, 80, 200);
        var gso = new GsoHarness(arena);
        var random = new Random(seed);
        for (var round = 0; round < 200; round++)
        {
            var mss = random.Next(4) switch { 0 => random.Next(1, 20), 1 => 536, _ => random.Next(500, 1449) };
            var payload = new byte[random.Next(1, Math.Min(mss * 40, 40_000))];
            random.NextBytes(payload);
            var whole = new TcpPacket
            {
                Id = (ushort)random.Next(65_536), Sequence = (uint)random.NextInt64(1L << 32), Flags = (byte)(TcpPacket.Ack | random.Next(256) & 0xC9),
                Options = new byte[random.Next(0, 11) * 4], IpOptions = new byte[random.Next(10) == 0 ? 8 : 0], Payload = payload,
            }.ToBytes();

            // in place, evenly but not by segments, at random, or with the head bare
            var (head, next) = random.Next(4) switch
            {
                0 => (mss, (Func<int>)(() => mss)),
                1 => (1000, () => 1000),
                2 => (random.Next(0, 1500), () => random.Next(1, 1700)),
                _ => (0, () => mss),
            };
            var fixedId = random.Next(2) == 0;
            var packet = gso.Make(whole, mss, head, next);
            arena.Metadata(packet).Flags |= fixedId ? FrameFlags.FixedIpId : FrameFlags.None;
            var verdict = gso.Transmit(packet);
            Assert.True(verdict.Kind is VerdictKind.Continue or VerdictKind.Held);
            Assert.Equal(0, gso.Held);
            Assert.Equal(PlainSegmenter.Cut(whole, mss, fixedId), gso.TakeOutput());
            Assert.Equal(arena.Capacity, arena.FreeCount);
        }
    }

    /// <summary>What GRO keeps in order: link header, addresses and ports.</summary>
    private static string FlowOf(byte[] packet) =>
        Convert.ToHexString([.. packet[..14], .. packet[26..34], .. packet.AsSpan(14 + ((packet[14] & 15) * 4), 4)]);
}
