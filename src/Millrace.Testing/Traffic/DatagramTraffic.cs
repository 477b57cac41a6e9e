using Millrace.Testing.Packets;

namespace Millrace.Testing.Traffic;

/// <summary>UDP to open and closed ports, with right, absent and wrong checksums, IP options and odd sizes.</summary>
public sealed class UdpTraffic(TrafficTarget target) : ITrafficSource
{
    public void Next(TrafficRandom random, long now, IList<byte[]> frames)
    {
        for (var left = random.Between(1, 4); left > 0; left--)
        {
            frames.Add(One(random));
        }
    }

    private byte[] One(TrafficRandom random)
    {
        var path = target.FromAny(random);
        path = path with
        {
            Network = new Ipv4Datagram
            {
                Ttl = (byte)(random.Chance(5) ? random.Next(3) : 64),
                Id = (ushort)random.NextUInt32(),
                DontFragment = random.Chance(50),
                Options = random.Chance(5) ? IpOptions(random) : [],
            },
        };
        var open = target.UdpPorts.Count > 0 && random.Chance(80);
        var message = new UdpMessage
        {
            SourcePort = (ushort)random.Between(1024, 65535),
            DestinationPort = open ? random.Pick(target.UdpPorts) : (ushort)random.Between(1, 65535),
            Payload = random.Bytes(random.Chance(10) ? random.Between(1000, 1400) : random.Next(80)),
            Checksum = random.Next(20) switch { 0 => 0, 1 => (ushort)random.NextUInt32(), _ => null },
            Length = random.Chance(3) ? (ushort)random.Next(100) : null,
        };
        return path.Frame(message);
    }

    /// <summary>Router alert, record route, timestamps, no-operations, or something malformed.</summary>
    public static byte[] IpOptions(TrafficRandom random) => random.Next(5) switch
    {
        0 => [148, 4, 0, 0],
        1 => [7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        2 => [1, 1, 1, 0],
        3 => [68, 12, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        _ => random.Bytes(random.Between(1, 40)),
    };
}

/// <summary>Echo requests, stray replies and errors, some about packets that were never sent.</summary>
public sealed class IcmpTraffic(TrafficTarget target) : ITrafficSource
{
    private ushort sequence;

    public void Next(TrafficRandom random, long now, IList<byte[]> frames)
    {
        var path = target.FromAny(random);
        var message = random.Next(10) switch
        {
            < 6 => IcmpMessage.Echo((ushort)random.Next(4), sequence++, random.Bytes(random.Chance(10) ? random.Next(1473) : 56)),
            6 => new IcmpMessage { Type = IcmpMessage.EchoReply, Rest = random.NextUInt32(), Payload = random.Bytes(8) },
            7 => new IcmpMessage { Type = (byte)random.Next(256), Code = (byte)random.Next(256), Payload = random.Bytes(random.Next(64)) },
            _ => Error(random, path),
        };
        frames.Add(path.Frame(random.Chance(5) ? message with { Checksum = (ushort)random.NextUInt32() } : message));
    }

    private IcmpMessage Error(TrafficRandom random, PacketPath path)
    {
        var about = random.Chance(50)
            ? path.Reverse.Datagram(new TcpSegment
            {
                SourcePort = target.TcpPorts.Count > 0 ? random.Pick(target.TcpPorts) : (ushort)80,
                DestinationPort = (ushort)random.Between(4000, 4016), Sequence = random.NextUInt32(),
            })
            : path.Reverse.Datagram(new UdpMessage { SourcePort = (ushort)random.Between(1, 65535), DestinationPort = 53 });
        var (type, code) = random.Next(4) switch
        {
            0 => (IcmpMessage.TimeExceeded, (byte)random.Next(2)),
            1 => (IcmpMessage.ParameterProblem, (byte)0),
            _ => (IcmpMessage.DestinationUnreachable, (byte)random.Next(16)),
        };
        return IcmpMessage.Error(type, code, (uint)random.Next(2000), about.ToBytes());
    }
}

/// <summary>Questions and answers of ARP: right, unasked, conflicting with the stack's own address, malformed.</summary>
public sealed class ArpTraffic(TrafficTarget target) : ITrafficSource
{
    /// <summary>Neighbours from this number on never answer.</summary>
    public int SilentFrom { get; init; } = int.MaxValue;

    private readonly List<byte[]> answers = [];

    public void Next(TrafficRandom random, long now, IList<byte[]> frames)
    {
        foreach (var answer in answers)
        {
            frames.Add(answer);
        }

        answers.Clear();
        if (random.Chance(20))
        {
            frames.Add(Unasked(random));
        }
    }

    /// <summary>A question of the stack is answered by the neighbour who was asked, at the next poll.</summary>
    public void Observe(Dissection frame, long now)
    {
        ArgumentNullException.ThrowIfNull(frame);
        if (frame.Arp is { Operation: ArpMessage.Request } request && target.PeerAt(request.TargetAddress) is var peer and >= 0
            && peer < SilentFrom)
        {
            answers.Add(target.From(peer).ArpReply());
        }
    }

    private byte[] Unasked(TrafficRandom random)
    {
        var path = target.FromAny(random);
        var message = new ArpMessage
        {
            Operation = random.Next(8) switch { < 4 => ArpMessage.Request, < 7 => ArpMessage.Reply, _ => (ushort)random.NextUInt32() },
            SenderMac = random.Chance(10) ? random.NextUInt64() >> 16 : path.SourceMac,
            SenderAddress = random.Chance(10) ? target.Address : path.Source,
            TargetAddress = random.Chance(70) ? target.Address : path.Source,
            HardwareType = random.Chance(5) ? (ushort)random.NextUInt32() : (ushort)1,
            HardwareLength = random.Chance(5) ? (byte)random.Next(256) : (byte)6,
            ProtocolLength = random.Chance(5) ? (byte)random.Next(256) : (byte)4,
        };
        return new EthernetFrame
        {
            Destination = random.Chance(60) ? 0xFFFF_FFFF_FFFF : target.Mac, Source = path.SourceMac,
            EtherType = EthernetFrame.TypeArp, Payload = message.ToBytes(), Pad = random.Chance(80),
        }.ToBytes();
    }
}
