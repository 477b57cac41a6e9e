using Millrace.Sockets;
using Millrace.Tcp;

namespace Millrace.Tests.Tcp;

public sealed class DuplexTests
{
    private const int Length = 60_000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Both_ends_send_at_once_in_pieces_over_a_bad_wire_and_a_slow_NIC_and_close_when_they_are_done(int seed)
    {
        var random = new Random(seed);
        var choice = new TcpChoice { MaxGsoSegments = seed % 2 == 0 ? 1 : 30, Timestamps = seed % 3 != 0 };
        using var wire = new TcpWire(seed, choice) { Loss = 0.03, Duplication = 0.03, Reordering = 0.1 };
        var up = BulkTests.Pattern(seed)[..Length];
        var down = BulkTests.Pattern(seed + 100)[..Length];
        Send(wire.Client.Application, up, random);
        Send(wire.Server.Application, down, random);
        var id = wire.Connect();
        for (var i = 0; i < 100_000 && !(IsDone(wire.Client) && IsDone(wire.Server)); i++)
        {
            Turn(wire.Client, random);
            Turn(wire.Server, random);
            wire.Run(random.Next(1, 40));
        }

        Assert.Equal(up, wire.Server.Application.Data);
        Assert.Equal(down, wire.Client.Application.Data);
        Assert.True(IsDone(wire.Client) && IsDone(wire.Server), "it does not end");
        Assert.False(wire.Client.Tcp.TryGet(id, out _));
        wire.Client.Complete();
        wire.Server.Complete();
        wire.Run(1_000_000);
        wire.Client.AssertEmpty();
        wire.Server.AssertEmpty();
    }

    private static bool IsDone(TcpHost<Cubic> host) => host.Application.Calls.Contains("Closed(Closed)");

    /// <summary>The NIC keeps what it has for a while, now and then; the reader reads now and then.</summary>
    private static void Turn(TcpHost<Cubic> host, Random random)
    {
        host.HoldsTransmits = random.Next(3) == 0;
        if (!host.HoldsTransmits)
        {
            host.Complete();
        }

        host.Application.Reads = random.Next(3) != 0;
        if (host.Application.Reads && host.Tcp.TryGet(host.Application.Last, out var socket))
        {
            host.Application.Drain(socket);
        }
    }

    private static void Send(TestApplication application, byte[] bytes, Random random)
    {
        var written = 0;
        SocketAction write = socket =>
        {
            while (written < bytes.Length)
            {
                var piece = Math.Min(random.Next(1, 5000), bytes.Length - written);
                var count = socket.Write(bytes.AsSpan(written, piece));
                written += count;
                if (count < piece)
                {
                    return;
                }
            }

            socket.Shutdown();
        };
        application.OnConnected = socket =>
        {
            socket.SetNoDelay(random.Next(2) == 0);
            write(socket);
        };
        application.OnWritable = write;
    }
}
