using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tests.Checksum;

public sealed class PacketChecksumTests
{
    [Fact]
    public void A_chain_cut_anywhere_sums_like_its_bytes_together()
    {
        using var arena = new Arena(0, 0, 40);
        var random = new Random(11);
        for (var round = 0; round < 400; round++)
        {
            var bytes = new byte[random.Next(1, 4000)];
            random.NextBytes(bytes);
            var headLength = random.Next(1, Math.Min(bytes.Length, 1500) + 1);
            var head = TestFrames.Chain(arena, bytes, headLength, () => random.Next(0, 700));
            var offset = random.Next(0, headLength + 1);
            var length = random.Next(0, bytes.Length - offset + 1);
            var sum = PacketChecksum.Sum(arena, head, arena.Metadata(head).DataOffset + offset, length, 0xABCD);
            Assert.Equal(PlainChecksum.Sum(bytes.AsSpan(offset, length), 0xABCD), sum);
            arena.ReleaseChain(head, Holders.Loop);
        }

        Assert.Equal(arena.Capacity, arena.FreeCount);
    }

    [Fact]
    public void A_partial_checksum_is_finished_over_the_whole_chain()
    {
        using var arena = new Arena(0, 0, 40);
        var random = new Random(12);
        for (var round = 0; round < 200; round++)
        {
            var bytes = new byte[random.Next(60, 3000)];
            random.NextBytes(bytes);
            var head = TestFrames.Chain(arena, bytes, random.Next(54, Math.Min(bytes.Length, 1400) + 1), () => random.Next(1, 700));
            ref var metadata = ref arena.Metadata(head);
            metadata.Checksum = ChecksumState.Partial;
            metadata.ChecksumStart = (ushort)(metadata.DataOffset + 34);
            metadata.ChecksumOffset = 16;
            Assert.True(PacketChecksum.TryComplete(arena, head));

            var finished = TestFrames.Bytes(arena, head);
            var expected = (ushort)~PlainChecksum.Sum(bytes.AsSpan(34));
            Assert.Equal(expected, (ushort)((finished[50] << 8) | finished[51]));
            bytes[50] = finished[50];
            bytes[51] = finished[51];
            Assert.Equal(bytes, finished);
            Assert.Equal(ChecksumState.None, arena.Metadata(head).Checksum);
            arena.ReleaseChain(head, Holders.Loop);
        }
    }

    [Theory]
    [InlineData(6, 0xFFFF)]
    [InlineData(16, 0x0000)]
    public void A_checksum_of_zero_is_sent_as_its_other_representation_by_UDP_only(int field, int expected)
    {
        using var arena = new Arena(0, 0, 4);
        var bytes = new byte[40];
        bytes.AsSpan(20, 2).Fill(0xFF);
        var head = TestFrames.Chain(arena, bytes, 40, () => 1);
        ref var metadata = ref arena.Metadata(head);
        metadata.ChecksumStart = (ushort)(metadata.DataOffset + 10);
        metadata.ChecksumOffset = (ushort)field;
        metadata.Checksum = ChecksumState.Partial;
        Assert.True(PacketChecksum.TryComplete(arena, head));
        var finished = TestFrames.Bytes(arena, head);
        Assert.Equal(expected, (finished[10 + field] << 8) | finished[11 + field]);
    }

    [Theory]
    [InlineData(-1, 16)]
    [InlineData(30, 9)]
    [InlineData(60000, 16)]
    [InlineData(0, 65535)]
    public void A_field_outside_the_head_is_refused_and_nothing_is_written(int start, int field)
    {
        using var arena = new Arena(0, 0, 4);
        var bytes = new byte[40];
        new Random(1).NextBytes(bytes);
        var head = TestFrames.Chain(arena, bytes, 40, () => 1);
        ref var metadata = ref arena.Metadata(head);
        metadata.ChecksumStart = (ushort)(metadata.DataOffset + start);
        metadata.ChecksumOffset = (ushort)field;
        metadata.Checksum = ChecksumState.Partial;
        Assert.False(PacketChecksum.TryComplete(arena, head));
        Assert.Equal(bytes, TestFrames.Bytes(arena, head));
    }
}
