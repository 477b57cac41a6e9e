using System.Buffers.Binary;
using System.Net;
using Millrace.Headers;

namespace Millrace.Tests.Rss;

public sealed class ToeplitzTests
{
    /// <summary>"Verifying the RSS Hash Calculation", Windows driver documentation; the same rows are in Intel's 82599 datasheet, 7.1.2.8.3.</summary>
    [Theory]
    [InlineData("66.9.149.187", 2794, "161.142.100.80", 1766, 0x323E8FC2, 0x51CCC178)]
    [InlineData("199.92.111.2", 14230, "65.69.140.83", 4739, 0xD718262A, 0xC626B0EA)]
    [InlineData("24.19.198.95", 12898, "12.22.207.184", 38024, 0xD2D0A5DE, 0x5C2B394A)]
    [InlineData("38.27.205.30", 48228, "209.142.163.6", 2217, 0x82989176, 0xAFC7327F)]
    [InlineData("153.39.163.191", 44251, "202.188.127.2", 1303, 0x5D1809C5, 0x10E828A2)]
    [InlineData("3ffe:2501:200:1fff::7", 2794, "3ffe:2501:200:3::1", 1766, 0x2CC18CD5, 0x40207D3D)]
    [InlineData("3ffe:501:8::260:97ff:fe40:efab", 14230, "ff02::1", 4739, 0x0F0C461C, 0xDDE51BBF)]
    [InlineData("3ffe:1900:4545:3:200:f8ff:fe21:67cf", 44251, "fe80::200:f8ff:fe21:67cf", 38024, 0x4B61E985, 0x02D1FEEF)]
    public void The_published_verification_suite(string source, int sourcePort, string destination, int destinationPort, uint addresses, uint withPorts)
    {
        var (from, to) = (InetAddress.Parse(source), InetAddress.Parse(destination));
        Assert.Equal(addresses, Toeplitz.Published.Hash(from, to));
        Assert.Equal(withPorts, Toeplitz.Published.Hash(from, to, (ushort)sourcePort, (ushort)destinationPort));
        Assert.Equal(addresses, PlainToeplitz.Hash(Toeplitz.PublishedKey, Input(from, to)));
        Assert.Equal(withPorts, PlainToeplitz.Hash(Toeplitz.PublishedKey, Input(from, to, (ushort)sourcePort, (ushort)destinationPort)));
    }

    [Fact]
    public void The_tables_agree_with_the_definition_for_any_key_and_input()
    {
        var random = new Random(1);
        var key = new byte[Toeplitz.KeyLength];
        for (var keys = 0; keys < 50; keys++)
        {
            random.NextBytes(key);
            var toeplitz = new Toeplitz(key);
            Assert.Equal(key, toeplitz.Key);
            for (var i = 0; i < 40; i++)
            {
                var (from, to) = i % 2 == 0
                    ? (InetAddress.FromIpv4((uint)random.NextInt64()), InetAddress.FromIpv4((uint)random.NextInt64()))
                    : (new InetAddress((ulong)random.NextInt64(), (ulong)random.NextInt64()), new InetAddress((ulong)random.NextInt64(), (ulong)random.NextInt64()));
                var (sourcePort, destinationPort) = ((ushort)random.Next(65536), (ushort)random.Next(65536));
                Assert.Equal(PlainToeplitz.Hash(key, Input(from, to)), toeplitz.Hash(from, to));
                Assert.Equal(PlainToeplitz.Hash(key, Input(from, to, sourcePort, destinationPort)), toeplitz.Hash(from, to, sourcePort, destinationPort));
            }
        }
    }

    [Fact]
    public void Without_the_instruction_for_it_the_table_gives_the_same()
    {
        var random = new Random(2);
        for (var i = 0; i < 1000; i++)
        {
            var (from, to) = ((uint)random.NextInt64(), (uint)random.NextInt64());
            Assert.Equal(
                PlainToeplitz.Hash(Toeplitz.PublishedKey, Input(InetAddress.FromIpv4(from), InetAddress.FromIpv4(to))),
                Toeplitz.Published.HashByTable(from, to));
        }
    }

    [Fact]
    public void A_pair_of_both_families_is_hashed_as_IPv6()
    {
        var (from, to) = (InetAddress.Parse("10.0.0.1"), InetAddress.Parse("2001:db8::1"));
        Assert.Equal(PlainToeplitz.Hash(Toeplitz.PublishedKey, Input(from, to)), Toeplitz.Published.Hash(from, to));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(39)]
    [InlineData(41)]
    [InlineData(52)]
    public void A_key_of_another_length_is_refused(int length)
    {
        var refusal = Assert.Throws<ArgumentException>(() => new Toeplitz(new byte[length]));
        Assert.Contains($"40 bytes; this one has {length}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_caller_may_reuse_the_memory_of_the_key()
    {
        var key = Toeplitz.PublishedKey.ToArray();
        var toeplitz = new Toeplitz(key);
        Array.Clear(key);
        Assert.Equal(Toeplitz.PublishedKey.ToArray(), toeplitz.Key);
    }

    [Fact]
    public void Hashing_allocates_nothing()
    {
        var (from, to) = (InetAddress.Parse("3ffe:501:8::260:97ff:fe40:efab"), InetAddress.Parse("10.0.0.1"));
        uint sum = 0;
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                sum += Toeplitz.Published.Hash(from, to, (ushort)i, 80) + Toeplitz.Published.Hash(to, to, (ushort)i, 80);
            }
        }));
        Assert.NotEqual(0u, sum);
    }

    private static byte[] Input(InetAddress from, InetAddress to)
    {
        var isIpv4 = from.IsIpv4 && to.IsIpv4;
        return [.. Bytes(from), .. Bytes(to)];

        byte[] Bytes(InetAddress address) => isIpv4 ? address.ToIPAddress().GetAddressBytes() : address.ToIPAddress().MapToIPv6().GetAddressBytes();
    }

    private static byte[] Input(InetAddress from, InetAddress to, ushort sourcePort, ushort destinationPort)
    {
        var ports = new byte[4];
        BinaryPrimitives.WriteUInt16BigEndian(ports, sourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(ports.AsSpan(2), destinationPort);
        return [.. Input(from, to), .. ports];
    }
}
