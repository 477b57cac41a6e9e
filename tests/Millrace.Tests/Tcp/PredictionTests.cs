using Millrace.Sockets;
using Millrace.Tcp;

namespace Millrace.Tests.Tcp;

/// <summary>The way of all segments is the oracle of the way of those that were predicted.</summary>
public sealed class PredictionTests
{
    private const int Questions = 400;

    private readonly List<string> sent = [];

    [Theory]
    [InlineData(1, 0, 90)]
    [InlineData(2, 0, 300)]
    [InlineData(3, 0, 4000)]
    [InlineData(4, 0.01, 90)]
    [InlineData(5, 0.01, 1400)]
    [InlineData(6, 0.02, 4000)]
    [InlineData(7, 0.02, 20_000)]
    public void A_segment_that_is_predicted_does_what_any_segment_does(int seed, double loss, int longest)
    {
        var predicted = Converse(seed, loss, longest, leavesChecksums: false);
        var (sentSo, (client, server)) = (sent.ToArray(), predicted);
        sent.Clear();
        var any = Converse(seed, loss, longest, leavesChecksums: true);
        Assert.Equal(sent, sentSo);
        Assert.Equal(any, predicted);
        Assert.True(client.TCPHPHits + server.TCPHPHits > Questions / 2, $"only {client.TCPHPHits} and {server.TCPHPHits} segments were predicted");
    }

    /// <summary>Questions and answers of any length up to the one given, each read in pieces, now and then only when more has come.</summary>
    private (TcpCounters Client, TcpCounters Server) Converse(int seed, double loss, int longest, bool leavesChecksums)
    {
        var random = new Random(seed);
        var choice = new TcpChoice { MaxGsoSegments = seed % 2 == 0 ? 1 : 30, Timestamps = seed % 3 != 0, SumsPayloads = seed % 2 == 0 };
        using var wire = new TcpWire(seed, choice)
        {
            Loss = loss,
            Duplication = loss,
            Reordering = loss,
            Sent = (now, packet) => sent.Add($"{now} {Convert.ToHexString(packet.Span)}"),
        };
        var (client, server) = (wire.Client.Application, wire.Server.Application);
        wire.Client.LeavesChecksums = leavesChecksums;
        wire.Server.LeavesChecksums = leavesChecksums;
        client.Reads = false;
        server.Reads = false;
        var asked = 0;
        var awaited = 0;
        var buffer = new byte[longest];
        void Ask(TcpSocket socket)
        {
            asked++;
            awaited = socket.Write(buffer.AsSpan(0, random.Next(1, longest)));
        }

        client.OnConnected = Ask;
        client.OnReceived = socket =>
        {
            if (random.Next(4) == 0 && socket.Readable < awaited)
            {
                return;
            }

            for (int count; (count = socket.Read(buffer.AsSpan(0, random.Next(1, longest)))) > 0; awaited -= count)
            {
            }

            if (awaited == 0 && asked < Questions)
            {
                Ask(socket);
            }
        };
        server.OnReceived = socket =>
        {
            for (int count; (count = socket.Read(buffer.AsSpan(0, random.Next(1, longest)))) > 0;)
            {
                socket.Write(buffer.AsSpan(0, count));
            }
        };
        wire.Connect();
        wire.Run(10_000_000, () => asked == Questions && awaited == 0);
        Assert.Equal((Questions, 0), (asked, awaited));
        return (wire.Client.Tcp.Counters, wire.Server.Tcp.Counters);
    }
}
