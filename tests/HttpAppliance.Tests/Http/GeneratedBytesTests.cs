using HttpAppliance.Http;

namespace HttpAppliance.Tests.Http;

public sealed class GeneratedBytesTests
{
    [Fact]
    public void The_first_word_is_the_first_output_of_SplitMix64()
    {
        Span<byte> bytes = stackalloc byte[8];
        GeneratedBytes.Fill(bytes, 0);
        // published test vector of SplitMix64 for seed 0
        Assert.Equal(0xE220A8397B1DCDAFUL, BitConverter.ToUInt64(bytes));
    }

    [Fact]
    public void Every_range_is_a_part_of_the_same_file()
    {
        var whole = new byte[200];
        GeneratedBytes.Fill(whole, 0);
        for (var start = 0; start < 40; start++)
        {
            for (var count = 0; count < 60; count++)
            {
                var part = new byte[count];
                GeneratedBytes.Fill(part, start);
                Assert.Equal(whole.AsSpan(start, count).ToArray(), part);
            }
        }
    }

    [Fact]
    public void Every_wrong_byte_is_found_where_it_is()
    {
        var bytes = new byte[70];
        for (var start = 0; start < 17; start++)
        {
            GeneratedBytes.Fill(bytes, start);
            Assert.Equal(-1, GeneratedBytes.FirstDifference(bytes, start));
            for (var wrong = 0; wrong < bytes.Length; wrong++)
            {
                bytes[wrong] ^= 0x10;
                Assert.Equal(wrong, GeneratedBytes.FirstDifference(bytes, start));
                bytes[wrong] ^= 0x10;
            }
        }
    }

    [Fact]
    public void Positions_beyond_four_gibibytes_have_bytes_of_their_own()
    {
        var near = new byte[64];
        var far = new byte[64];
        GeneratedBytes.Fill(near, 5);
        GeneratedBytes.Fill(far, 5 + (1L << 32));
        Assert.NotEqual(near, far);
        Assert.Equal(-1, GeneratedBytes.FirstDifference(far, 5 + (1L << 32)));
    }
}
