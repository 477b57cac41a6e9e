using Millrace.Testing.Packets;

namespace Millrace.Testing.Traffic;

/// <summary>
/// The neighbour's end of one TCP connection: it knows sequence numbers and options so that its segments are valid where
/// they are meant to be. It is a source of segments and no implementation of TCP: it has no timers and repairs nothing.
/// </summary>
public sealed class TcpFlow
{
    private readonly bool accepts;

    /// <summary>The neighbour opens a connection to the stack.</summary>
    public TcpFlow(PacketPath path, ushort localPort, ushort remotePort, uint initialSequence, bool timestamps, bool sack, byte windowScale)
    {
        Path = path;
        LocalPort = localPort;
        RemotePort = remotePort;
        InitialSequence = initialSequence;
        HasTimestamps = timestamps;
        HasSack = sack;
        WindowScale = windowScale;
    }

    /// <summary>The neighbour accepts a connection that the stack opens.</summary>
    /// <param name="syn">The stack's SYN.</param>
    public TcpFlow(PacketPath path, TcpSegment syn, uint initialSequence)
        : this(path, syn.DestinationPort, syn.SourcePort, initialSequence,
            TcpOption.Find(syn.Options, TcpOption.KindTimestamps, 10) >= 0, TcpOption.Find(syn.Options, TcpOption.KindSackPermitted, 2) >= 0, 7)
    {
        accepts = true;
        Observe(syn);
    }

    public PacketPath Path { get; }

    public ushort LocalPort { get; }

    public ushort RemotePort { get; }

    public uint InitialSequence { get; }

    public bool HasTimestamps { get; private set; }

    public bool HasSack { get; private set; }

    public byte WindowScale { get; }

    /// <summary>Payload bytes of a full segment.</summary>
    public int SegmentLength => HasTimestamps ? 1448 : 1460;

    /// <summary>Whether the stack's SYN was seen, so that acknowledgements can be right.</summary>
    public bool IsEstablished { get; private set; }

    /// <summary>Whether a reset was seen.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Next sequence number of this end that was never sent.</summary>
    public uint SndNxt { get; set; }

    /// <summary>Oldest sequence number of this end that the stack has not acknowledged.</summary>
    public uint SndUna { get; private set; }

    /// <summary>Next sequence number expected of the stack.</summary>
    public uint RcvNxt { get; private set; }

    /// <summary>End of what the stack has sent, perhaps with a gap before it.</summary>
    public uint PeerEnd { get; private set; }

    /// <summary>Bytes the stack lets this end send beyond <see cref="SndUna"/>.</summary>
    public long PeerWindow { get; private set; }

    /// <summary>The window this end offers, in the units of its scale.</summary>
    public ushort Window { get; set; } = 512;

    /// <summary>Whether the stack's FIN was seen in order.</summary>
    public bool IsPeerClosed { get; private set; }

    private uint peerTimestamp;
    private byte peerScale;

    /// <summary>The SYN of this end, or its SYN and ACK.</summary>
    public byte[] Open(long now)
    {
        SndUna = InitialSequence;
        SndNxt = InitialSequence + 1;
        byte[] options =
        [
            .. TcpOption.Mss(1460),
            .. HasSack ? TcpOption.SackPermitted : [TcpOption.KindNop, TcpOption.KindNop],
            .. HasTimestamps ? TcpOption.Timestamps(Clock(now), peerTimestamp) : [],
            .. TcpOption.Nop, .. TcpOption.WindowScale(WindowScale),
        ];
        return Path.Frame(new TcpSegment
        {
            SourcePort = LocalPort, DestinationPort = RemotePort, Sequence = InitialSequence, Acknowledgement = RcvNxt,
            Flags = accepts ? SegmentFlags.Syn | SegmentFlags.Ack : SegmentFlags.Syn, Window = 65535, Options = options,
        });
    }

    /// <summary>A segment as this end would send it.</summary>
    public TcpSegment Segment(uint sequence, byte[] payload, SegmentFlags flags, long now, byte[]? moreOptions = null) => new()
    {
        SourcePort = LocalPort, DestinationPort = RemotePort, Sequence = sequence, Acknowledgement = RcvNxt,
        Flags = flags | SegmentFlags.Ack, Window = Window, Payload = payload,
        Options =
        [
            .. HasTimestamps ? [TcpOption.KindNop, TcpOption.KindNop, .. TcpOption.Timestamps(Clock(now), peerTimestamp)] : (byte[])[],
            .. moreOptions ?? [],
        ],
    };

    /// <summary>The bytes of this end's stream from a sequence number on: they depend on the position only.</summary>
    public byte[] Payload(uint sequence, int count)
    {
        var bytes = new byte[count];
        for (var i = 0; i < count; i++)
        {
            var position = sequence - InitialSequence - 1 + (uint)i;
            bytes[i] = (byte)(position * 31 + (position >> 8));
        }

        return bytes;
    }

    /// <summary>Sees a segment of the stack.</summary>
    public void Observe(TcpSegment segment)
    {
        ArgumentNullException.ThrowIfNull(segment);
        if (segment.Flags.HasFlag(SegmentFlags.Rst))
        {
            IsOver = true;
            return;
        }

        var timestamps = TcpOption.Find(segment.Options, TcpOption.KindTimestamps, 10);
        if (timestamps >= 0)
        {
            peerTimestamp = WireFormat.Get32(segment.Options, timestamps + 2);
        }

        if (segment.Flags.HasFlag(SegmentFlags.Syn))
        {
            ObserveSyn(segment, timestamps >= 0);
        }

        if (!IsEstablished)
        {
            return;
        }

        var end = segment.Sequence + (uint)segment.Payload.Length + (segment.Flags.HasFlag(SegmentFlags.Fin) ? 1u : 0);
        if ((int)(end - PeerEnd) > 0)
        {
            PeerEnd = end;
        }

        if ((int)(segment.Sequence - RcvNxt) <= 0 && (int)(end - RcvNxt) > 0)
        {
            RcvNxt = end;
            IsPeerClosed |= segment.Flags.HasFlag(SegmentFlags.Fin);
        }

        if (segment.Flags.HasFlag(SegmentFlags.Ack))
        {
            // what was sent out of place before may be acknowledged now, beyond what was sent in order
            SndUna = (int)(segment.Acknowledgement - SndUna) > 0 ? segment.Acknowledgement : SndUna;
            SndNxt = (int)(SndUna - SndNxt) > 0 ? SndUna : SndNxt;
            PeerWindow = segment.Flags.HasFlag(SegmentFlags.Syn) ? segment.Window : (long)segment.Window << peerScale;
        }
    }

    private void ObserveSyn(TcpSegment segment, bool timestamps)
    {
        HasTimestamps &= timestamps;
        HasSack &= TcpOption.Find(segment.Options, TcpOption.KindSackPermitted, 2) >= 0;
        var scale = TcpOption.Find(segment.Options, TcpOption.KindWindowScale, 3);
        peerScale = scale >= 0 ? segment.Options[scale + 2] : (byte)0;
        if (!IsEstablished)
        {
            IsEstablished = true;
            RcvNxt = segment.Sequence + 1;
            PeerEnd = RcvNxt;
        }
    }

    /// <summary>The timestamp clock of this end: milliseconds from an odd start.</summary>
    private uint Clock(long now) => (InitialSequence ^ 0x5A5A_0000) + (uint)(now / 1_000_000);
}
