using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using Millrace.Headers;
using Millrace.Interop;

namespace Millrace.Tests.Checksum;

public sealed class InternetChecksumTests
{
    private const int LongestLength = 2100;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Sum_equals_the_plain_loop_for_every_length_and_alignment(int seed)
    {
        var data = new byte[LongestLength + 64];
        new Random(seed).NextBytes(data);
        for (var length = 0; length <= LongestLength; length++)
        {
            var offset = length % 33;
            var span = data.AsSpan(offset, length);
            Assert.Equal(PlainChecksum.Sum(span), InternetChecksum.Sum(span));
            Assert.Equal((ushort)~PlainChecksum.Sum(span, 0xFFFE), InternetChecksum.Compute(span, 0xFFFE));
        }
    }

    [Theory]
    [InlineData(0xFF)]
    [InlineData(0x00)]
    [InlineData(0x01)]
    public void Sum_of_equal_bytes_keeps_every_carry_and_only_zeros_sum_to_zero(byte value)
    {
        var data = new byte[LongestLength];
        data.AsSpan().Fill(value);
        for (var length = 0; length <= LongestLength; length++)
        {
            var sum = InternetChecksum.Sum(data.AsSpan(0, length));
            Assert.Equal(PlainChecksum.Sum(data.AsSpan(0, length)), sum);
            Assert.Equal(value == 0 || length == 0, sum == 0);
        }
    }

    [Fact]
    public void Every_width_of_vector_gives_the_same_sum_whatever_this_machine_would_choose()
    {
        var data = new byte[LongestLength];
        var copy = new byte[LongestLength];
        new Random(6).NextBytes(data);
        data.AsSpan(500, 700).Fill(0xFF);
        for (var length = 0; length <= LongestLength; length += 3)
        {
            var span = data.AsSpan(0, length);
            var expected = BinaryPrimitives.ReverseEndianness(PlainChecksum.Sum(span));
            Assert.Equal(expected, InternetChecksum.Fold(InternetChecksum.SumVectors<InternetChecksum.Lanes128, Vector128<uint>>(span)));
            Assert.Equal(expected, InternetChecksum.Fold(InternetChecksum.SumVectors<InternetChecksum.Lanes256, Vector256<uint>>(span)));
            Assert.Equal(expected, InternetChecksum.Fold(InternetChecksum.SumVectors<InternetChecksum.Lanes512, Vector512<uint>>(span)));
            if (LongSums.IsSupported)
            {
                Assert.Equal(expected, InternetChecksum.Fold(LongSums.Sum<LongSums.Words256, Vector256<int>>(span)));
            }

            Assert.Equal(expected, InternetChecksum.Fold(InternetChecksum.CopyAndSumVectors<InternetChecksum.Lanes128, Vector128<uint>>(span, copy)));
            Assert.Equal(expected, InternetChecksum.Fold(InternetChecksum.CopyAndSumVectors<InternetChecksum.Lanes256, Vector256<uint>>(span, copy)));
            Assert.True(span.SequenceEqual(copy.AsSpan(0, length)));
        }
    }

    [Fact]
    public void Blocks_longer_than_a_lane_can_carry_are_summed_right()
    {
        // 65,537 additions of 0xFFFF fill a 32-bit lane; 4 MiB of 512-bit vectors are one block
        var data = new byte[(5 << 20) + 13];
        data.AsSpan().Fill(0xFF);
        Assert.Equal(PlainChecksum.Sum(data), InternetChecksum.Sum(data));
        new Random(3).NextBytes(data);
        Assert.Equal(PlainChecksum.Sum(data), InternetChecksum.Sum(data));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    public void CopyAndSum_copies_exactly_the_source_and_sums_it(int alignment)
    {
        var source = new byte[LongestLength + 8];
        var destination = new byte[LongestLength + 16];
        new Random(4).NextBytes(source);
        for (var length = 0; length <= LongestLength; length++)
        {
            var span = source.AsSpan(alignment, length);
            destination.AsSpan().Fill(0xA5);
            Assert.Equal(PlainChecksum.Sum(span, 0x1234), InternetChecksum.CopyAndSum(span, destination.AsSpan(3), 0x1234));
            Assert.True(span.SequenceEqual(destination.AsSpan(3, length)), $"length {length}");
            Assert.True(destination.AsSpan(0, 3).IndexOfAnyExcept((byte)0xA5) < 0 && destination.AsSpan(3 + length).IndexOfAnyExcept((byte)0xA5) < 0);
        }
    }

    [Fact]
    public void CopyAndSum_refuses_a_destination_that_is_too_short()
    {
        Assert.ThrowsAny<ArgumentException>(() => InternetChecksum.CopyAndSum(new byte[200], new byte[199]));
        Assert.ThrowsAny<ArgumentException>(() => InternetChecksum.CopyAndSum(new byte[20], new byte[19]));
    }

    [Fact]
    public void An_incremental_update_equals_a_new_computation()
    {
        var random = new Random(5);
        var data = new byte[40];
        for (var i = 0; i < 2000; i++)
        {
            random.NextBytes(data);
            if (i % 3 == 0)
            {
                data.AsSpan(4, 4).Fill(i % 2 == 0 ? (byte)0xFF : (byte)0);
            }

            var before = InternetChecksum.Compute(data);
            var oldWord = BinaryPrimitives.ReadUInt16BigEndian(data.AsSpan(4));
            var newWord = (ushort)random.Next(0x10000);
            BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(4), newWord);
            var middle = InternetChecksum.Compute(data);
            Assert.Equal(middle, InternetChecksum.Update(before, oldWord, newWord));

            var oldAddress = BinaryPrimitives.ReadUInt32BigEndian(data.AsSpan(8));
            var newAddress = (uint)random.NextInt64(1L << 32);
            BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(8), newAddress);
            Assert.Equal(InternetChecksum.Compute(data), InternetChecksum.Update(middle, oldAddress, newAddress));
        }
    }

    [Fact]
    public void The_update_of_RFC_1624_section_4_does_not_give_the_wrong_zero()
    {
        // the RFC's own example: header sum 0xDD2F, field 0x5555 becomes 0x3285, result 0x0000 where RFC 1141 gave 0xFFFF
        Assert.Equal(0x0000, InternetChecksum.Update(0xDD2F, (ushort)0x5555, (ushort)0x3285));
    }
}
