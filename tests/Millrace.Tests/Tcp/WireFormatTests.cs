using Millrace.Headers;

namespace Millrace.Tests.Tcp;

public sealed class WireFormatTests
{
    [Fact]
    public void A_header_that_was_written_reads_the_same()
    {
        var bytes = new byte[TcpHeader.MinimumLength];
        TcpHeader.Write(bytes, 0x1234, 0x5678, new(0x9ABCDEF0), new(0x01020304), 40, TcpFlags.Syn | TcpFlags.Cwr, 0xFEDC);
        Assert.Equal("123456789ABCDEF001020304A082FEDC00000000", Convert.ToHexString(bytes));
        Assert.Equal(0x1234, TcpHeader.SourcePort(bytes));
        Assert.Equal(0x5678, TcpHeader.DestinationPort(bytes));
        Assert.Equal(0x9ABCDEF0, TcpHeader.Sequence(bytes).Value);
        Assert.Equal(0x01020304u, TcpHeader.Acknowledgment(bytes).Value);
        Assert.Equal(40, TcpHeader.HeaderLength(bytes));
        Assert.Equal(TcpFlags.Syn | TcpFlags.Cwr, TcpHeader.Flags(bytes));
        Assert.Equal(0xFEDC, TcpHeader.Window(bytes));
    }

    [Fact]
    public void Options_of_a_SYN_are_written_in_Linuxs_order_and_read_back()
    {
        var bytes = new byte[40];
        var options = new TcpOptions
        {
            MaximumSegmentSize = 1460, HasTimestamps = true, TimestampValue = 1, TimestampEcho = 2, HasWindowScale = true, WindowScale = 7,
        };
        var length = options.WriteSyn(bytes);
        Assert.Equal("020405B40101080A000000010000000201030307", Convert.ToHexString(bytes.AsSpan(0, length)));
        Assert.Equal(options, TcpOptions.Read(bytes.AsSpan(0, length), isSyn: true));
    }

    [Fact]
    public void Segment_size_and_window_scale_count_on_a_SYN_only()
    {
        var read = TcpOptions.Read(Convert.FromHexString("020405B401030307"), isSyn: false);
        Assert.Equal(0, read.MaximumSegmentSize);
        Assert.False(read.HasWindowScale);
    }

    [Theory]
    [InlineData("08")] // no length
    [InlineData("0800")] // a length of 0 would never end
    [InlineData("0801")]
    [InlineData("080A0000")] // longer than what is there
    [InlineData("0809000000010000000001")] // a length that is not the option's
    [InlineData("00080A0000000100000002")] // behind the end of the list
    public void Malformed_options_are_not_read_and_do_no_harm(string hexadecimal) =>
        Assert.False(TcpOptions.Read(Convert.FromHexString(hexadecimal), isSyn: true).HasTimestamps);

    [Fact]
    public void A_window_scale_above_14_counts_as_14() =>
        Assert.Equal(14, TcpOptions.Read(Convert.FromHexString("0303FF00"), isSyn: true).WindowScale);

    [Fact]
    public void Any_bytes_at_all_can_be_read_as_options()
    {
        var random = new Random(1);
        var bytes = new byte[40];
        for (var i = 0; i < 20_000; i++)
        {
            random.NextBytes(bytes);
            bytes.AsSpan(0, random.Next(20)).Fill((byte)random.Next(10));
            TcpOptions.Read(bytes.AsSpan(0, random.Next(41)), isSyn: (i & 1) == 0);
        }
    }

    [Theory]
    [InlineData(0u, 1u)]
    [InlineData(uint.MaxValue, 0u)]
    [InlineData(0xFFFF_FF00, 100u)]
    [InlineData(0x7000_0000, 0xEFFF_FFFF)]
    public void Sequence_numbers_compare_round_the_end(uint earlier, uint later)
    {
        var a = new SequenceNumber(earlier);
        var b = new SequenceNumber(later);
        Assert.True(a < b && b > a && a <= b && b >= a);
        Assert.Equal(b, a + (b - a));
        Assert.Equal(b, SequenceNumber.Max(a, b));
    }
}
