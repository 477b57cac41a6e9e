using Millrace.Headers;

namespace Millrace.Tests.Ip;

/// <summary>Whatever comes from the wire is a verdict: nothing throws, no frame is lost, the books balance.</summary>
public sealed class FuzzTests
{
    private static readonly byte[][] Corpus =
    [
        Wire.Ethernet(Wire.Ipv4(Wire.Udp(Wire.Bytes(100)))),
        Wire.Ethernet(Wire.Ipv4(Wire.Udp(Wire.Bytes(20), 4000, 7))),
        Wire.Ethernet(Wire.Ipv4(Wire.Udp(Wire.Bytes(20), destinationPort: 99))),
        Wire.Ethernet(Wire.Ipv4(Wire.Icmp(8, 0, 1, Wire.Bytes(56)), protocol: 1)),
        Wire.Ethernet(Wire.Ipv4(Wire.Icmp(3, 4, 1400, Wire.Ipv4(Wire.Bytes(1400), Wire.OwnAddress, Wire.PeerAddress, 6)[..48]), protocol: 1)),
        Wire.Ethernet(Wire.Ipv4(Wire.Bytes(48), protocol: 17, fragment: 0x2000)),
        Wire.Ethernet(Wire.Ipv4(Wire.Bytes(48), protocol: 17, fragment: 0x2006)),
        Wire.Ethernet(Wire.Ipv4(Wire.Bytes(40), protocol: 17, fragment: 0x000C)),
        Wire.Ethernet(Wire.Ipv4(Wire.Bytes(40), options: [7, 7, 4, 0, 0, 0, 0, 0, 1, 1, 1, 0])),
        Wire.Arp(1, Wire.Peer, Wire.PeerAddress, default, Wire.OwnAddress),
        Wire.Arp(2, Wire.Peer, Wire.PeerAddress, Wire.Own, Wire.OwnAddress, Wire.Own),
    ];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Mutated_frames_never_throw_and_never_leak(int seed)
    {
        var random = new Random(seed);
        using var stack = new StackHarness(new Ipv4Options { ReassemblyFrames = 64, Neighbours = 8 }, receive: 64, reserve: 128, sockets: 64);
        for (var i = 0; i < 4000; i++)
        {
            var frame = Mutate(random, Corpus[random.Next(Corpus.Length)]);
            int[] splits = frame.Length > 16 && random.Next(5) == 0 ? [random.Next(1, frame.Length - 1)] : [];
            stack.Receive(frame, splits);
            if (random.Next(8) == 0)
            {
                stack.Advance(random.NextDouble() * 3);
            }

            if (random.Next(16) == 0)
            {
                stack.Flush();
            }
        }

        stack.Flush();
        stack.Advance(100);
        stack.Advance(100);
        stack.Flush();
        Assert.Equal(0, stack.HeldIngress);
    }

    public static IEnumerable<TheoryDataRow<int>> Seeds => Enumerable.Range(1, 12).Select(seed => new TheoryDataRow<int>(seed));

    [Fact]
    public void Every_prefix_of_every_kind_of_frame_is_judged()
    {
        using var stack = new StackHarness();
        foreach (var frame in Corpus)
        {
            for (var length = 0; length <= frame.Length; length++)
            {
                stack.Receive(frame[..length]);
            }

            stack.Flush();
        }

        stack.Advance(60);
        stack.Advance(60);
        stack.Flush();
    }

    private static byte[] Mutate(Random random, byte[] frame)
    {
        var copy = (byte[])frame.Clone();
        for (var i = random.Next(4); i > 0; i--)
        {
            // mostly behind the addresses of Ethernet, or nothing gets further
            copy[random.Next(random.Next(10) == 0 ? 0 : 12, copy.Length)] = (byte)random.Next(256);
        }

        if (random.Next(6) == 0)
        {
            copy = copy[..random.Next(copy.Length)];
        }
        else if (random.Next(6) == 0)
        {
            copy = [.. copy, .. Wire.Bytes(random.Next(1, 60), random.Next(256))];
        }

        // a right checksum, or the tests behind it are never reached
        if (random.Next(4) != 0 && copy.Length >= 34 && copy[12] == 8 && copy[13] == 0)
        {
            var length = Math.Clamp((copy[14] & 15) * 4, 20, copy.Length - 14);
            copy[24] = copy[25] = 0;
            var checksum = Wire.Checksum(copy[14..(14 + length)]);
            copy[24] = (byte)(checksum >> 8);
            copy[25] = (byte)checksum;
        }

        return copy;
    }
}
