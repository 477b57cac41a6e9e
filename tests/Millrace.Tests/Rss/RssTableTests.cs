using Millrace.Headers;
using Millrace.Memory;
using Millrace.Nics;

namespace Millrace.Tests.Rss;

public sealed class RssTableTests
{
    [Theory]
    [InlineData(1, 128)]
    [InlineData(2, 128)]
    [InlineData(3, 128)]
    [InlineData(4, 64)]
    [InlineData(256, 256)]
    [InlineData(4, 1)]
    public void Entries_are_spread_evenly_at_first(int queues, int length)
    {
        var table = new RssTable(queues, length);
        Assert.Equal(Enumerable.Range(0, length).Select(i => i % queues), Enumerable.Range(0, table.Length).Select(i => table[i]));
        Assert.Equal(queues, table.QueueCount);
    }

    [Fact]
    public void The_low_bits_of_the_hash_choose_the_entry()
    {
        var table = new RssTable(4);
        Assert.Equal(128, table.Length);
        Assert.Equal(0x78, table.EntryOf(0x51CCC178));
        Assert.Equal(0x7F, table.EntryOf(uint.MaxValue));
        table[0x78] = 3;
        Assert.Equal(3, table.QueueOf(0x51CCC178));
        Assert.Equal(3, table.QueueOf(0x78));
        table.SpreadEvenly(2);
        Assert.Equal(0, table.QueueOf(0x51CCC178));
        Assert.Equal(0x7E, new RssTable(2, 1024).EntryOf(0x7E));
    }

    [Fact]
    public void The_key_is_its_own()
    {
        var key = new byte[Toeplitz.KeyLength];
        key[0] = 0x80;
        var table = new RssTable(2, toeplitz: new Toeplitz(key));
        Assert.Equal(key, table.Hash.Toeplitz.Key);
        Assert.Equal(Toeplitz.PublishedKey, new RssTable(2).Hash.Toeplitz.Key);
        Assert.NotEqual(
            table.Hash.Of(InetAddress.Parse("10.0.0.1"), InetAddress.Parse("10.0.0.2")),
            new RssTable(2).Hash.Of(InetAddress.Parse("10.0.0.1"), InetAddress.Parse("10.0.0.2")));
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new RssTable(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RssTable(257));
        Assert.Contains("power of two", Assert.Throws<ArgumentOutOfRangeException>(() => new RssTable(2, 100)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new RssTable(2, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RssTable(2, 8192));
        var table = new RssTable(2);
        Assert.Contains("queues 0 to 1", Assert.Throws<ArgumentOutOfRangeException>(() => table[0] = 2).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => table[0] = -1);
        Assert.Throws<ArgumentOutOfRangeException>(() => table.SpreadEvenly(3));
    }

    [Fact]
    public void A_wrapped_NIC_shows_the_table_of_the_one_within()
    {
        using var capturing = new CapturingNic(new SteeringNic(), new PcapWriter(new MemoryStream(), CaptureFormat.PcapNanoseconds, LinkType.Ethernet, 65535, false));
        using var impaired = new ImpairedNic(capturing, new ImpairmentOptions(), new ImpairmentOptions());
        Assert.NotNull(impaired.Rss);
        Assert.Same(capturing.Rss, impaired.Rss);
        Assert.Equal(NicFeatures.ReceiveHash, impaired.Features);
        using var wire = new MemoryWire();
        Assert.Null(wire.A.Rss);
    }

    private sealed class SteeringNic : Nic
    {
        public override NicFeatures Features => NicFeatures.ReceiveHash;

        public override MacAddress Address => default;

        public override int Mtu => 1500;

        public override bool IsLinkUp => true;

        public override int Revision => 0;

        public override int QueueCount => 2;

        public override RssTable Rss { get; } = new(2);

        public override NicQueue Open(int queue, Arena arena) => throw new NotSupportedException();
    }
}
