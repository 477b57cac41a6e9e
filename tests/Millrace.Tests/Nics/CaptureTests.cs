using System.Buffers.Binary;
using Millrace.Nics;

namespace Millrace.Tests.Nics;

public sealed class CaptureTests
{
    [Theory]
    [InlineData(CaptureFormat.Pcap)]
    [InlineData(CaptureFormat.PcapNanoseconds)]
    [InlineData(CaptureFormat.Pcapng)]
    public void What_is_written_is_read_back(CaptureFormat format)
    {
        var stream = new MemoryStream();
        using (var writer = CaptureWriter.Create(stream, format, snapLength: 500, leaveOpen: true))
        {
            for (var i = 0; i < 300; i++)
            {
                writer.Write(Timestamp(i), Station.Pattern(20 + (i * 3), i), direction: (CaptureDirection)(i % 3));
            }

            Assert.Equal(300, writer.PacketCount);
        }

        stream.Position = 0;
        using var reader = CaptureReader.Open(stream);
        Assert.Equal(format, reader.Format);
        for (var i = 0; i < 300; i++)
        {
            Assert.True(reader.Read());
            var pattern = Station.Pattern(20 + (i * 3), i);
            Assert.Equal(pattern[..Math.Min(500, pattern.Length)], reader.Data.ToArray());
            Assert.Equal(pattern.Length, reader.Current.OriginalLength);
            Assert.Equal(format == CaptureFormat.Pcap ? Timestamp(i) / 1000 * 1000 : Timestamp(i), reader.Current.Timestamp);
            Assert.Equal(LinkType.Ethernet, reader.Current.LinkType);
        }

        Assert.False(reader.Read());
        Assert.Equal(300, reader.PacketCount);

        static long Timestamp(int i) => 1_700_000_000_123_456_789 + (i * 1_000_000_007L);
    }

    [Fact]
    public void Several_interfaces_keep_their_names_and_link_types()
    {
        var stream = new MemoryStream();
        using (var writer = CaptureWriter.Create(stream,
            [new(LinkType.Ethernet, 0, "lan"), new(LinkType.Raw, 100, "wide area")], leaveOpen: true))
        {
            writer.Write(1, [1, 2, 3], networkInterface: 1);
            writer.Write(2, [4], networkInterface: 0);
            Assert.Throws<ArgumentOutOfRangeException>(() => writer.Write(3, [5], networkInterface: 2));
        }

        stream.Position = 0;
        using var reader = CaptureReader.Open(stream);
        Assert.True(reader.Read());
        Assert.Equal((1, LinkType.Raw), (reader.Current.Interface, reader.Current.LinkType));
        Assert.True(reader.Read());
        Assert.Equal((0, LinkType.Ethernet), (reader.Current.Interface, reader.Current.LinkType));
        Assert.Equal(["lan", "wide area"], reader.Interfaces.Select(described => described.Name));
    }

    [Theory]
    [InlineData(false, 0xA1B2C3D4u, 5_000_001_000L)]
    [InlineData(true, 0xA1B2C3D4u, 5_000_001_000L)]
    [InlineData(false, 0xA1B23C4Du, 5_000_000_001L)]
    [InlineData(true, 0xA1B23C4Du, 5_000_000_001L)]
    public void The_classic_format_is_read_in_both_byte_orders(bool big, uint magic, long timestamp)
    {
        var file = new Bytes(big).U32(magic).U16(2).U16(4).U32(0).U32(0).U32(65535).U32(1)
            .U32(5).U32(1).U32(3).U32(9).Raw(7, 8, 9);
        using var reader = CaptureReader.Open(file.ToStream());
        Assert.True(reader.Read());
        Assert.Equal(new CaptureRecord(timestamp, 9, 0, LinkType.Ethernet, 24), reader.Current);
        Assert.Equal([7, 8, 9], reader.Data.ToArray());
        Assert.False(reader.Read());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_block_of_the_newer_format_is_read_in_both_byte_orders(bool big)
    {
        var file = new Bytes(big).Section()
            .Block(1, b => b.U16(1).U16(0).U32(6))                                       // microseconds by default
            .Block(1, b => b.U16(1).U16(0).U32(0).U16(9).U16(1).Raw(0x8A, 0, 0, 0)       // 2^-10 s
                .U16(14).U16(8).U64(100).U16(0).U16(0))                                  // and 100 s later
            .Block(0x0BAD, b => b.Raw(1, 2, 3, 4, 5, 6, 7, 8))
            .Block(6, b => b.U32(0).U32(0).U32(7).U32(3).U32(3).Raw(1, 2, 3, 0))
            .Block(6, b => b.U32(1).U32(0).U32(512).U32(2).U32(60).Raw(4, 5, 0, 0).U16(2).U16(4).U32(1).U16(0).U16(0))
            .Block(2, b => b.U16(0).U16(3).U32(1).U32(0).U32(1).U32(1).Raw(6, 0, 0, 0))
            .Block(3, b => b.U32(9).Raw(1, 2, 3, 4, 5, 6, 0, 0));
        // a second section in the other byte order knows no interface of the first
        file.Append(new Bytes(!big).Section().Block(1, b => b.U16(101).U16(0).U32(0).U16(9).U16(1).Raw(9, 0, 0, 0))
            .Block(6, b => b.U32(0).U32(0).U32(77).U32(1).U32(1).Raw(8, 0, 0, 0)));
        using var reader = CaptureReader.Open(file.ToStream());
        Expect(7_000, 3, 0, LinkType.Ethernet, [1, 2, 3]);
        Expect(100_500_000_000, 60, 1, LinkType.Ethernet, [4, 5]);
        Expect(4_294_967_296_000, 1, 0, LinkType.Ethernet, [6]);
        Expect(4_294_967_296_000, 9, 0, LinkType.Ethernet, [1, 2, 3, 4, 5, 6]);
        Expect(77, 1, 0, LinkType.Raw, [8]);
        Assert.False(reader.Read());

        void Expect(long timestamp, int originalLength, int networkInterface, LinkType linkType, byte[] data)
        {
            Assert.True(reader.Read());
            Assert.Equal((timestamp, originalLength, networkInterface, linkType),
                (reader.Current.Timestamp, reader.Current.OriginalLength, reader.Current.Interface, reader.Current.LinkType));
            Assert.Equal(data, reader.Data.ToArray());
        }
    }

    [Theory]
    [InlineData(CaptureFormat.Pcap)]
    [InlineData(CaptureFormat.Pcapng)]
    public void A_file_cut_anywhere_says_where_and_how_many_packets_are_whole(CaptureFormat format)
    {
        var stream = new MemoryStream();
        var ends = new List<long>();
        using (var writer = CaptureWriter.Create(stream, format, leaveOpen: true))
        {
            writer.Flush();
            ends.Add(stream.Length);
            for (var i = 0; i < 3; i++)
            {
                writer.Write(i, Station.Pattern(33, i));
                writer.Flush();
                ends.Add(stream.Length);
            }
        }

        var whole = stream.ToArray();
        for (var length = 0; length < whole.Length; length++)
        {
            var packets = ends.Count(end => end <= length) - 1;
            if (packets >= 0 && ends.Contains(length))
            {
                Assert.Equal(packets, Count(whole[..length]));
            }
            else if (format == CaptureFormat.Pcapng && length == 28)
            {
                // a section without an interface is whole
                Assert.Equal(0, Count(whole[..length]));
            }
            else
            {
                var exception = Assert.Throws<CaptureFormatException>(() => Count(whole[..length]));
                Assert.Equal(Math.Max(0, packets), exception.WholePackets);
                Assert.True(exception.Offset <= length);
                Assert.True(packets <= 0 || exception.Offset == ends[packets]);
            }
        }
    }

    [Fact]
    public void Damaged_files_are_refused_with_the_place()
    {
        Refuse("neither pcap nor pcapng", 0, new Bytes(false).U32(0x12345678));
        Refuse("pcap version 3", 0, new Bytes(false).U32(0xA1B2C3D4).U16(3).U16(4).U32(0).U32(0).U32(65535).U32(1));
        Refuse("bytes of it were captured", 24,
            new Bytes(false).U32(0xA1B2C3D4).U16(2).U16(4).U32(0).U32(0).U32(65535).U32(1).U32(0).U32(0).U32(0x7000_0000).U32(1));
        Refuse("byte-order magic", 0, new Bytes(false).U32(0x0A0D0D0A).U32(28).U32(0).U32(0));
        Refuse("pcapng version 9", 0, new Bytes(false).U32(0x0A0D0D0A).U32(28).U32(0x1A2B3C4D).U16(9).U16(0).U64(0).U32(28));
        Refuse("which it cannot be", 28, new Bytes(false).Section().U32(1).U32(13));
        Refuse("unlike its first", 28, new Bytes(false).Section().U32(99).U32(12).U32(16));
        Refuse("of interface 0", 28, new Bytes(false).Section().Block(6, b => b.U32(0).U32(0).U32(0).U32(0).U32(0)));
        Refuse("longer than its block", 48,
            new Bytes(false).Section().Block(1, b => b.U16(1).U16(0).U32(0)).Block(6, b => b.U32(0).U32(0).U32(0).U32(9).U32(9)));
        Refuse("no clock has", 28, new Bytes(false).Section().Block(1, b => b.U16(1).U16(0).U32(0).U16(9).U16(1).Raw(99, 0, 0, 0)));
        Refuse("beyond what nanoseconds can say", 48,
            new Bytes(false).Section().Block(1, b => b.U16(1).U16(0).U32(0)).Block(6, b => b.U32(0).U32(0x7FFF_FFFF).U32(0).U32(0).U32(0)));

        static void Refuse(string because, long offset, Bytes file)
        {
            var exception = Assert.Throws<CaptureFormatException>(() => Count(file.ToStream().ToArray()));
            Assert.Contains(because, exception.Message, StringComparison.Ordinal);
            Assert.Equal(offset, exception.Offset);
        }
    }

    [Fact]
    public void Random_damage_never_gives_another_exception()
    {
        var stream = new MemoryStream();
        using (var writer = CaptureWriter.Create(stream, CaptureFormat.Pcapng, leaveOpen: true))
        {
            for (var i = 0; i < 10; i++)
            {
                writer.Write(i, Station.Pattern(40, i), direction: CaptureDirection.Inbound);
            }
        }

        var random = new Random(17);
        var damaged = 0;
        for (var run = 0; run < 5000; run++)
        {
            var file = stream.ToArray();
            for (var flips = random.Next(1, 4); flips > 0; flips--)
            {
                file[random.Next(file.Length)] ^= (byte)(1 << random.Next(8));
            }

            try
            {
                Count(file);
            }
            catch (CaptureFormatException)
            {
                damaged++;
            }
        }

        Assert.True(damaged > 100);
    }

    [Fact]
    public void Real_captures_are_read_and_written_back_byte_for_byte()
    {
        var files = Directory.GetFiles(Requires.Captures(), "*.pcap");
        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            var original = File.ReadAllBytes(file);
            using var reader = CaptureReader.Open(new MemoryStream(original));
            var copy = new MemoryStream();
            using var writer = CaptureWriter.Create(copy, reader.Format, reader.Interfaces[0].LinkType, reader.Interfaces[0].SnapLength, leaveOpen: true);
            while (reader.Read())
            {
                writer.Write(reader.Current.Timestamp, reader.Data, reader.Current.OriginalLength);
            }

            writer.Flush();
            Assert.True(original.AsSpan().SequenceEqual(copy.ToArray()), $"{Path.GetFileName(file)} came back different.");
        }
    }

    [Fact]
    public void Real_captures_in_the_newer_format_of_another_writer_hold_the_same_packets()
    {
        Requires.Tool("editcap");
        foreach (var file in Directory.GetFiles(Requires.Captures(), "*.pcap"))
        {
            var converted = Path.GetTempFileName();
            try
            {
                using (var process = System.Diagnostics.Process.Start("editcap", ["-F", "pcapng", file, converted]))
                {
                    process.WaitForExit();
                    Assert.Equal(0, process.ExitCode);
                }

                using CaptureReader one = CaptureReader.Open(file), other = CaptureReader.Open(converted);
                Assert.Equal(CaptureFormat.Pcapng, other.Format);
                while (one.Read())
                {
                    Assert.True(other.Read());
                    Assert.Equal(one.Current with { Offset = 0 }, other.Current with { Offset = 0 });
                    Assert.True(one.Data.SequenceEqual(other.Data));
                }

                Assert.False(other.Read());
            }
            finally
            {
                File.Delete(converted);
            }
        }
    }

    [Fact]
    public void Another_reader_sees_the_same_in_what_we_write()
    {
        Requires.Tool("tshark");
        var file = Path.GetTempFileName();
        try
        {
            using (var writer = CaptureWriter.Create(File.Create(file), [new(LinkType.Ethernet, 0, "first"), new(LinkType.Ethernet, 0, "second")]))
            {
                writer.Write(1_700_000_000_000_000_001, Station.Pattern(60, 1), networkInterface: 1, direction: CaptureDirection.Outbound);
                writer.Write(1_700_000_001_999_999_999, Station.Pattern(61, 2), originalLength: 70);
            }

            var start = new System.Diagnostics.ProcessStartInfo("tshark",
                ["-r", file, "-T", "fields", "-e", "frame.time_epoch", "-e", "frame.len", "-e", "frame.cap_len", "-e", "frame.interface_name", "-e", "frame.packet_flags_direction"])
            {
                RedirectStandardOutput = true, RedirectStandardError = true,
            };
            using var process = System.Diagnostics.Process.Start(start)!;
            var lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal("1700000000.000000001\t60\t60\tsecond\t0x00000002", lines[0]);
            Assert.Equal("1700000001.999999999\t70\t61\tfirst", lines[1].TrimEnd());
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static int Count(byte[] file)
    {
        using var reader = CaptureReader.Open(new MemoryStream(file));
        var count = 0;
        while (reader.Read())
        {
            count++;
        }

        return count;
    }

    /// <summary>A file written by hand in either byte order.</summary>
    private sealed class Bytes(bool isBigEndian)
    {
        private readonly List<byte> bytes = [];

        public Bytes U16(int value) => Put(value, 2);

        public Bytes U32(uint value) => Put(value, 4);

        public Bytes U64(long value) => Put(value, 8);

        public Bytes Raw(params byte[] raw)
        {
            bytes.AddRange(raw);
            return this;
        }

        public Bytes Append(Bytes other) => Raw([.. other.bytes]);

        public Bytes Section() => Block(0x0A0D0D0A, b => b.U32(0x1A2B3C4D).U16(1).U16(0).U64(-1));

        public Bytes Block(uint type, Action<Bytes> body)
        {
            var inner = new Bytes(isBigEndian);
            body(inner);
            var length = (uint)inner.bytes.Count + 12;
            return U32(type).U32(length).Append(inner).U32(length);
        }

        public MemoryStream ToStream() => new([.. bytes]);

        private Bytes Put(long value, int length)
        {
            Span<byte> whole = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(whole, value);
            whole = whole[..length];
            if (isBigEndian)
            {
                whole.Reverse();
            }

            bytes.AddRange(whole);
            return this;
        }
    }
}
