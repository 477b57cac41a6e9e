using Millrace.Testing.Packets;

namespace Millrace.Testing.Traffic;

/// <summary>
/// Each direction of every TCP connection of a capture, played to a listener of the stack as a live connection: the segments
/// are the captured ones, with acknowledgements moved to the stack's own sequence numbers, so that real orders, sizes and
/// options reach the depth of TCP.
/// </summary>
public sealed class CapturedConversations : ITrafficSource
{
    private readonly List<Direction> directions = [];
    private int current;

    public CapturedConversations(IEnumerable<byte[]> capture, TrafficTarget target)
    {
        ArgumentNullException.ThrowIfNull(capture);
        ArgumentNullException.ThrowIfNull(target);
        if (target.TcpPorts.Count == 0)
        {
            throw new ArgumentException("Conversations need a TCP port with a listener.", nameof(target));
        }

        var byFlow = new Dictionary<(uint, ushort, uint, ushort), Direction>();
        foreach (var frame in capture.Select(bytes => Dissection.Of(bytes)))
        {
            if (frame is not { Ip: { } ip, Tcp: { } segment })
            {
                continue;
            }

            var key = (ip.Source, segment.SourcePort, ip.Destination, segment.DestinationPort);
            if (!byFlow.TryGetValue(key, out var direction))
            {
                var number = directions.Count;
                direction = new Direction(target.From(number % target.PeerCount), (ushort)(10_000 + number), target.TcpPorts[number % target.TcpPorts.Count]);
                byFlow.Add(key, direction);
                directions.Add(direction);
            }

            direction.Segments.Add(segment);
        }
    }

    /// <summary>Whether every captured segment was played.</summary>
    public bool IsDone => current == directions.Count;

    public void Next(TrafficRandom random, long now, IList<byte[]> frames)
    {
        // one at a time and a few segments a poll: the stack's answers come in between
        if (!IsDone && !directions[current].Next(random.Between(1, 8), frames))
        {
            current++;
        }
    }

    public void Observe(Dissection frame, long now)
    {
        ArgumentNullException.ThrowIfNull(frame);
        if (frame is { Ip: { } ip, Tcp: { } segment } && !IsDone)
        {
            directions[current].Observe(ip, segment);
        }
    }

    private sealed class Direction(PacketPath path, ushort localPort, ushort remotePort)
    {
        private int played;
        private uint? stackIsn;
        private uint stackEnd;
        private uint stackTimestamp;
        private uint? capturedAck;
        private bool started;

        public List<TcpSegment> Segments { get; } = [];

        /// <returns>False if nothing is left to play.</returns>
        public bool Next(int count, IList<byte[]> frames)
        {
            if (!started)
            {
                started = true;
                var first = Segments[0];
                var isSyn = first.Flags.HasFlag(SegmentFlags.Syn);
                played = isSyn ? 1 : 0;
                frames.Add(path.Frame(new TcpSegment
                {
                    SourcePort = localPort, DestinationPort = remotePort, Window = first.Window, Flags = SegmentFlags.Syn,
                    Sequence = isSyn ? first.Sequence : first.Sequence - 1, Options = isSyn ? first.Options : TcpOption.Mss(1460),
                }));
                return true;
            }

            for (; count > 0 && played < Segments.Count; count--)
            {
                frames.Add(path.Frame(Move(Segments[played++])));
            }

            return played < Segments.Count;
        }

        public void Observe(Ipv4Datagram ip, TcpSegment segment)
        {
            if (ip.Destination != path.Source || segment.DestinationPort != localPort)
            {
                return;
            }

            if (segment.Flags.HasFlag(SegmentFlags.Syn))
            {
                stackIsn = segment.Sequence;
                stackEnd = segment.Sequence + 1;
            }

            var end = segment.Sequence + (uint)segment.Payload.Length;
            stackEnd = (int)(end - stackEnd) > 0 ? end : stackEnd;
            var timestamps = TcpOption.Find(segment.Options, TcpOption.KindTimestamps, 10);
            stackTimestamp = timestamps >= 0 ? WireFormat.Get32(segment.Options, timestamps + 2) : stackTimestamp;
        }

        private TcpSegment Move(TcpSegment segment)
        {
            var acknowledgement = 0u;
            if (segment.Flags.HasFlag(SegmentFlags.Ack) && stackIsn is { } isn)
            {
                capturedAck ??= segment.Acknowledgement;
                acknowledgement = isn + 1 + (segment.Acknowledgement - capturedAck.Value);

                // the stack's application says other things than the captured one: never acknowledge what it has not said
                acknowledgement = (int)(acknowledgement - stackEnd) > 0 ? stackEnd : acknowledgement;
            }

            var options = segment.Options.ToArray();
            var timestamps = TcpOption.Find(options, TcpOption.KindTimestamps, 10);
            if (timestamps >= 0)
            {
                WireFormat.Put32(options, timestamps + 6, stackTimestamp);
            }

            return segment with
            {
                SourcePort = localPort, DestinationPort = remotePort, Acknowledgement = acknowledgement, Options = options,
                Checksum = null, HeaderWords = null,
            };
        }
    }
}
