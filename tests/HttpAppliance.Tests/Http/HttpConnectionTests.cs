using System.Security.Cryptography;
using System.Text;
using HttpAppliance.Http;
using Millrace.Sockets;

namespace HttpAppliance.Tests.Http;

public sealed class HttpConnectionTests
{
    [Fact]
    public void The_page_is_served_and_the_connection_stays()
    {
        var client = new TestClient();
        client.Send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        var response = client.TakeResponse();
        Assert.Equal(200, response.Status);
        Assert.Equal("keep-alive", response.Fields["Connection"]);
        Assert.Equal(WelcomePage.Content, response.Body);
        Assert.False(client.Tcp.IsShutdown);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(16 * 1024)]
    [InlineData(1 << 20)]
    public void A_file_comes_whole_through_a_send_buffer_of_any_size(int sendBuffer)
    {
        var length = sendBuffer == 1 ? 3000 : 100_001;
        var client = new TestClient(sendBuffer);
        client.Send($"GET /bytes/{length} HTTP/1.1\r\nHost: a\r\n\r\n");
        var body = client.TakeResponse().Body;
        Assert.Equal(length, body.Length);
        Assert.Equal(-1, GeneratedBytes.FirstDifference(body, 0));
        Assert.Empty(client.Received);
    }

    [Fact]
    public void A_reader_that_does_not_read_is_not_written_to()
    {
        var client = new TestClient(sendBuffer: 5000);
        client.SendOnly("GET /bytes/1099511627776 HTTP/1.1\r\nHost: a\r\n\r\n"u8);
        Assert.True(client.Tcp.WasCutShort);
        Assert.Equal(5000, client.Tcp.Take().Length);
    }

    [Fact]
    public void Pipelined_requests_are_answered_in_order()
    {
        var client = new TestClient(sendBuffer: 700);
        var requests = string.Concat(Enumerable.Range(0, 20).Select(i => $"GET /bytes/{i * 100} HTTP/1.1\r\nHost: a\r\n\r\n"));
        client.Send(requests);
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(i * 100, client.TakeResponse().Body.Length);
        }

        Assert.Empty(client.Received);
    }

    [Fact]
    public void Head_gives_the_head_alone()
    {
        var client = new TestClient();
        client.Send("HEAD /bytes/1000 HTTP/1.1\r\nHost: a\r\n\r\nHEAD / HTTP/1.1\r\nHost: a\r\n\r\nHEAD /bytes/9/sha256 HTTP/1.1\r\nHost: a\r\n\r\nHEAD /nothing HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal("1000", client.TakeResponse(isHead: true).Fields["Content-Length"]);
        Assert.Equal(200, client.TakeResponse(isHead: true).Status);
        Assert.Equal("65", client.TakeResponse(isHead: true).Fields["Content-Length"]);
        Assert.Equal(404, client.TakeResponse(isHead: true).Status);
        Assert.Empty(client.Received);
    }

    [Theory]
    [InlineData("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", 404, false)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 405, false)]
    [InlineData("PUT /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 405, true)]
    [InlineData("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", 405, false)]
    [InlineData("POST /echo HTTP/1.1\r\nHost: a\r\n\r\n", 411, true)]
    [InlineData("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999\r\n\r\n", 413, true)]
    [InlineData("POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400, true)]
    [InlineData("nonsense\r\n", 400, true)]
    public void A_request_that_cannot_be_served_gets_its_status(string text, int status, bool closes)
    {
        var client = new TestClient();
        client.Send(text);
        var response = client.TakeResponse();
        Assert.Equal(status, response.Status);
        Assert.Equal(closes ? "close" : "keep-alive", response.Fields["Connection"]);
        Assert.Equal(closes, client.Tcp.IsShutdown);
        Assert.Equal(status == 405, response.Fields.ContainsKey("Allow"));
        Assert.Empty(client.Received);
    }

    [Fact]
    public void After_an_error_what_still_comes_is_drained_up_to_a_limit_and_then_reset()
    {
        var client = new TestClient();
        client.Send("nonsense\r\n");
        var more = new byte[1 << 20];
        for (var i = 0; i < 16; i++)
        {
            client.Send(more);
            Assert.Equal(0, client.Tcp.UnreadPieces);
            Assert.False(client.Tcp.IsAborted);
        }

        client.Send(more);
        Assert.True(client.Tcp.IsAborted);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")]
    [InlineData("GET / HTTP/1.0\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")]
    public void The_connection_ends_after_the_response_where_it_must(string text)
    {
        var client = new TestClient();
        client.Send(text);
        Assert.Equal("close", client.TakeResponse().Fields["Connection"]);
        Assert.True(client.Tcp.IsShutdown);
        Assert.Equal(0, client.Tcp.UnreadPieces);
    }

    [Fact]
    public void A_peer_that_closes_its_side_still_gets_its_response()
    {
        var client = new TestClient(sendBuffer: 1000);
        client.SendOnly("GET /bytes/50000 HTTP/1.1\r\nHost: a\r\n\r\n"u8);
        Assert.False(client.Tcp.IsShutdown);
        client.CloseSending();
        Assert.Equal(50_000, client.TakeResponse().Body.Length);
        Assert.True(client.Tcp.IsShutdown);
    }

    [Fact]
    public void A_peer_that_closes_between_requests_is_closed_to()
    {
        var client = new TestClient();
        client.CloseSending();
        Assert.True(client.Tcp.IsShutdown);
        Assert.False(client.Tcp.IsAborted);
        client.Close();
    }

    [Theory]
    [InlineData(1, int.MaxValue)]
    [InlineData(1000, 700)]
    [InlineData(int.MaxValue, 3)]
    public void An_upload_is_answered_with_its_digest(int pieceLength, int sendBuffer)
    {
        var content = Content(pieceLength == 1 ? 2000 : 300_000);
        var client = new TestClient(sendBuffer);
        client.Send($"POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: {content.Length}\r\n\r\n");
        client.Send(content, pieceLength);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(content)) + "\n", client.TakeResponse().Text);
    }

    [Fact]
    public void A_chunked_upload_is_answered_with_its_digest_and_the_next_request_follows()
    {
        var client = new TestClient();
        client.Send("POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\nGET /bytes/7 HTTP/1.1\r\nHost: a\r\n\r\n", 5);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData("abcde"u8)) + "\n", client.TakeResponse().Text);
        Assert.Equal(7, client.TakeResponse().Body.Length);
    }

    [Fact]
    public void An_expectation_is_answered_before_the_body_comes()
    {
        var client = new TestClient();
        client.Send("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
        Assert.Equal("HTTP/1.1 100 Continue\r\n\r\n", client.Text);
        client.TakeResponse();
        client.Send("abc");
        Assert.Equal(200, client.TakeResponse().Status);
    }

    [Fact]
    public void An_expectation_of_a_body_that_is_refused_gets_the_refusal()
    {
        var client = new TestClient();
        client.Send("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999\r\nExpect: 100-continue\r\n\r\n");
        Assert.Equal(413, client.TakeResponse().Status);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(999)]
    [InlineData(64 * 1024)]
    public void An_echo_returns_the_body_while_it_comes(int sendBuffer)
    {
        var content = Content(sendBuffer == 1 ? 3000 : 200_000);
        var client = new TestClient(sendBuffer);
        client.Send($"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {content.Length}\r\n\r\n");
        client.Send(content.AsSpan(0, content.Length / 2), 1448);
        Assert.True(client.Received.Length > content.Length / 3, "nothing came back before the body was whole");
        client.Send(content.AsSpan(content.Length / 2), 1448);
        Assert.Equal(content, client.TakeResponse().Body);
    }

    [Fact]
    public void An_echo_that_nobody_reads_stops_reading()
    {
        var client = new TestClient(sendBuffer: 1000);
        client.SendOnly("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"u8);
        for (var i = 0; i < 100; i++)
        {
            client.SendOnly(Content(1448));
        }

        Assert.InRange(client.Tcp.UnreadPieces, 85, 100);
        client.Read();
        Assert.Equal(0, client.Tcp.UnreadPieces);
    }

    [Fact]
    public void A_chunked_echo_is_chunked_itself()
    {
        var content = Content(50_000);
        var client = new TestClient(sendBuffer: 2000);
        client.Send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        client.Send("c350\r\n");
        client.Send(content, 1448);
        client.Send("\r\n0\r\n\r\n");
        var text = client.Text;
        Assert.Contains("Transfer-Encoding: chunked", text, StringComparison.Ordinal);
        var body = Encoding.Latin1.GetBytes(text[(text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
        Assert.Equal(content, Dechunk(body));
    }

    [Theory]
    [InlineData("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")]
    [InlineData("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")]
    [InlineData("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcX")]
    public void A_body_that_breaks_off_or_breaks_its_framing_resets_the_connection(string text)
    {
        var client = new TestClient();
        client.Send(text);
        client.CloseSending();
        Assert.True(client.Tcp.IsAborted);
        client.Close(TcpCloseReason.Aborted);
    }

    [Fact]
    public void Digests_are_made_in_slices_that_the_loop_asks_for()
    {
        const int length = 3 * DigestQueue.SliceLength + 17;
        var client = new TestClient();
        var site = client.Site;
        client.Send($"GET /bytes/{length}/sha256 HTTP/1.1\r\nHost: a\r\n\r\nGET /bytes/1 HTTP/1.1\r\nHost: a\r\n\r\n");
        var slices = 0;
        while (!site.Digests.IsEmpty)
        {
            Assert.Empty(client.Received);
            Assert.Equal(0, site.NextDeadline);
            site.Advance(client.Tcp, 0);
            client.Read();
            slices++;
        }

        Assert.Equal(4, slices);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Content(length))) + "\n", client.TakeResponse().Text);
        Assert.Single(client.TakeResponse().Body);
    }

    [Fact]
    public void A_digest_that_nobody_waits_for_is_given_up()
    {
        var client = new TestClient();
        var site = client.Site;
        client.Send("GET /bytes/1099511627776/sha256 HTTP/1.1\r\nHost: a\r\n\r\n");
        client.Close(TcpCloseReason.Reset);
        site.Advance(client.Tcp, 0);
        Assert.True(site.Digests.IsEmpty);
    }

    [Fact]
    public void A_connection_on_which_nothing_moves_is_reset_in_time()
    {
        var client = new TestClient();
        client.Send("GET / HT");
        client.Site.PollStart(5);
        client.Send("TP/1.1");
        client.Site.Advance(client.Tcp, HttpSite.IdleAfter + 4);
        Assert.False(client.Tcp.IsAborted);
        client.Site.Advance(client.Tcp, client.Site.NextDeadline);
        Assert.True(client.Tcp.IsAborted);
    }

    [Fact]
    public void Requests_allocate_nothing_once_a_connection_was_served()
    {
        var page = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray();
        var site = new HttpSite();
        var tcp = new QuietTcpSockets(page);
        Serve(site, tcp, 50);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Serve(site, tcp, 1000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(1050, site.Responses[2]);
        Assert.Equal(0, site.OpenConnections);
    }

    private static void Serve(HttpSite site, QuietTcpSockets tcp, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var handler = new HttpConnection(site);
            handler.Connected(tcp.Socket);
            tcp.Rewind();
            handler.Received(tcp.Socket);
            handler.Closed(tcp.Socket, TcpCloseReason.Closed);
        }
    }

    private static byte[] Content(int length)
    {
        var content = new byte[length];
        GeneratedBytes.Fill(content, 0);
        return content;
    }

    private static byte[] Dechunk(ReadOnlySpan<byte> source)
    {
        var reader = new BodyReader();
        reader.StartChunked(long.MaxValue >> 8);
        var body = new MemoryStream();
        var status = ReadStatus.NeedMore;
        while (status == ReadStatus.NeedMore && !source.IsEmpty)
        {
            status = reader.Read(source, int.MaxValue, out var consumed, out var data);
            body.Write(data);
            source = source[consumed..];
        }

        Assert.Equal(ReadStatus.Complete, status);
        Assert.True(source.IsEmpty);
        return body.ToArray();
    }
}
