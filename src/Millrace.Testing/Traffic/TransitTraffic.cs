using Millrace.Testing.Packets;

namespace Millrace.Testing.Traffic;

/// <summary>
/// Packets of neighbours that are for others: for each other, for hosts behind a gateway, and for addresses that no router sends
/// to; with short lives, options, and in fragments.
/// </summary>
public sealed class TransitTraffic(TrafficTarget target) : ITrafficSource
{
    private static readonly uint[] NobodysAddresses =
    [
        0x7F00_0001, 0x0000_0001, 0xA9FE_0101, 0xEF01_0203, 0xE000_0001, 0xFFFF_FFFF,
    ];

    private uint sequence = 1;

    public void Next(TrafficRandom random, long now, IList<byte[]> frames)
    {
        var path = target.FromAny(random);
        path = path with
        {
            Destination = random.Next(20) switch
            {
                < 10 => target.From(random.Next(target.PeerCount)).Source,
                < 17 => 0x0A01_0000 | (uint)random.Next(64),
                17 => target.Address | 0xFF,
                _ => random.Pick(NobodysAddresses),
            },
            Network = new Ipv4Datagram
            {
                Ttl = (byte)(random.Chance(10) ? random.Next(3) : random.Between(2, 255)),
                Id = (ushort)random.NextUInt32(),
                DontFragment = random.Chance(50),
                TypeOfService = (byte)random.NextUInt32(),
                Options = random.Chance(5) ? UdpTraffic.IpOptions(random) : [],
            },
        };
        if (random.Chance(20))
        {
            Burst(random, path, frames);
            return;
        }

        var datagram = path.Datagram(new UdpMessage
        {
            SourcePort = (ushort)random.Between(1024, 65535), DestinationPort = 53, Payload = random.Bytes(random.Next(1400)),
        });
        // a group's datagram would be put together by the router itself
        var isForOneHost = path.Destination >> 24 == 10 && (path.Destination & 0xFF) != 0xFF;
        if (isForOneHost && random.Chance(10))
        {
            foreach (var fragment in datagram.Fragment(512))
            {
                frames.Add(path.Frame(fragment));
            }

            return;
        }

        frames.Add(path.Frame(datagram));
    }

    /// <summary>Segments of a flow, which GRO merges.</summary>
    private void Burst(TrafficRandom random, PacketPath path, IList<byte[]> frames)
    {
        for (var left = random.Between(2, 5); left > 0; left--)
        {
            var payload = random.Bytes(1000);
            frames.Add(path.Frame(new TcpSegment
            {
                SourcePort = 4000, DestinationPort = 80, Sequence = sequence, Acknowledgement = 1, Flags = SegmentFlags.Ack, Window = 1000, Payload = payload,
            }));
            sequence += (uint)payload.Length;
        }
    }
}
