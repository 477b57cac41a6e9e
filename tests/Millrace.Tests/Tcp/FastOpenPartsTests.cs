using Millrace.Headers;
using Millrace.Memory;
using Millrace.Sockets;
using Millrace.Tcp;

namespace Millrace.Tests.Tcp;

/// <summary>Option, cache and two stacks with each other.</summary>
public sealed class FastOpenPartsTests
{
    private static readonly InetAddress Own = TcpScript.Own;

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(6)]
    [InlineData(8)]
    [InlineData(16)]
    public void An_option_is_read_as_it_was_written_in_both_forms(int length)
    {
        Assert.True(FastOpenCookie.TryRead(Bytes(length), out var cookie));
        foreach (var experimental in new[] { false, true })
        {
            var option = new FastOpenOption { Cookie = cookie, IsExperimental = experimental };
            var written = new byte[option.WrittenLength];
            Assert.Equal(written.Length, option.Write(written));
            Assert.Equal(0, written.Length % 4);
            Assert.True(FastOpenOption.TryRead(written, out var read));
            Assert.Equal(cookie, read.Cookie);
            Assert.Equal(experimental, read.IsExperimental);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(17)]
    [InlineData(18)]
    public void A_cookie_of_another_length_is_no_option(int length) =>
        Assert.False(FastOpenOption.TryRead([34, (byte)(2 + length), .. Bytes(length)], out _));

    [Fact]
    public void Another_experiment_is_no_option() =>
        Assert.False(FastOpenOption.TryRead([254, 8, 0xE2, 0xD4, 1, 2, 3, 4], out _));

    [Fact]
    public void A_list_that_ends_within_an_option_is_read_as_far_as_it_goes()
    {
        Assert.True(FastOpenOption.TryRead([1, 34, 2, 34, 10, 1], out var read));
        Assert.True(read.Cookie.IsNone);
        Assert.False(FastOpenOption.TryRead([34], out _));
        Assert.False(FastOpenOption.TryRead([0, 34, 2], out _));
    }

    [Fact]
    public void A_full_cache_forgets_what_was_not_used_for_longest()
    {
        var cache = new FastOpenCache(3, new Entropy(1, 2));
        for (uint i = 1; i <= 3; i++)
        {
            cache.Set(Own, InetAddress.FromIpv4(i), new FastOpenCookie(i), (ushort)i);
        }

        Assert.True(cache.TryGet(Own, InetAddress.FromIpv4(1), out _, out _));
        cache.Set(Own, InetAddress.FromIpv4(4), new FastOpenCookie(4), 4);
        Assert.Equal(3, cache.Count);
        Assert.False(cache.TryGet(Own, InetAddress.FromIpv4(2), out _, out _));
        Assert.True(cache.TryGet(Own, InetAddress.FromIpv4(1), out var cookie, out var mss));
        Assert.Equal((new FastOpenCookie(1), (ushort)1), (cookie, mss));
    }

    [Fact]
    public void The_cache_agrees_with_a_list()
    {
        const int Capacity = 8;
        var random = new Random(7);
        var cache = new FastOpenCache(Capacity, new Entropy(3, 4));
        var list = new List<(uint Address, FastOpenCookie Cookie)>();
        for (var i = 0; i < 5_000; i++)
        {
            var address = (uint)random.Next(20);
            var at = list.FindIndex(entry => entry.Address == address);
            if (random.Next(2) == 0)
            {
                Assert.Equal(at >= 0, cache.TryGet(Own, InetAddress.FromIpv4(address), out var cookie, out _));
                if (at >= 0)
                {
                    Assert.Equal(list[at].Cookie, cookie);
                    list.Add(list[at]);
                    list.RemoveAt(at);
                }

                continue;
            }

            var set = new FastOpenCookie((ulong)i + 1);
            cache.Set(Own, InetAddress.FromIpv4(address), set, 0);
            list.RemoveAll(entry => entry.Address == address);
            list.Add((address, set));
            if (list.Count > Capacity)
            {
                list.RemoveAt(0);
            }
        }
    }

    [Fact]
    public void What_is_not_said_again_stays_in_the_cache()
    {
        var cache = new FastOpenCache(1, new Entropy(1, 2));
        cache.Set(Own, Own, new FastOpenCookie(5), 1000);
        cache.Set(Own, Own, default, 0);
        Assert.True(cache.TryGet(Own, Own, out var cookie, out var mss));
        Assert.Equal((new FastOpenCookie(5), (ushort)1000), (cookie, mss));
    }

    [Theory]
    [InlineData(0.0, 1)]
    [InlineData(0.2, 2)]
    [InlineData(0.2, 3)]
    [InlineData(0.2, 4)]
    public void Every_request_of_many_arrives_once_and_is_answered_whatever_is_lost(double loss, int seed)
    {
        const int Rounds = 40;
        var served = 0;
        var answered = 0;
        var server = new TestApplication { Port = 80, FastOpenQueue = 4, IsQuiet = true };
        var client = new TestApplication { IsQuiet = true };
        server.OnReceived = socket =>
        {
            Assert.Equal(4, socket.Readable);
            served++;
            socket.Write("pong"u8);
        };
        server.OnPeerClosed = static socket => socket.Close();
        client.OnReceived = socket =>
        {
            answered++;
            socket.Consume(socket.Readable);
            socket.Close();
        };
        using var wire = new TcpWire(seed, new TcpChoice { FastOpen = 3, SocketFrames = 512 }, null, client, server) { Loss = loss, Duplication = loss, Reordering = loss };
        for (var round = 0; round < Rounds; round++)
        {
            wire.Client.Begin(wire.Now);
            var result = wire.Client.Tcp.Connect(0, new InetEndpoint(TcpWire.ServerAddress, 80), "ping"u8, out _, out var written);
            Assert.Equal((TcpConnectResult.Opening, 4), (result, written));
            wire.Run(300_000, () => answered > round);
            Assert.Equal(round + 1, answered);
            wire.Run(120_000);
        }

        Assert.Equal(Rounds, served);
        Assert.True(wire.Client.Tcp.Counters.TCPFastOpenActive > Rounds / 3);
        Assert.Equal(loss > 0, wire.Client.Tcp.Counters.TCPFastOpenActiveFail > 0);
        Assert.True(wire.Server.Tcp.Counters.TCPFastOpenPassive > 0);
        wire.Client.AssertEmpty();
        wire.Server.AssertEmpty();
    }

    [Fact]
    public void Nothing_is_allocated_by_opening_with_data()
    {
        var server = new TestApplication { Port = 80, FastOpenQueue = 4, IsQuiet = true };
        var client = new TestApplication { IsQuiet = true };
        server.OnPeerClosed = static socket => socket.Close();
        client.OnConnected = static socket => socket.Close();
        using var ours = new TcpHost(TcpWire.ClientAddress, 1, new TcpChoice { FastOpen = 3 }, client);
        using var theirs = new TcpHost(TcpWire.ServerAddress, 2, new TcpChoice { FastOpen = 3 }, server);
        var cookies = 0L;
        for (var round = 0; round < 3; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            ours.Begin(ours.Now + 200_000_000_000);
            ours.Tcp.Advance(ours.Now);
            ours.Tcp.Connect(0, new InetEndpoint(TcpWire.ServerAddress, 80), "ping"u8, out _, out _);
            cookies = GC.GetAllocatedBytesForCurrentThread() - before;
            for (var turn = 0; turn < 6; turn++)
            {
                theirs.Begin(ours.Now);
                theirs.Tcp.Advance(ours.Now);
                ours.End(packet => theirs.Take(packet.Span));
                theirs.End(packet => ours.Take(packet.Span));
            }
        }

        Assert.Equal(0, cookies);
        Assert.Equal(2, theirs.Tcp.Counters.TCPFastOpenPassive);
    }

    private static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
        {
            bytes[i] = (byte)(i + 1);
        }

        return bytes;
    }
}
