using Millrace.Headers;
using Millrace.Memory;
using Millrace.Sockets;
using Millrace.Tcp;

namespace Millrace.Tests.Tcp;

/// <summary>The account of all connections (tcp_mem) and what its limits do.</summary>
public sealed class SocketMemoryTests
{
    // in frames of 2112 bytes 9.7, 13.6 and 19.4
    private static readonly MemoryLimits Tiny = new(5, 7, 10);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void The_account_is_what_the_queues_hold_whatever_comes(int seed)
    {
        var random = new Random(seed);
        var choice = new TcpChoice
        {
            Rmem = new MemoryLimits(4096, random.Next(2) == 0 ? 8192 : 40_000, 40_000),
            Wmem = new MemoryLimits(4096, 16_384, 65_536),
            Mem = random.Next(2) == 0 ? Tiny : new TcpChoice().Mem,
            SocketFrames = random.Next(2) == 0 ? 64 : 4096,
            MaxGsoSegments = random.Next(2) == 0 ? 1 : 16,
        };
        using var wire = new TcpWire(seed, choice) { Loss = 0.03, Reordering = 0.2, Duplication = 0.05 };
        var server = wire.Server.Application;
        server.Reads = false;
        var sent = new byte[60_000];
        random.NextBytes(sent);
        BulkTests.Pour(wire, sent);
        wire.Connect();
        Func<bool> step = () =>
        {
            AssertAccount(wire.Client);
            AssertAccount(wire.Server);
            if (random.Next(8) == 0 && wire.Server.Tcp.TryGet(server.Last, out var socket))
            {
                // a slow reader
                var buffer = new byte[random.Next(1, 3000)];
                var count = socket.Read(buffer);
                server.Data.AddRange(buffer.AsSpan(0, count));
            }

            return server.Data.Count == sent.Length;
        };
        for (var i = 0; i < 1000 && server.Data.Count < sent.Length; i++)
        {
            wire.Run(100_000, step);
            if (wire.Server.Tcp.TryGet(server.Last, out var socket))
            {
                server.Drain(socket);
            }
        }

        Assert.Equal(sent, server.Data);
        wire.Client.Socket(wire.Client.Application.Last).Abort();
        wire.Run(200_000);
        wire.Client.AssertEmpty();
        wire.Server.AssertEmpty();
        AssertAccount(wire.Client);
        AssertAccount(wire.Server);
        Assert.Equal((0, 0), (wire.Client.Arena.SocketMemory, wire.Server.Arena.SocketMemory));
    }

    [Fact]
    public void Pressure_begins_at_the_second_limit_and_ends_below_the_first()
    {
        using var script = new TcpScript(new TcpChoice { Mem = Tiny, Connections = 1 }, new TestApplication { Port = 80, Reads = false, Connections = 1 });
        script.Send("S", 0, mss: 1460);
        script.Expect("S. 0:0(0) ack 1");
        script.Send(".", 1, 1);
        var next = 1;
        while (!script.Host.Tcp.IsUnderMemoryPressure)
        {
            Assert.True(script.Host.Arena.SocketMemory <= Tiny.Default * 4096);
            Assert.NotEqual(VerdictKind.Drop, script.Inject(".", next, 1, new byte[1460]).Kind);
            next += 1460;
            script.Forget();
        }

        Assert.InRange(script.Host.Arena.SocketMemory, Tiny.Default * 4096 - Arena.FrameTruesize, Tiny.Default * 4096 + Arena.FrameTruesize);
        Assert.Equal((1, 0), (script.Counters.TCPMemoryPressures, script.Counters.TCPMemoryPressuresChrono));
        script.Run(250);
        while (script.Host.Tcp.IsUnderMemoryPressure)
        {
            Assert.True(script.Host.Arena.SocketMemory >= Tiny.Minimum * 4096);
            script.Socket.Consume(1460);
        }

        Assert.InRange(script.Host.Arena.SocketMemory, Tiny.Minimum * 4096 - Arena.FrameTruesize, Tiny.Minimum * 4096);
        Assert.Equal(1, script.Counters.TCPMemoryPressures);
        Assert.InRange(script.Counters.TCPMemoryPressuresChrono, 250, 300);
    }

    [Fact]
    public void Beyond_the_third_limit_a_connection_has_its_minimum_and_no_more()
    {
        // so much that one reader's part of the whole is all of it
        var hoarding = new TestApplication { Port = 81, Reads = false, Connections = 1 };
        var second = new TestApplication { Port = 80, Reads = false, Connections = 1 };
        using var script = new TcpScript(new TcpChoice { Mem = new MemoryLimits(2, 3, 4), Rmem = new MemoryLimits(8192, 131_072, 131_072) }, hoarding, second);
        MemoryTests.Open(script, 81, 1);
        MemoryTests.Open(script, 80, 2);
        var hoarded = Fill(script, 81, 1);
        var minimum = Fill(script, 80, 2);
        Assert.InRange(script.Host.Arena.SocketMemory, 8192, (4 * 4096) + Arena.FrameTruesize);
        Assert.True(hoarded >= minimum, $"{hoarded} and {minimum} frames");
        Assert.Equal(8192 / Arena.FrameTruesize, minimum);
        Assert.True(script.Host.Ledger.Dropped(DropReason.SocketMemory) > 0);
        Assert.True(script.Counters.TCPRcvQDrop > 0);
    }

    [Fact]
    public void Under_pressure_buffers_do_not_grow_and_windows_are_four_segments()
    {
        var hoarding = new TestApplication { Port = 81, Reads = false, Connections = 1 };
        var other = new TestApplication { Port = 80, Connections = 1 };
        using var script = new TcpScript(new TcpChoice { Mem = new MemoryLimits(5, 7, 100) }, hoarding, other);
        MemoryTests.Open(script, 81, 1);
        MemoryTests.Open(script, 80, 2);
        for (var next = 1; !script.Host.Tcp.IsUnderMemoryPressure; next += 1460)
        {
            MemoryTests.Send(script, 81, 1, next, new byte[1460]);
        }

        var (receive, send) = (script.Host.Socket(other.Last).ReceiveBuffer, script.Host.Socket(other.Last).SendBuffer);
        var window = 0;
        for (var i = 0; i < 100; i++)
        {
            script.Talk(80);
            script.Recall(80, 2);
            Assert.NotEqual(VerdictKind.Drop, script.Inject(".", 1 + (i * 1460), 1, new byte[1460], port: 2).Kind);
            script.Host.End(packet => window = TcpHeader.Window(packet.Span[20..]));
            script.Run(10);
        }

        // the window that was announced before pressure is left to run out
        Assert.InRange(window, 1460, 4 * 1460);
        Assert.Equal((receive, send), (script.Host.Socket(other.Last).ReceiveBuffer, script.Host.Socket(other.Last).SendBuffer));
    }

    [Fact]
    public void A_writer_that_is_refused_memory_has_its_buffer_halved_and_grows_it_again_later()
    {
        using var script = TcpScript.Established(new TcpChoice { Mem = Tiny }, new TestApplication { Port = 80 });
        script.Socket.SetNoDelay(true);
        var before = script.Socket.SendBuffer;
        while (script.Write(1460) > 0)
        {
        }

        Assert.True(script.Host.Tcp.IsUnderMemoryPressure);
        Assert.True(script.Host.Arena.SocketMemory <= (Tiny.Maximum * 4096) + Arena.FrameTruesize);
        Assert.True(script.Socket.SendBuffer < before, $"{script.Socket.SendBuffer} of {before}");
        for (var acknowledged = 1461; script.Host.Arena.SocketMemory > 0; acknowledged += 1460)
        {
            script.Send(".", 1, acknowledged);
        }

        Assert.False(script.Host.Tcp.IsUnderMemoryPressure);
        Assert.True(script.Socket.SendBuffer >= before, $"{script.Socket.SendBuffer} of {before}");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_writable_is_what_a_write_takes(bool isTight)
    {
        var random = new Random(5);
        var first = new TestApplication { Port = 80, Connections = 4 };
        using var script = new TcpScript(new TcpChoice { Mem = isTight ? Tiny : new TcpChoice().Mem, SocketFrames = isTight ? 24 : 4096 }, first);
        for (var i = 1; i <= 4; i++)
        {
            MemoryTests.Open(script, 80, (ushort)i);
        }

        for (var i = 0; i < 400; i++)
        {
            var socket = script.Host.Socket(first.Ids[random.Next(4)]);
            var writable = socket.WritableLength;
            var length = random.Next(1, 6000);
            Assert.Equal(Math.Min(length, writable), socket.Write(new byte[length]));
            if (random.Next(3) == 0)
            {
                script.Forget();
                var port = (ushort)random.Next(1, 5);
                script.Recall(80, port);
                script.Inject(".", 1, script.EndOf(80, port), [], port: port);
            }
        }
    }

    /// <summary>Sends full segments until one is dropped.</summary>
    /// <returns>Frames that were kept.</returns>
    private static int Fill(TcpScript script, ushort port, ushort from)
    {
        for (var i = 0; ; i++)
        {
            if (MemoryTests.Send(script, port, from, 1 + (i * 1460), new byte[1460]).Kind == VerdictKind.Drop)
            {
                return i;
            }
        }
    }

    private static void AssertAccount(TcpHost<Cubic> host)
    {
        const Holders Queues = Holders.ReceiveQueue | Holders.OutOfOrderQueue | Holders.RetransmitQueue;
        var held = 0L;
        for (var i = 1; i <= host.Arena.Capacity; i++)
        {
            ref var metadata = ref host.Arena.Metadata(new Frame(i));
            held += (metadata.Holders & Queues) != 0 ? metadata.Truesize : 0;
        }

        Assert.Equal(held, host.Arena.SocketMemory);
    }
}
