using Millrace.Testing.Packets;

namespace Millrace.Testing.Traffic;

/// <summary>
/// Several TCP connections at once: handshakes, bursts that GRO merges, reordering, duplicates, overlaps, window games,
/// half-closes, resets, and segments that are almost valid. Connections that the stack opens are accepted.
/// </summary>
public sealed class TcpTraffic(TrafficTarget target) : ITrafficSource
{
    private readonly Dictionary<(uint Address, ushort Local, ushort Remote), TcpFlow> flows = [];
    private readonly List<TcpFlow> opening = [];
    private readonly List<byte[]> heldBack = [];
    private uint nextAccept = 0x7000_0000;

    /// <summary>Connections at once.</summary>
    public int FlowCount { get; init; } = 6;

    /// <summary>Percent of the steps that send something a well-behaved neighbour would not.</summary>
    public int HostilePercent { get; init; } = 20;

    /// <summary>The connections now, for tests that aim at them.</summary>
    public IReadOnlyCollection<TcpFlow> Flows => flows.Values;

    public void Next(TrafficRandom random, long now, IList<byte[]> frames)
    {
        foreach (var flow in opening)
        {
            frames.Add(flow.Open(now));
        }

        opening.Clear();
        Retire(random, now, frames);
        if (flows.Count < FlowCount && random.Chance(60))
        {
            frames.Add(Open(random, now));
        }

        for (var left = random.Between(1, 3); left > 0 && flows.Count > 0; left--)
        {
            Step(random, flows.Values.ElementAt(random.Next(flows.Count)), now, frames);
        }
    }

    public void Observe(Dissection frame, long now)
    {
        ArgumentNullException.ThrowIfNull(frame);
        if (frame is not { Tcp: { } segment, Ip: { } ip } || ip.Source != target.Address)
        {
            return;
        }

        var key = (ip.Destination, segment.DestinationPort, segment.SourcePort);
        if (flows.TryGetValue(key, out var flow))
        {
            flow.Observe(segment);
        }
        else if ((segment.Flags & (SegmentFlags.Syn | SegmentFlags.Ack)) == SegmentFlags.Syn && flows.Count < 2 * FlowCount
            && target.PeerAt(ip.Destination) is var peer and >= 0)
        {
            flows[key] = new TcpFlow(target.From(peer), segment, nextAccept += 0x0123_4567);
            opening.Add(flows[key]);
        }
    }

    /// <summary>Forgets connections that are over, and some others; mostly the stack is told, so that it has room for new ones.</summary>
    private void Retire(TrafficRandom random, long now, IList<byte[]> frames)
    {
        foreach (var (key, flow) in flows.ToArray())
        {
            if (!flow.IsOver && random.Next(200) != 0)
            {
                continue;
            }

            flows.Remove(key);
            if (flow is { IsOver: false, IsEstablished: true } && random.Chance(90))
            {
                frames.Add(flow.Path.Frame(flow.Segment(flow.SndUna, [], SegmentFlags.Rst, now)));
            }
        }
    }

    private byte[] Open(TrafficRandom random, long now)
    {
        var peer = random.Next(target.PeerCount);
        var path = target.From(peer);
        var local = (ushort)random.Between(4000, 4063);
        var remote = target.TcpPorts.Count > 0 && random.Chance(95) ? random.Pick(target.TcpPorts) : (ushort)random.Between(1, 65535);
        var initial = random.Chance(20) ? uint.MaxValue - (uint)random.Next(50_000) : random.NextUInt32();
        var flow = new TcpFlow(path, local, remote, initial, random.Chance(70), random.Chance(80), (byte)random.Next(15));
        flows[(path.Source, local, remote)] = flow;
        return flow.Open(now);
    }

    private void Step(TrafficRandom random, TcpFlow flow, long now, IList<byte[]> frames)
    {
        if (!flow.IsEstablished)
        {
            if (random.Chance(20))
            {
                frames.Add(flow.Open(now));
            }
        }
        else if (random.Chance(HostilePercent))
        {
            TcpMischief.Step(random, flow, now, frames);
        }
        else
        {
            Behave(random, flow, now, frames);
        }
    }

    private void Behave(TrafficRandom random, TcpFlow flow, long now, IList<byte[]> frames)
    {
        var before = frames.Count;
        switch (random.Next(20))
        {
            case < 9:
                Burst(random, flow, now, frames);
                break;
            case < 12:
                frames.Add(Acknowledge(flow, now));
                break;
            case < 14:
                Retransmit(random, flow, now, frames);
                break;
            case 14:
                flow.Window = random.Next(3) switch { 0 => 0, 1 => (ushort)random.Next(64), _ => 512 };
                frames.Add(Acknowledge(flow, now));
                break;
            case 15:
                frames.Add(flow.Path.Frame(flow.Segment(flow.SndUna - 1, random.Chance(50) ? [0] : [], SegmentFlags.None, now)));
                break;
            case 16 when random.Chance(30):
                frames.Add(flow.Path.Frame(flow.Segment(flow.SndNxt, [], SegmentFlags.Fin, now)));
                flow.SndNxt++;
                break;
            case 17:
                foreach (var frame in heldBack)
                {
                    frames.Add(frame);
                }

                heldBack.Clear();
                break;
            default:
                frames.Add(Acknowledge(flow, now));
                break;
        }

        Disorder(random, frames, before);
    }

    /// <summary>Full segments in order with a short last one, within the window the stack offers.</summary>
    private static void Burst(TrafficRandom random, TcpFlow flow, long now, IList<byte[]> frames)
    {
        var size = random.Chance(70) ? flow.SegmentLength : random.Between(1, flow.SegmentLength);
        for (var left = random.Between(1, 20); left > 0; left--)
        {
            var room = flow.PeerWindow - (uint)(flow.SndNxt - flow.SndUna);
            if (room <= 0)
            {
                return;
            }

            var length = (int)Math.Min(left == 1 ? random.Between(1, size) : size, room);

            var flags = left == 1 || random.Chance(5) ? SegmentFlags.Psh : SegmentFlags.None;
            frames.Add(flow.Path.Frame(flow.Segment(flow.SndNxt, flow.Payload(flow.SndNxt, length), flags, now)));
            flow.SndNxt += (uint)length;
        }
    }

    private static byte[] Acknowledge(TcpFlow flow, long now)
    {
        var gap = flow.HasSack && flow.PeerEnd != flow.RcvNxt;
        byte[] sack = gap ? [TcpOption.KindNop, TcpOption.KindNop, .. TcpOption.Sack((flow.PeerEnd - 1, flow.PeerEnd))] : [];
        return flow.Path.Frame(flow.Segment(flow.SndNxt, [], SegmentFlags.None, now, sack));
    }

    private static void Retransmit(TrafficRandom random, TcpFlow flow, long now, IList<byte[]> frames)
    {
        var sequence = flow.SndUna;
        for (var left = random.Between(1, 5); left > 0 && (int)(flow.SndNxt - sequence) > 0; left--)
        {
            var length = (int)Math.Min((uint)random.Between(1, flow.SegmentLength), flow.SndNxt - sequence);
            frames.Add(flow.Path.Frame(flow.Segment(sequence, flow.Payload(sequence, length), SegmentFlags.Psh, now)));
            sequence += (uint)length;
        }
    }

    /// <summary>Sometimes loses, holds back, doubles or shuffles what was just added.</summary>
    private void Disorder(TrafficRandom random, IList<byte[]> frames, int from)
    {
        for (var i = frames.Count - 1; i >= from; i--)
        {
            switch (random.Next(40))
            {
                case 0:
                    frames.RemoveAt(i);
                    break;
                case 1:
                    heldBack.Add(frames[i]);
                    frames.RemoveAt(i);
                    break;
                case 2:
                    frames.Insert(i, frames[i]);
                    break;
                case 3 when i > from:
                    (frames[i - 1], frames[i]) = (frames[i], frames[i - 1]);
                    break;
            }
        }
    }
}
