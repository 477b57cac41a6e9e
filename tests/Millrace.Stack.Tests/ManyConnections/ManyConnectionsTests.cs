using Millrace.Headers;
using Millrace.Nics;
using Millrace.Sockets;
using Millrace.Tcp;

namespace Millrace.Stack.Tests.ManyConnections;

/// <summary>A hundred thousand connections at once: all open, all are asked and answer, all close, and again.</summary>
public sealed class ManyConnectionsTests
{
    private const int Count = 100_000;
    private const int AtOnce = 200;

    private readonly ManyTally tally = new();
    private readonly TcpSocketId[] ids = new TcpSocketId[Count];
    private long now = 1_000_000_000;

    [Fact]
    public void They_open_answer_and_close_and_nothing_is_allocated_or_left()
    {
        using var wire = new MemoryWire(new MemoryWireOptions { Mode = WireMode.Copying });
        using var server = new ManyServer(new() { Nic = wire.A, Entropy = new Entropy(1, 2), Tally = tally });
        using var client = new ManyClient(new() { Nic = wire.B, Entropy = new Entropy(3, 4), Tally = tally });
        // few at first: a neighbour that is not known yet has a short queue
        Live(client, server, 20);
        Check(20);
        for (var i = 0; i < 2; i++)
        {
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            Live(client, server, Count);
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - allocated);
            Check(Count);
        }

        Assert.Equal(20 + Count + Count, server.Tcp.Counters.PassiveOpens);
        Assert.Equal(20 + Count + Count - 1_000, client.Tcp.Counters.TCPTimeWaitOverflow);
        Assert.Equal(0, client.Tcp.Counters.RetransSegs + server.Tcp.Counters.RetransSegs);
        Assert.Equal(0, tally.Wrong);
        Assert.Equal(0, client.Arena.SocketMemory + server.Arena.SocketMemory);
    }

    private void Live(ManyClient client, ManyServer server, int count)
    {
        (tally.Connected, tally.Answered, tally.Closed, tally.ClosedByServer) = (0, 0, 0, 0);
        for (var i = 0; i < count; i++)
        {
            var remote = new InetEndpoint(InetAddress.FromIpv4(0x0A00_0001), (ushort)(80 + (i & 1)));
            // counted and not asserted, which would allocate
            tally.Wrong += client.Tcp.Connect(ManyClient.Applications.Asking, remote, out ids[i]) == TcpConnectResult.Opening ? 0 : 1;
            while (i + 1 - tally.Connected >= AtOnce)
            {
                Poll(client, server, 1);
            }
        }

        Poll(client, server, 20);
        Span<byte> port = stackalloc byte[2];
        for (var i = 0; i < count; i++)
        {
            tally.Wrong += client.Tcp.TryGet(ids[i], out var socket) ? 0 : 1;
            port[0] = (byte)socket.Local.Port;
            port[1] = (byte)(socket.Local.Port >> 8);
            tally.Wrong += socket.Write(port) == port.Length ? 0 : 1;
            while (i + 1 - tally.Answered >= AtOnce)
            {
                Poll(client, server, 1);
            }
        }

        Poll(client, server, 20);
        for (var i = 0; i < count; i++)
        {
            tally.Wrong += client.Tcp.TryGet(ids[i], out var socket) ? 0 : 1;
            socket.Close();
            while (i + 1 - tally.Closed >= AtOnce)
            {
                Poll(client, server, 1);
            }
        }

        Poll(client, server, 20);
    }

    private void Check(int count) =>
        Assert.Equal((count, count, count, count), (tally.Connected, tally.Answered, tally.Closed, tally.ClosedByServer));

    private void Poll(ManyClient client, ManyServer server, int times)
    {
        for (var i = 0; i < times; i++)
        {
            now += 100_000;
            client.Poll(0, 0, now);
            server.Poll(0, 0, now);
        }
    }
}
