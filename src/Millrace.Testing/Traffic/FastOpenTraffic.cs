using Millrace.Testing.Packets;

namespace Millrace.Testing.Traffic;

/// <summary>
/// Clients of Fast Open (RFC 7413): they ask for cookies, send data with right and wrong ones on their SYNs, and end the
/// handshake, repeat the SYN, reset, or say nothing more.
/// </summary>
public sealed class FastOpenTraffic(TrafficTarget target) : ITrafficSource
{
    private const uint FirstSequence = 0x5000_0000;
    private const int CookieLength = 8;

    private readonly Dictionary<uint, byte[]> cookies = [];
    private readonly List<(int Peer, TcpSegment Answer)> answers = [];

    /// <summary>SYN-ACKs seen that acknowledge data.</summary>
    public int AcceptedCount { get; private set; }

    public void Next(TrafficRandom random, long now, IList<byte[]> frames)
    {
        foreach (var (peer, answer) in answers)
        {
            Answer(random, target.From(peer), answer, frames);
        }

        answers.Clear();
        var from = random.Next(target.PeerCount);
        frames.Add(target.From(from).Frame(Syn(random, from)));
    }

    public void Observe(Dissection frame, long now)
    {
        ArgumentNullException.ThrowIfNull(frame);
        if (frame is not { Tcp: { } segment, Ip: { } ip } || ip.Source != target.Address || target.PeerAt(ip.Destination) is not (>= 0 and var peer)
            || (segment.Flags & (SegmentFlags.Syn | SegmentFlags.Ack)) != (SegmentFlags.Syn | SegmentFlags.Ack)
            || segment.Acknowledgement - FirstSequence is < 1 or > 2000)
        {
            return;
        }

        var cookie = TcpOption.Find(segment.Options, TcpOption.KindFastOpen, 2 + CookieLength);
        if (cookie >= 0)
        {
            cookies[ip.Destination] = segment.Options[(cookie + 2)..(cookie + 2 + CookieLength)];
        }

        AcceptedCount += segment.Acknowledgement - FirstSequence > 1 ? 1 : 0;
        answers.Add((peer, segment));
    }

    private TcpSegment Syn(TrafficRandom random, int peer)
    {
        byte[] option = random.Next(10) switch
        {
            0 => [],
            1 => TcpOption.FastOpen(random.Bytes(random.Next(19))),
            2 => TcpOption.Raw(254, [0xF9, 0x89, .. random.Bytes(random.Next(17))]),
            3 => TcpOption.FastOpen([]),
            _ => cookies.TryGetValue(target.From(peer).Source, out var cookie) ? TcpOption.FastOpen(cookie) : TcpOption.FastOpen([]),
        };
        byte[] options = [.. TcpOption.Mss(1460), .. option];
        return new TcpSegment
        {
            SourcePort = (ushort)random.Between(5000, 5100),
            DestinationPort = random.Pick(target.TcpPorts),
            Sequence = FirstSequence,
            Flags = random.Chance(3) ? SegmentFlags.Syn | SegmentFlags.Fin : SegmentFlags.Syn,
            Options = [.. options, .. new byte[(4 - (options.Length % 4)) % 4]],
            Payload = random.Bytes(random.Chance(20) ? 0 : random.Next(1400)),
        };
    }

    private static void Answer(TrafficRandom random, PacketPath path, TcpSegment answer, IList<byte[]> frames)
    {
        var reply = new TcpSegment
        {
            SourcePort = answer.DestinationPort,
            DestinationPort = answer.SourcePort,
            Sequence = answer.Acknowledgement,
            Acknowledgement = answer.Sequence + 1,
            Flags = SegmentFlags.Ack,
        };
        switch (random.Next(8))
        {
            case 0:
                break;
            case 1:
                frames.Add(path.Frame(reply with { Flags = SegmentFlags.Rst }));
                break;
            case 2:
                frames.Add(path.Frame(reply with { Sequence = FirstSequence, Flags = SegmentFlags.Syn, Payload = random.Bytes(random.Next(100)) }));
                break;
            case 3:
                frames.Add(path.Frame(reply with { Acknowledgement = answer.Sequence + random.NextUInt32() % 3 }));
                break;
            default:
                frames.Add(path.Frame(reply with
                {
                    Flags = SegmentFlags.Ack | SegmentFlags.Psh | (random.Chance(50) ? SegmentFlags.Fin : 0),
                    Payload = random.Bytes(random.Next(500)),
                }));
                break;
        }
    }
}
