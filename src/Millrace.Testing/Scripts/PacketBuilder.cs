using Millrace.Testing.Packets;

namespace Millrace.Testing.Scripts;

/// <summary>Makes the packets that a script sends.</summary>
internal static class PacketBuilder
{
    public static byte[] Build(PacketPattern pattern, ScriptFlow flow)
    {
        var window = pattern.Window is { } given ? (ushort)given.Least : flow.LastWindow;
        flow.LastWindow = window;
        var flags = pattern.Flags | (pattern.HasAck ? SegmentFlags.Ack : 0) | (pattern.Push == true ? SegmentFlags.Psh : 0)
            | (pattern.Urgent is null ? 0 : SegmentFlags.Urg);
        var offset = pattern.Sequence!.Value - (pattern.Flags.HasFlag(SegmentFlags.Syn) ? 0 : 1);
        var payload = new byte[pattern.Length];
        Streams.FromPeer.Fill(payload, offset);
        if (pattern.Garbage)
        {
            payload.AsSpan().Fill((byte)'X');
        }

        var segment = new TcpSegment
        {
            SourcePort = flow.PeerPort,
            DestinationPort = flow.StackPort,
            Sequence = flow.PeerIss + (uint)pattern.Sequence.Value,
            Acknowledgement = pattern.HasAck ? flow.StackIss + (uint)pattern.Ack!.Value : 0,
            Flags = flags,
            Window = window,
            UrgentPointer = (ushort)(pattern.Urgent ?? 0),
            Options = [.. (pattern.Options ?? []).SelectMany(option => Option(option, flow))],
            Payload = payload,
            HeaderWords = (byte?)pattern.HeaderWords,
        };
        var bytes = segment.ToBytes(flow.Peer, flow.Stack);
        if (pattern.BadChecksum)
        {
            bytes[16] ^= 0x55;
        }

        var datagram = new Ipv4Datagram
        {
            Source = flow.Peer,
            Destination = flow.Stack,
            Protocol = Ipv4Datagram.Tcp,
            TypeOfService = (byte)(pattern.Ecn ?? 0),
            Ttl = (byte)(pattern.Ttl ?? 64),
            DontFragment = pattern.DontFragment ?? true,
            Payload = bytes,
        };
        var packet = datagram.ToBytes();
        if (pattern.BadIpChecksum)
        {
            packet[10] ^= 0x55;
        }

        return packet[..Math.Max(1, packet.Length - pattern.CutOff)];
    }

    public static byte[] Build(InboundError error, ScriptFlow flow)
    {
        var segment = new TcpSegment
        {
            SourcePort = flow.StackPort, DestinationPort = flow.PeerPort, Sequence = flow.StackIss + (uint)error.Sequence, Flags = SegmentFlags.Ack,
        };
        var quoted = new Ipv4Datagram
        {
            Source = flow.Stack, Destination = flow.Peer, Protocol = Ipv4Datagram.Tcp, DontFragment = true,
            Payload = segment.ToBytes(flow.Stack, flow.Peer),

            // a packet that was too long was longer than what is quoted of it
            TotalLength = error.Rest == 0 ? null : (ushort)Math.Min(error.Rest + 500, 1500),
        };
        return new Ipv4Datagram
        {
            Source = flow.Peer,
            Destination = flow.Stack,
            Protocol = Ipv4Datagram.Icmp,
            Payload = IcmpMessage.Error(error.Type, error.Code, error.Rest, quoted.ToBytes()).ToBytes(),
        }.ToBytes();
    }

    private static byte[] Option(OptionPattern option, ScriptFlow flow) => option.Name switch
    {
        "nop" => TcpOption.Nop,
        "eol" => TcpOption.EndOfList,
        "sackOK" => TcpOption.SackPermitted,
        "mss" => TcpOption.Mss((ushort)Known(option, 0)),
        "wscale" => TcpOption.WindowScale((byte)Known(option, 0)),
        "TS" => TcpOption.Timestamps((uint)Known(option, 0), option.Values[1] == OptionPattern.Last
            ? flow.LastTimestamp
            : (flow.FirstTimestamp ?? 0) + (uint)Known(option, 1)),
        "sack" => TcpOption.Sack([.. Enumerable.Range(0, option.Values.Count / 2).Select(i =>
            (flow.StackIss + (uint)Known(option, 2 * i), flow.StackIss + (uint)Known(option, 2 * i + 1)))]),
        "FO" => TcpOption.FastOpen(Cookie(option, flow)),
        "FOEXP" => TcpOption.Raw(254, [0xF9, 0x89, .. Cookie(option, flow)]),
        _ => TcpOption.Raw((byte)Known(option, 0), option.Bytes ?? []),
    };

    private static byte[] Cookie(OptionPattern option, ScriptFlow flow) =>
        option.Values is [OptionPattern.Last] ? flow.LastCookie : option.Bytes ?? [];

    private static long Known(OptionPattern option, int index) =>
        option.Values[index] is { } value and not OptionPattern.Last
            ? value
            : throw new ScriptUnsupportedException($"The option {option.Name} of what the script sends needs a number: only ecr and cookies can be 'last'.");
}

/// <summary>What each end's bytes are, by their place in the stream; so it is seen if one is delivered twice, or elsewhere.</summary>
internal sealed class Streams(byte salt)
{
    public static Streams FromPeer { get; } = new(0);

    public static Streams FromStack { get; } = new(0x5A);

    public void Fill(Span<byte> bytes, long offset)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = At(offset + i);
        }
    }

    /// <returns>Where the first byte that differs is, or -1.</returns>
    public int Differs(ReadOnlySpan<byte> bytes, long offset)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] != At(offset + i))
            {
                return i;
            }
        }

        return -1;
    }

    private byte At(long offset) => (byte)(salt ^ ((byte)offset * 31) ^ (byte)(offset >> 8) ^ (byte)(offset >> 16));
}
