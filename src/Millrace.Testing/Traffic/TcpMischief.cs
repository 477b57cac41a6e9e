using Millrace.Testing.Packets;

namespace Millrace.Testing.Traffic;

/// <summary>Segments of live connections that a well-behaved neighbour would not send: RFC 9293 §3.10.7, RFC 5961, RFC 7323 §5.</summary>
internal static class TcpMischief
{
    public static void Step(TrafficRandom random, TcpFlow flow, long now, IList<byte[]> frames)
    {
        var next = flow.Segment(flow.SndNxt, [], SegmentFlags.None, now);
        var segment = random.Next(18) switch
        {
            // acknowledgements of what was never sent, of long ago, and in part
            0 => next with { Acknowledgement = flow.PeerEnd + (uint)random.Between(1, 100_000) },
            1 => next with { Acknowledgement = flow.RcvNxt - (uint)random.Between(1, 100_000) },
            2 => next with { Acknowledgement = flow.RcvNxt - (uint)random.Next(1500) },
            // sequence numbers outside and at the edges of the window
            3 => Data(random, flow, flow.SndNxt + (uint)flow.PeerWindow + (uint)random.Next(3) - 1, now),
            4 => Data(random, flow, flow.SndUna - (uint)random.Between(1, 5000), now),
            5 => Data(random, flow, random.NextUInt32(), now),
            6 => Data(random, flow, flow.SndNxt + (uint)random.Between(1, 20_000), now),
            // resets and SYNs inside a connection
            7 => next with { Flags = SegmentFlags.Rst, Sequence = flow.SndNxt + (uint)random.Next(1000), Payload = random.Bytes(random.Next(4)) },
            8 when random.Chance(30) => next with { Flags = SegmentFlags.Rst | SegmentFlags.Ack, Sequence = flow.SndUna },
            9 => next with { Flags = SegmentFlags.Syn, Options = TcpOption.Mss(536) },
            10 => next with { Flags = SegmentFlags.Syn | SegmentFlags.Ack, Sequence = flow.InitialSequence },
            // flags that make no sense together, or none
            11 => next with { Flags = (SegmentFlags)random.Next(512) },
            12 => next with { Flags = SegmentFlags.None, Payload = random.Bytes(8) },
            13 => Data(random, flow, flow.SndNxt, now) with { Flags = SegmentFlags.Ack | SegmentFlags.Urg, UrgentPointer = (ushort)random.Next(2000) },
            // options: stale timestamps (PAWS), lists that do not parse
            14 => Data(random, flow, flow.SndNxt, now) with { Options = [1, 1, .. TcpOption.Timestamps(random.NextUInt32(), 0)] },
            15 => next with { Options = random.Bytes(random.Between(1, 40)) },
            16 when flow.HasSack => next with { Options = [1, 1, .. RandomSack(random, flow)] },
            // congestion signals that break a merge
            _ => Data(random, flow, flow.SndNxt, now) with { Flags = SegmentFlags.Ack | SegmentFlags.Cwr | (SegmentFlags)((int)SegmentFlags.Ece * random.Next(2)) },
        };
        frames.Add(flow.Path.Frame(segment));
    }

    private static TcpSegment Data(TrafficRandom random, TcpFlow flow, uint sequence, long now) =>
        flow.Segment(sequence, flow.Payload(sequence, random.Between(1, flow.SegmentLength)), SegmentFlags.Psh, now);

    private static byte[] RandomSack(TrafficRandom random, TcpFlow flow)
    {
        var blocks = new (uint, uint)[random.Between(1, 3)];
        for (var i = 0; i < blocks.Length; i++)
        {
            var left = flow.RcvNxt + (uint)random.Between(-2000, 20_000);
            blocks[i] = (left, left + (uint)random.Between(-100, 5000));
        }

        return TcpOption.Sack(blocks);
    }
}
