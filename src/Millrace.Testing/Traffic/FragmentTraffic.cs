using Millrace.Testing.Packets;

namespace Millrace.Testing.Traffic;

/// <summary>Datagrams in fragments: in order, shuffled, doubled, overlapping, with one missing, or past 65,535 bytes.</summary>
public sealed class FragmentTraffic(TrafficTarget target) : ITrafficSource
{
    private readonly Queue<byte[]> late = new();
    private ushort id;

    public void Next(TrafficRandom random, long now, IList<byte[]> frames)
    {
        for (var left = late.Count > 0 ? random.Next(late.Count + 1) : 0; left > 0; left--)
        {
            frames.Add(late.Dequeue());
        }

        var pieces = Cut(random);
        if (random.Chance(50))
        {
            random.Shuffle<byte[]>(pieces);
        }

        foreach (var piece in pieces)
        {
            if (random.Chance(15))
            {
                late.Enqueue(piece);
            }
            else if (!random.Chance(3))
            {
                frames.Add(piece);
            }

            if (random.Chance(5))
            {
                frames.Add(piece);
            }
        }
    }

    private byte[][] Cut(TrafficRandom random)
    {
        var path = target.FromAny(random) with { Network = new Ipv4Datagram { Id = random.Chance(10) ? (ushort)7 : id++ } };
        var size = random.Next(10) switch { < 5 => random.Between(16, 600), < 9 => random.Between(600, 5000), _ => random.Between(5000, 60000) };
        var datagram = random.Chance(20)
            ? path.Datagram(IcmpMessage.Echo(9, id, random.Bytes(size)))
            : path.Datagram(new UdpMessage
            {
                SourcePort = 5000,
                DestinationPort = target.UdpPorts.Count > 0 && random.Chance(80) ? random.Pick(target.UdpPorts) : (ushort)9,
                Payload = random.Bytes(size),
            });
        var piece = Math.Max(8, Math.Min(target.Mtu - 20, random.Between(size / 8, size)) & ~7);
        var pieces = datagram.Fragment(piece).ToList();
        if (random.Chance(15))
        {
            Spoil(random, pieces);
        }

        return [.. pieces.Select(path.Frame)];
    }

    private static void Spoil(TrafficRandom random, List<Ipv4Datagram> pieces)
    {
        var index = random.Next(pieces.Count);
        var victim = pieces[index];
        pieces[index] = random.Next(7) switch
        {
            0 => victim with { FragmentOffset = Math.Max(0, victim.FragmentOffset - 8) },
            1 => victim with { FragmentOffset = victim.FragmentOffset + 8 },
            2 => victim with { FragmentOffset = 65528 },
            3 => victim with { MoreFragments = !victim.MoreFragments },
            4 => victim with { Payload = victim.Payload[..random.Next(victim.Payload.Length + 1)] },
            5 => victim with { TypeOfService = (byte)random.Next(256) },
            _ => victim with { DontFragment = true },
        };
        if (random.Chance(30))
        {
            pieces.RemoveAt(random.Next(pieces.Count));
        }
    }
}
