using System.Buffers.Binary;
using Millrace.Headers;
using Millrace.Memory;
using Millrace.Testing;
using Millrace.Testing.Traffic;

namespace Millrace.Stack.Tests.Interfaces;

/// <summary>
/// Bursts that are ordinary only in part: what is turned round eight at once, one by one and by the loop leaves as if the loop had done it
/// all, in the same bytes, order and accounts.
/// </summary>
public sealed class BurstTests : IDisposable
{
    private const int Longest = 70;
    private const int Kinds = 24;

    private readonly Router bursts = new((wan, lan) => new BurstStack(new() { WanNic = wan, LanNic = lan, Entropy = new Entropy(1, 2) }));
    private readonly Router singles = new((wan, lan) => new SingleStack(new() { WanNic = wan, LanNic = lan, Entropy = new Entropy(1, 2) }));
    private readonly Random random = new(7);

    [Fact]
    public void One_unusual_packet_at_every_place_of_every_burst()
    {
        var kind = 0;
        for (var length = 1; length <= Longest; length++)
        {
            for (var place = 0; place < length; place++)
            {
                Run(Burst(length, at => at == place ? 1 + (kind++ % (Kinds - 1)) : 0));
            }
        }

        Assert.True(singles.Forwarded > 50_000);
        Assert.All(Enum.GetValues<DropReason>().Where(reason => singles.Stack.Ledger.IngressDrops(reason) > 0), reason => Assert.NotEqual(DropReason.FullRing, reason));
    }

    [Fact]
    public void Several_unusual_packets_in_a_burst()
    {
        for (var round = 0; round < 600; round++)
        {
            var one = random.Next(1, 40);
            Run(Burst(random.Next(1, 200), _ => random.Next(one) == 0 ? random.Next(Kinds) : 0));
        }
    }

    [Fact]
    public void Every_kind_of_packet_in_bursts_of_its_own()
    {
        for (var kind = 0; kind < Kinds; kind++)
        {
            foreach (var length in (int[])[1, 7, 8, 9, 16, 63, 64, 65, 130])
            {
                Run(Burst(length, _ => kind));
            }
        }
    }

    [Fact]
    public void Every_value_of_the_checksum()
    {
        // the identification takes the checksum through all its values, and the carry of the time to live with it
        var frames = new List<byte[]>();
        for (var identification = 0; identification <= ushort.MaxValue; identification++)
        {
            frames.Add(Frame(0x1401_0001, (ushort)identification));
            if (frames.Count == 128)
            {
                Run(frames);
                frames.Clear();
            }
        }
    }

    [Fact]
    public void Any_bit_flipped_in_any_packet_of_eight()
    {
        for (var bit = 0; bit < 8 * (EthernetHeader.Length + Ipv4Header.Length); bit++)
        {
            var frames = Burst(16, _ => 0);
            frames[bit % 16][bit / 8] ^= (byte)(1 << (bit % 8));
            Run(frames);
        }
    }

    private List<byte[]> Burst(int length, Func<int, int> kindAt)
    {
        var frames = new List<byte[]>();
        for (var at = 0; at < length; at++)
        {
            frames.Add(Make(kindAt(at)));
        }

        return frames;
    }

    private byte[] Make(int kind)
    {
        var frame = Frame(Destination(), (ushort)random.Next(65_536), payload: random.Next(0, 40));
        var header = frame.AsSpan(EthernetHeader.Length);
        switch (kind)
        {
            case 1: header[8] = 1; break;
            case 2: header[8] = 0; break;
            case 3: header[10] ^= 1; return frame;
            case 4: frame = [.. frame[..(EthernetHeader.Length + 20)], 1, 1, 1, 0, .. frame[(EthernetHeader.Length + 20)..]]; frame[EthernetHeader.Length] = 0x46; return Seal(frame, 24, frame.Length - EthernetHeader.Length);
            case 5: frame[0] = 0x01; return frame;
            case 6: frame[5] ^= 0x40; return frame;
            case 7: frame[13] = 0x06; return frame;
            case 8: header[0] = 0x55; break;
            case 9: return Seal(frame, 20, frame.Length - EthernetHeader.Length + 1);
            case 10: return Seal(frame, 20, 19);
            case 11: return Seal([.. frame, 0, 0, 0, 0, 0, 0, 0], 20, frame.Length - EthernetHeader.Length);
            case 12: Source(header, 0x7F00_0001); break;
            case 13: Source(header, 0xE000_0001); break;
            case 14: Source(header, 0x0A00_0001); break;
            case 15: Source(header, 0x0A01_01FF); break;
            case 16: Source(header, 0x0000_0005); break;
            case 17: return Frame(0x0A00_0001, 5);
            case 18: return Frame(0x0A01_0100 + (uint)random.Next(2, 250), 6);
            case 19: return Frame(0x1E00_0001, 7);
            case 20: return Frame(0x1402_0001, 8);
            case 21: return Frame(0x1403_0001, 9);
            case 22: return frame[..random.Next(1, EthernetHeader.Length + 20)];
            // of several frames
            case 23: return Frame(Destination(), 10, payload: 300);
        }

        return Seal(frame, 20, frame.Length - EthernetHeader.Length);
    }

    private uint Destination() => (uint[])[0x1400_0001, 0x1401_0000, 0x1401_0205, 0x1401_0281] is var networks ? networks[random.Next(4)] + (uint)random.Next(4) : 0;

    private static void Source(Span<byte> header, uint address) => BinaryPrimitives.WriteUInt32BigEndian(header[12..], address);

    private static byte[] Frame(uint destination, ushort identification, int payload = 8)
    {
        var frame = new byte[EthernetHeader.Length + Ipv4Header.Length + payload];
        EthernetHeader.Write(frame, TwinMacs.Wan, TwinMacs.Sender, EtherType.Ipv4);
        Ipv4Header.Write(frame.AsSpan(EthernetHeader.Length), (byte)identification, Ipv4Header.Length + payload, identification, 0, 64, (IpProtocol)99, 0x0909_0909, destination);
        for (var i = 0; i < payload; i++)
        {
            frame[EthernetHeader.Length + Ipv4Header.Length + i] = (byte)(identification + i);
        }

        return frame;
    }

    /// <summary>Writes total length and checksum.</summary>
    private static byte[] Seal(byte[] frame, int headerLength, int totalLength)
    {
        var header = frame.AsSpan(EthernetHeader.Length, headerLength);
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], (ushort)totalLength);
        header[10] = header[11] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(header[10..], InternetChecksum.Compute(header));
        return frame;
    }

    private void Run(List<byte[]> frames)
    {
        bursts.Run(frames);
        singles.Run(frames);
        Assert.Equal(singles.Take(), bursts.Take());
        Assert.Equal(singles.Accounts(), bursts.Accounts());
    }

    public void Dispose()
    {
        bursts.Dispose();
        singles.Dispose();
    }

    private static class TwinMacs
    {
        public static MacAddress Wan => new(0x02_00_00_00_00_01);

        public static MacAddress Lan => new(0x02_00_00_00_00_02);

        public static MacAddress Sender => new(0x02_00_00_00_00_77);
    }

    /// <summary>A stack whose gateways are known, and what it sends.</summary>
    private sealed class Router : IDisposable
    {
        private readonly ScriptedNic wan = new(TwinMacs.Wan, Nics.NicFeatures.None, ringSize: 512) { SplitAt = 256 };
        private readonly ScriptedNic lan = new(TwinMacs.Lan, Nics.NicFeatures.None, ringSize: 512);
        private readonly List<string> sent = [];
        private long now;

        public Router(Func<ScriptedNic, ScriptedNic, INetworkStack> make)
        {
            Stack = make(wan, lan);
            wan.Sent = packet => sent.Add("wan " + Convert.ToHexString(packet.Bytes));
            lan.Sent = packet => sent.Add("lan " + Convert.ToHexString(packet.Bytes));
            Learn(lan, 1, TwinMacs.Lan, 0x0A01_0101, 0x0A01_0114, 0x1400_0001);
            Learn(lan, 1, TwinMacs.Lan, 0x0A01_0101, 0x0A01_0115, 0x1401_0001);
            Learn(lan, 1, TwinMacs.Lan, 0x0A01_0101, 0x0A01_0116, 0x1401_0201);
            Learn(wan, 0, TwinMacs.Wan, 0x0A00_0001, 0x0A00_0017, 0x1401_0281);
            sent.Clear();
        }

        public INetworkStack Stack { get; }

        public long Forwarded => Stack.Ledger.Forwarded;

        public void Run(List<byte[]> frames)
        {
            foreach (var frame in frames)
            {
                wan.Inject(frame);
            }

            // time passes as fast as limits of ICMP grow again
            Assert.Equal(frames.Count, Stack.Poll(0, 0, now += 100_000));
            Stack.Poll(1, 0, now);
            LedgerAssert.Balanced(Stack);
        }

        public List<string> Take()
        {
            var taken = sent.ToList();
            sent.Clear();
            return taken;
        }

        public IEnumerable<string> Accounts()
        {
            var ledger = Stack.Ledger;
            yield return $"{ledger.Received} {ledger.Delivered} {ledger.Consumed} {ledger.Forwarded} {ledger.Created} {ledger.Transmitted} {Stack.HeldIngress} {Stack.HeldEgress}";
            foreach (var reason in Enum.GetValues<DropReason>())
            {
                yield return $"{reason} {ledger.IngressDrops(reason)} {ledger.EgressDrops(reason)}";
            }

            foreach (var share in Enum.GetValues<Share>())
            {
                yield return $"{share} {Stack.Arena.Used(share)}";
            }
        }

        public void Dispose() => Stack.Dispose();

        /// <summary>Lets the stack ask for a gateway, and answers.</summary>
        private void Learn(ScriptedNic nic, int networkInterface, MacAddress own, uint ownAddress, uint gateway, uint behind)
        {
            wan.Inject(Frame(behind, 1));
            Stack.Poll(0, 0, now += 1_000_000);
            var answer = new byte[EthernetHeader.Length + ArpHeader.Length];
            var mac = new MacAddress(0x02_00_00_00_03_00UL + (gateway & 0xFF));
            EthernetHeader.Write(answer, own, mac, EtherType.Arp);
            ArpHeader.Write(answer.AsSpan(EthernetHeader.Length), ArpOpcode.Reply, mac, gateway, own, ownAddress);
            nic.Inject(answer);
            Stack.Poll(networkInterface, 0, now += 1_000_000);
            Assert.Contains(sent, packet => packet.Contains(Convert.ToHexString(Frame(behind, 1).AsSpan(EthernetHeader.Length + 12)), StringComparison.Ordinal));
        }
    }
}
