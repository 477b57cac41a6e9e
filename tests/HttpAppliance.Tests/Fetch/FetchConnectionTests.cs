using System.Text;
using HttpAppliance.Fetch;
using HttpAppliance.Http;
using HttpAppliance.Tests.Http;
using Millrace.Sockets;

namespace HttpAppliance.Tests.Fetch;

public sealed class FetchConnectionTests
{
    [Theory]
    [InlineData(1, 100)]
    [InlineData(1448, 100_000)]
    [InlineData(int.MaxValue, 0)]
    public void Everything_that_is_right_is_verified(int pieceLength, int fileLength)
    {
        var (plan, tcp) = Run(PageResponse(), FileResponse(fileLength), pieceLength, fileLength);
        Assert.Null(plan.Failure);
        Assert.True(plan.IsComplete);
        Assert.Equal(plan.TotalLength, plan.VerifiedBytes);
        Assert.True(tcp.IsShutdown);
        Assert.False(tcp.IsAborted);
    }

    [Fact]
    public void The_requests_follow_one_another()
    {
        var (_, tcp) = Run(PageResponse(), FileResponse(5), int.MaxValue, 5);
        Assert.Equal(
            "GET / HTTP/1.1\r\nHost: appliance\r\n\r\nGET /bytes/5 HTTP/1.1\r\nHost: appliance\r\n\r\n",
            Encoding.ASCII.GetString(tcp.Take()));
    }

    [Fact]
    public void A_wrong_byte_is_told_by_its_place()
    {
        var file = FileResponse(1000);
        file[^7] ^= 1;
        var (plan, tcp) = Run(PageResponse(), file, 100, 1000);
        Assert.Equal("/bytes/1000 differs at byte 993", plan.Failure);
        Assert.True(tcp.IsAborted);
    }

    [Fact]
    public void A_wrong_page_is_told() =>
        Assert.StartsWith("/ differs at byte 3", Run(Response(200, [.. WelcomePage.Content.Select((value, i) => i == 3 ? (byte)'x' : value)]), [], 1, 5).Plan.Failure, StringComparison.Ordinal);

    [Fact]
    public void A_wrong_status_or_length_is_told()
    {
        Assert.StartsWith("/ was answered with status 404", Run(Response(404, []), [], 1, 5).Plan.Failure, StringComparison.Ordinal);
        Assert.StartsWith("/bytes/5 was answered with status 200 and 6 bytes", Run(PageResponse(), FileResponse(6), 1, 5).Plan.Failure, StringComparison.Ordinal);
        Assert.Equal("the response is not HTTP", Run("SSH-2.0-nonsense\r\n"u8.ToArray(), [], 1, 5).Plan.Failure);
    }

    [Fact]
    public void Bytes_after_the_last_response_are_told() =>
        Assert.Equal("bytes came after the last response", Run(PageResponse(), [.. FileResponse(5), 1], int.MaxValue, 5).Plan.Failure);

    [Fact]
    public void A_connection_that_breaks_off_is_told()
    {
        var plan = new FetchPlan(5);
        var handler = new FetchConnection(plan);
        handler.Closed(new FakeTcpSockets().Socket, TcpCloseReason.Refused);
        Assert.Equal("the connection ended (Refused) after 0 bytes", plan.Failure);
        Assert.True(plan.IsClosed);
    }

    private static (FetchPlan Plan, FakeTcpSockets Tcp) Run(byte[] first, byte[] second, int pieceLength, int fileLength)
    {
        var plan = new FetchPlan(fileLength);
        var tcp = new FakeTcpSockets();
        var handler = new FetchConnection(plan);
        handler.Connected(tcp.Socket);
        foreach (var response in new[] { first, second })
        {
            for (var i = 0; i < response.Length && !tcp.IsAborted; i += Math.Min(pieceLength, response.Length - i))
            {
                tcp.Arrive(response.AsSpan(i, Math.Min(pieceLength, response.Length - i)));
                handler.Received(tcp.Socket);
            }
        }

        return (plan, tcp);
    }

    private static byte[] PageResponse() => Response(200, WelcomePage.Content);

    private static byte[] FileResponse(int length)
    {
        var content = new byte[length];
        GeneratedBytes.Fill(content, 0);
        return Response(200, content);
    }

    private static byte[] Response(int status, byte[] body) =>
        [.. Encoding.ASCII.GetBytes($"HTTP/1.1 {status} Whatever\r\ncontent-length:  {body.Length}\r\n\r\n"), .. body];
}
