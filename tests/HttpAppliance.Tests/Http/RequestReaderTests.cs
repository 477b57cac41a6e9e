using System.Text;
using HttpAppliance.Http;

namespace HttpAppliance.Tests.Http;

public sealed class RequestReaderTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(1000)]
    public void A_head_is_read_out_of_pieces_of_any_length(int pieceLength)
    {
        const string text = "POST /upload?x=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\nExpect: 100-Continue\r\nX: \t y z \r\n\r\nrest";
        var reader = new RequestReader();
        reader.Reset();
        var bytes = Encoding.ASCII.GetBytes(text);
        var status = ReadStatus.NeedMore;
        var position = 0;
        while (status == ReadStatus.NeedMore)
        {
            status = reader.Read(bytes.AsSpan(position, Math.Min(pieceLength, bytes.Length - position)), out var consumed);
            position += consumed;
        }

        Assert.Equal(ReadStatus.Complete, status);
        Assert.Equal(text.IndexOf("rest", StringComparison.Ordinal), position);
        Assert.Equal(RequestMethod.Post, reader.Method);
        Assert.Equal("/upload?x=1", Encoding.ASCII.GetString(reader.Target));
        Assert.Equal(12, reader.ContentLength);
        Assert.True(reader.ExpectsContinue);
        Assert.True(reader.IsKeepAlive);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n", 400)] // no Host
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400)]
    [InlineData("GET /\r\n", 400)]
    [InlineData("GET  / HTTP/1.1\r\n", 400)]
    [InlineData("GET / / HTTP/1.1\r\n", 400)]
    [InlineData(" GET / HTTP/1.1\r\n", 400)]
    [InlineData("G(T / HTTP/1.1\r\n", 400)]
    [InlineData("GET /\u00ff HTTP/1.1\r\n", 400)]
    [InlineData("GET / http/1.1\r\n", 400)]
    [InlineData("GET / HTTP/1.10\r\n", 400)]
    [InlineData("GET / HTTP/x.1\r\n", 400)]
    [InlineData("GET / HTTP/2.0\r\n", 505)]
    [InlineData("BREW / HTTP/1.1\r\n", 501)]
    [InlineData("get / HTTP/1.1\r\n", 501)]
    [InlineData("GET / HTTP/1.1\r\nHost : a\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\n: a\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\0b\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\rb\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nContent-Length: -1\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nContent-Length: 1 2\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nContent-Length:\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nContent-Length: 9999999999999999999999\r\n", 413)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n", 501)]
    [InlineData("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 501)]
    [InlineData("POST / HTTP/1.1\r\nExpect: miracles\r\n", 417)]
    public void A_wrong_head_is_refused_with_its_status(string text, int status)
    {
        var reader = Read(text, ReadStatus.Failed);
        Assert.Equal(status, reader.Error);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\n", true)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nConnection: Foo , CLOSE\r\n\r\n", false)]
    [InlineData("GET / HTTP/1.0\r\n\r\n", false)]
    [InlineData("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true)]
    [InlineData("GET / HTTP/1.9\r\nHost: a\r\n\r\n", true)]
    public void A_connection_stays_or_not_as_version_and_field_say(string text, bool stays) =>
        Assert.Equal(stays, Read(text, ReadStatus.Complete).IsKeepAlive);

    [Fact]
    public void Empty_lines_before_a_request_and_lone_line_feeds_are_accepted() =>
        Assert.Equal("/a", Encoding.ASCII.GetString(Read("\r\n\n\r\nGET /a HTTP/1.1\nHost: a\n\n", ReadStatus.Complete).Target));

    [Fact]
    public void Equal_lengths_given_twice_are_one() =>
        Assert.Equal(5, Read("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\ncontent-length: 005\r\n\r\n", ReadStatus.Complete).ContentLength);

    [Fact]
    public void A_request_line_that_never_ends_is_414_and_fields_that_never_end_are_431()
    {
        Assert.Equal(414, Read("GET /" + new string('a', RequestReader.Capacity), ReadStatus.Failed).Error);
        Assert.Equal(431, Read("GET / HTTP/1.1\r\nX: " + new string('a', RequestReader.Capacity), ReadStatus.Failed).Error);
        Assert.Equal(431, Read("GET / HTTP/1.1\r\n" + string.Concat(Enumerable.Repeat("X: a\r\n", 2000)), ReadStatus.Failed).Error);
    }

    [Fact]
    public void Random_bytes_never_throw()
    {
        var random = new Random(1);
        const string alphabet = "GET POST/ HTTP/1.1\r\n\r\nHost: Content-Length: 0 chunked Transfer-Encoding:\0\u00ff";
        var reader = new RequestReader();
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = Encoding.Latin1.GetBytes(random.GetItems<char>(alphabet, random.Next(120)));
            reader.Reset();
            var status = reader.Read(bytes, out var consumed);
            Assert.InRange(consumed, 0, bytes.Length);
            Assert.Equal(status == ReadStatus.Failed, reader.Error >= 400);
        }
    }

    private static RequestReader Read(string text, ReadStatus expected)
    {
        var reader = new RequestReader();
        reader.Reset();
        Assert.Equal(expected, reader.Read(Encoding.Latin1.GetBytes(text), out _));
        return reader;
    }
}
