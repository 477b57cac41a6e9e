using System.Globalization;
using System.Text;
using HttpAppliance.Http;
using Millrace.Sockets;

namespace HttpAppliance.Tests.Http;

/// <summary>A client that speaks to an <see cref="HttpConnection"/> without a network between.</summary>
internal sealed class TestClient
{
    private readonly MemoryStream received = new();
    private HttpConnection handler;

    public TestClient(int sendBuffer = int.MaxValue)
    {
        Tcp = new FakeTcpSockets(sendBuffer);
        handler = new HttpConnection(Site);
        handler.Connected(Tcp.Socket);
    }

    public HttpSite Site { get; } = new();

    public FakeTcpSockets Tcp { get; }

    /// <summary>Everything that was received, as Latin-1 text.</summary>
    public string Text => Encoding.Latin1.GetString(received.ToArray());

    public byte[] Received => received.ToArray();

    public void Send(string text, int pieceLength = int.MaxValue) => Send(Encoding.Latin1.GetBytes(text), pieceLength);

    public void Send(ReadOnlySpan<byte> bytes, int pieceLength = int.MaxValue)
    {
        while (!bytes.IsEmpty)
        {
            var count = Math.Min(pieceLength, bytes.Length);
            SendOnly(bytes[..count]);
            Read();
            bytes = bytes[count..];
        }
    }

    /// <summary>Sends without taking what comes back.</summary>
    public void SendOnly(ReadOnlySpan<byte> bytes)
    {
        Tcp.Arrive(bytes);
        handler.Received(Tcp.Socket);
    }

    /// <summary>Takes what comes until nothing more does.</summary>
    public void Read()
    {
        received.Write(Tcp.Take());
        while (Tcp.WasCutShort && !Tcp.IsAborted)
        {
            Tcp.WasCutShort = false;
            handler.Writable(Tcp.Socket);
            received.Write(Tcp.Take());
        }
    }

    public void CloseSending()
    {
        Tcp.HasPeerClosed = true;
        handler.PeerClosed(Tcp.Socket);
        Read();
    }

    public void Close(TcpCloseReason reason = TcpCloseReason.Closed) => handler.Closed(Tcp.Socket, reason);

    /// <summary>Splits off the first response, interim ones left out.</summary>
    public TestResponse TakeResponse(bool isHead = false)
    {
        var bytes = Received;
        var headEnd = bytes.AsSpan().IndexOf("\r\n\r\n"u8);
        Assert.True(headEnd >= 0, $"no response, but: {Text}");
        var lines = Encoding.Latin1.GetString(bytes, 0, headEnd).Split("\r\n");
        var status = int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture);
        var fields = lines.Skip(1).Select(line => line.Split(": ", 2)).ToDictionary(field => field[0], field => field[1]);
        var rest = bytes.AsSpan(headEnd + 4);
        var length = isHead || status == 100 ? 0 : int.Parse(fields["Content-Length"], CultureInfo.InvariantCulture);
        Assert.True(rest.Length >= length, "the body is not whole");
        var body = rest[..length].ToArray();
        received.SetLength(0);
        received.Write(rest[length..]);
        return new TestResponse(status, fields, body);
    }
}

internal sealed record TestResponse(int Status, IReadOnlyDictionary<string, string> Fields, byte[] Body)
{
    public string Text => Encoding.Latin1.GetString(Body);
}
