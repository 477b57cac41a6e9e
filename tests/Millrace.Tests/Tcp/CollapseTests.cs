using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tests.Tcp;

/// <summary>What happens over the receive buffer: packing, pruning, dropping; bytes and right edge stay what they are.</summary>
public sealed class CollapseTests
{
    private static readonly TcpChoice Small = new() { Rmem = new MemoryLimits(4096, 32_768, 32_768), ModerateReceiveBuffer = false };

    [Fact]
    public void A_full_buffer_of_badly_filled_frames_is_packed_and_takes_more()
    {
        using var script = TcpScript.Established(Small, new TestApplication { Port = 80, Reads = false });
        var stream = Fill(script, 300, out var next);
        Assert.True(script.Counters.TCPRcvCollapsed > 0);
        Assert.True(script.Counters.PruneCalled > 0);

        // three frames for 300 bytes would be 1800 in all
        Assert.InRange(next, 10_000, 32_768);
        script.Application.Drain(script.Socket);
        Assert.Equal(stream, script.Application.Data);
        script.Host.AssertLedgers();
        Assert.Equal(0, script.Host.Arena.SocketMemory);
    }

    [Fact]
    public void A_merged_packet_of_small_segments_keeps_as_many_frames_as_its_bytes_need()
    {
        using var script = TcpScript.Established(null, new TestApplication { Port = 80, Reads = false });
        var bytes = BulkTests.Pattern(3)[..3000];
        script.Inject(".", 1, 1, bytes, gsoSize: 50, wirePackets: 60, fragment: 100);
        Assert.InRange(script.Host.Arena.CountHeldBy(Holders.ReceiveQueue), 1, 2);
        Assert.Equal(2 * Arena.FrameTruesize, script.Host.Arena.SocketMemory);
        Assert.True(script.Counters.TCPRcvCoalesce > 20);
        script.Application.Drain(script.Socket);
        Assert.Equal(bytes, script.Application.Data);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Any_sizes_any_overlap_and_any_reads_in_between_make_the_same_stream(int seed)
    {
        var random = new Random(seed);
        var collapsed = 0L;
        for (var round = 0; round < 20; round++)
        {
            var choice = new TcpChoice { Rmem = new MemoryLimits(4096, random.Next(9_000, 40_000), 40_000), ModerateReceiveBuffer = false };
            using var script = TcpScript.Established(choice, new TestApplication { Port = 80, Reads = false });
            script.Host.AlsoHeldBy = random.Next(4) == 0 ? Holders.Stage : Holders.None;
            var stream = new byte[60_000];
            random.NextBytes(stream);
            var edge = 0;
            for (var steps = 0; script.Application.Data.Count < stream.Length; steps++)
            {
                Assert.True(steps < 40_000, $"{script.Application.Data.Count} bytes were read");
                var read = script.Application.Data.Count + script.Socket.Readable;
                var ahead = random.Next(3) == 0 ? random.Next(-400, 6_000) : 0;
                var start = Math.Clamp(read + ahead, 0, stream.Length - 1);
                var length = Math.Min(random.Next(2) == 0 ? random.Next(1, 100) : random.Next(1, 1461), stream.Length - start);
                script.Inject(".", 1 + start, 1, stream[start..(start + length)], fragment: random.Next(3) == 0 ? random.Next(80, 400) : 1536);
                ReleaseStage(script.Host);
                script.Host.End(packet =>
                {
                    var segment = packet.Span[TcpHost.NetworkHeaderLength..];
                    var right = TcpHeader.Acknowledgment(segment) - new SequenceNumber(TcpScript.PeerIss) + TcpHeader.Window(segment);
                    Assert.True(right >= edge, $"the window shrank from {edge} to {right}");
                    edge = right;
                });
                if (random.Next(6) == 0)
                {
                    var buffer = new byte[random.Next(1, 4000)];
                    var count = script.Socket.Read(buffer);
                    script.Application.Data.AddRange(buffer.AsSpan(0, count));
                }

                if (random.Next(50) == 0)
                {
                    script.Run(50);
                    Assert.Equal(script.Host.Arena.CountHeldBy(Holders.ReceiveQueue | Holders.OutOfOrderQueue) * Arena.FrameTruesize, script.Host.Arena.SocketMemory);
                }
            }

            Assert.Equal(stream, script.Application.Data);
            collapsed += script.Counters.TCPRcvCollapsed;
            script.Host.AssertLedgers();
        }

        Assert.True(collapsed > 0, "nothing was ever packed");
    }

    [Fact]
    public void What_is_ahead_of_a_gap_goes_from_its_far_end_and_comes_again()
    {
        using var script = TcpScript.Established(Small, new TestApplication { Port = 80, Reads = false });
        var stream = BulkTests.Pattern(1)[..40_000];

        // the window opens with what comes in order
        for (var start = 0; start < 5 * 1460; start += 1460)
        {
            script.Send(".", 1 + start, 1);
            script.Inject(".", 1 + start, 1, stream[start..(start + 1460)]);
            script.Application.Drain(script.Socket);
            script.Forget();
        }

        var (first, step) = ((5 * 1460) + 1460, 1460);
        var farthest = first;
        while (script.Counters.TCPOFODrop == 0 && farthest < 30_000 && script.Host.Arena.SocketMemory <= 32_768)
        {
            script.Inject(".", 1 + farthest, 1, stream[farthest..(farthest + 700)]);
            script.Forget();
            farthest += step / 2 + 1;
        }

        var ahead = script.Host.Arena.CountHeldBy(Holders.OutOfOrderQueue);
        Assert.True(ahead > 10, $"{ahead} frames wait");

        // a piece before all of them makes room at the far end
        Assert.NotEqual(VerdictKind.Drop, script.Inject(".", 1 + (5 * 1460) + 100, 1, stream[((5 * 1460) + 100)..((5 * 1460) + 500)]).Kind);
        Assert.Equal(1, script.Counters.OfoPruned);
        Assert.InRange(script.Host.Arena.CountHeldBy(Holders.OutOfOrderQueue), ahead - 4, ahead - 1);
        script.Forget();
        for (var start = 5 * 1460; start < 30_000; start += 1000)
        {
            script.Inject(".", 1 + start, 1, stream[start..Math.Min(start + 1000, 30_000)]);
            script.Application.Drain(script.Socket);
            script.Forget();
        }

        Assert.Equal(stream[..30_000], script.Application.Data);
        Assert.Equal(0, script.Host.Arena.SocketMemory);
    }

    /// <summary>Sends segments of a size until one is dropped or the window is closed.</summary>
    private static byte[] Fill(TcpScript script, int size, out int count)
    {
        var stream = BulkTests.Pattern(7);
        for (count = 0; ; count += size)
        {
            if (script.Inject(".", 1 + count, 1, stream[count..(count + size)], fragment: 120).Kind == VerdictKind.Drop)
            {
                return stream[..count];
            }

            script.Forget();
        }
    }

    private static void ReleaseStage(TcpHost host)
    {
        for (var i = 1; host.AlsoHeldBy != Holders.None && i <= host.Arena.Capacity; i++)
        {
            if ((host.Arena.Metadata(new Frame(i)).Holders & Holders.Stage) != 0)
            {
                host.Arena.Release(new Frame(i), Holders.Stage);
            }
        }
    }
}
