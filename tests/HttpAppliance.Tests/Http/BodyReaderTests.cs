using System.Text;
using HttpAppliance.Http;

namespace HttpAppliance.Tests.Http;

public sealed class BodyReaderTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 1000)]
    [InlineData(3, 2)]
    [InlineData(1000, 4)]
    [InlineData(1000, 1000)]
    public void Chunks_are_joined_whatever_pieces_they_come_in(int pieceLength, int maximumData)
    {
        const string text = "5\r\nhello\r\n0001;name=\"v\"\r\n \r\nB \r\nwide world!\r\n0\r\nTrailer: x\r\nAnother: y\r\n\r\nNEXT";
        var (status, body, consumed) = ReadChunked(text, pieceLength, maximumData);
        Assert.Equal(ReadStatus.Complete, status);
        Assert.Equal("hello wide world!", body);
        Assert.Equal(text.IndexOf("NEXT", StringComparison.Ordinal), consumed);
    }

    [Theory]
    [InlineData("\r\n", 400)]
    [InlineData(";x\r\n", 400)]
    [InlineData("g\r\n", 400)]
    [InlineData("5\nhello", 400)]
    [InlineData("5\r\nhelloX", 400)]
    [InlineData("5\r\nhello\rX", 400)]
    [InlineData("-5\r\n", 400)]
    [InlineData("0\r\n\rX", 400)]
    [InlineData("0\r\nname: x\n", 400)]
    [InlineData("ffffffffffffffffff\r\n", 413)]
    [InlineData("65\r\n", 413)]
    [InlineData("64\r\n0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\r\n1\r\n", 413)]
    public void Wrong_chunks_are_refused_with_their_status(string text, int error)
    {
        var reader = new BodyReader();
        reader.StartChunked(100);
        var source = Encoding.ASCII.GetBytes(text).AsSpan();
        var status = ReadStatus.NeedMore;
        while (status == ReadStatus.NeedMore && !source.IsEmpty)
        {
            status = reader.Read(source, int.MaxValue, out var consumed, out _);
            source = source[consumed..];
        }

        Assert.Equal(ReadStatus.Failed, status);
        Assert.Equal(error, reader.Error);
    }

    [Fact]
    public void Extensions_and_trailers_that_never_end_are_refused()
    {
        Assert.Equal(ReadStatus.Failed, ReadChunked("1;" + new string('x', 5000), 1000, 1000).Status);
        Assert.Equal(ReadStatus.Failed, ReadChunked("0\r\n" + string.Concat(Enumerable.Repeat("a: b\r\n", 1000)), 1000, 1000).Status);
    }

    [Fact]
    public void A_length_takes_that_many_bytes_and_leaves_the_next_request()
    {
        var reader = new BodyReader();
        reader.StartLength(5);
        Assert.Equal(ReadStatus.NeedMore, reader.Read("hel"u8, 1000, out var consumed, out var data));
        Assert.Equal((3, 3), (consumed, data.Length));
        Assert.Equal(ReadStatus.Complete, reader.Read("loGET"u8, 1000, out consumed, out data));
        Assert.Equal((2, 2), (consumed, data.Length));
        reader.StartLength(0);
        Assert.Equal(ReadStatus.Complete, reader.Read("GET"u8, 1000, out consumed, out data));
        Assert.Equal((0, 0), (consumed, data.Length));
    }

    private static (ReadStatus Status, string Body, int Consumed) ReadChunked(string text, int pieceLength, int maximumData)
    {
        var reader = new BodyReader();
        reader.StartChunked(1 << 20);
        var bytes = Encoding.ASCII.GetBytes(text);
        var body = new StringBuilder();
        var position = 0;
        var status = ReadStatus.NeedMore;
        while (status == ReadStatus.NeedMore && position < bytes.Length)
        {
            var piece = bytes.AsSpan(position, Math.Min(pieceLength, bytes.Length - position));
            status = reader.Read(piece, maximumData, out var consumed, out var data);
            Assert.InRange(data.Length, 0, maximumData);
            body.Append(Encoding.ASCII.GetString(data));
            position += consumed;
        }

        return (status, body.ToString(), position);
    }
}
