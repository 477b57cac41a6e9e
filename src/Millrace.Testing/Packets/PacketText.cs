using System.Globalization;
using System.Text;

namespace Millrace.Testing.Packets;

/// <summary>
/// A frame as one line in the manner of packetdrill and tcpdump:
/// <c>10.0.0.1:4000 > 10.0.0.2:80 S 0:0(0) win 65535 &lt;mss 1460,sackOK></c>. An instance remembers the initial sequence
/// numbers of the flows it has seen and writes relative ones; <see cref="Of"/> writes absolute ones.
/// </summary>
public sealed class PacketText
{
    private readonly Dictionary<(uint, ushort, uint, ushort), uint> initial = [];

    /// <summary>One frame by itself, sequence numbers as they stand in it.</summary>
    public static string Of(ReadOnlySpan<byte> frame) => Write(Dissection.Of(frame), null);

    /// <summary>The next frame of a trace.</summary>
    public string Describe(ReadOnlySpan<byte> frame) => Write(Dissection.Of(frame), initial);

    private static string Write(Dissection frame, Dictionary<(uint, ushort, uint, ushort), uint>? initial)
    {
        var text = new StringBuilder();
        if (frame.VlanTci is { } tci)
        {
            text.Append(CultureInfo.InvariantCulture, $"vlan {tci & 0xFFF} ");
        }

        if (frame.Arp is { } arp)
        {
            WriteArp(text, arp);
        }
        else if (frame.Ip is { } ip)
        {
            WriteIp(text, frame, ip, initial);
        }
        else
        {
            var kind = frame.EtherType is { } type ? string.Create(CultureInfo.InvariantCulture, $"type 0x{type:x4}") : "short";
            text.Append(CultureInfo.InvariantCulture,
                $"{WireFormat.Mac(frame.SourceMac)} > {WireFormat.Mac(frame.DestinationMac)} {kind} ({frame.FrameLength})");
        }

        return text.ToString();
    }

    private static void WriteArp(StringBuilder text, ArpMessage arp)
    {
        var (sender, target) = (WireFormat.Address(arp.SenderAddress), WireFormat.Address(arp.TargetAddress));
        text.Append(arp.Operation switch
        {
            ArpMessage.Request => $"arp who-has {target} tell {sender}",
            ArpMessage.Reply => $"arp {sender} is-at {WireFormat.Mac(arp.SenderMac)}",
            _ => string.Create(CultureInfo.InvariantCulture, $"arp operation {arp.Operation} {sender} > {target}"),
        });
    }

    private static void WriteIp(
        StringBuilder text, Dissection frame, Ipv4Datagram ip, Dictionary<(uint, ushort, uint, ushort), uint>? initial)
    {
        var (source, destination) = (WireFormat.Address(ip.Source), WireFormat.Address(ip.Destination));
        if (frame.Tcp is { } tcp)
        {
            text.Append(CultureInfo.InvariantCulture, $"{source}:{tcp.SourcePort} > {destination}:{tcp.DestinationPort} ");
            WriteTcp(text, ip, tcp, initial);
        }
        else if (frame.Udp is { } udp)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"{source}:{udp.SourcePort} > {destination}:{udp.DestinationPort} udp ({udp.Length - UdpMessage.HeaderLength})");
        }
        else if (frame.Icmp is { } icmp)
        {
            text.Append(CultureInfo.InvariantCulture, $"{source} > {destination} icmp {IcmpName(icmp)} ({icmp.Payload.Length})");
        }
        else
        {
            text.Append(CultureInfo.InvariantCulture, $"{source} > {destination} proto {ip.Protocol} ({ip.Payload.Length})");
        }

        if (ip.FragmentOffset > 0 || ip.MoreFragments)
        {
            text.Append(CultureInfo.InvariantCulture,
                $" frag {ip.Id}:{ip.Payload.Length}@{ip.FragmentOffset}{(ip.MoreFragments ? "+" : string.Empty)}");
        }

        if (frame.NetworkOffset + (ip.TotalLength ?? 0) > frame.FrameLength)
        {
            text.Append(" [truncated]");
        }

        text.Append(frame.IsIpChecksumRight ? string.Empty : " [bad ip checksum]");
        text.Append(frame.IsTransportChecksumRight == false ? " [bad checksum]" : string.Empty);
    }

    private static string IcmpName(IcmpMessage icmp)
    {
        var (identifier, sequence) = (icmp.Rest >> 16, icmp.Rest & 0xFFFF);
        return icmp.Type switch
        {
            IcmpMessage.EchoRequest => string.Create(CultureInfo.InvariantCulture, $"echo {identifier}:{sequence}"),
            IcmpMessage.EchoReply => string.Create(CultureInfo.InvariantCulture, $"echoreply {identifier}:{sequence}"),
            IcmpMessage.DestinationUnreachable => string.Create(CultureInfo.InvariantCulture, $"unreachable {icmp.Code}"),
            IcmpMessage.TimeExceeded => string.Create(CultureInfo.InvariantCulture, $"time-exceeded {icmp.Code}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"type {icmp.Type} code {icmp.Code}"),
        };
    }

    private static void WriteTcp(
        StringBuilder text, Ipv4Datagram ip, TcpSegment tcp, Dictionary<(uint, ushort, uint, ushort), uint>? initial)
    {
        var own = (ip.Source, tcp.SourcePort, ip.Destination, tcp.DestinationPort);
        var peer = (ip.Destination, tcp.DestinationPort, ip.Source, tcp.SourcePort);
        if (initial is not null && tcp.Flags.HasFlag(SegmentFlags.Syn))
        {
            initial[own] = tcp.Sequence;
        }

        var sequence = tcp.Sequence - (initial?.GetValueOrDefault(own) ?? 0);
        text.Append(FlagText(tcp.Flags));
        text.Append(CultureInfo.InvariantCulture, $" {sequence}:{sequence + (uint)tcp.Payload.Length}({tcp.Payload.Length})");
        if (tcp.Flags.HasFlag(SegmentFlags.Ack))
        {
            text.Append(CultureInfo.InvariantCulture, $" ack {tcp.Acknowledgement - (initial?.GetValueOrDefault(peer) ?? 0)}");
        }

        text.Append(CultureInfo.InvariantCulture, $" win {tcp.Window}");
        if (tcp.Flags.HasFlag(SegmentFlags.Urg))
        {
            text.Append(CultureInfo.InvariantCulture, $" urg {tcp.UrgentPointer}");
        }

        if (tcp.Options.Length > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $" <{OptionText(tcp.Options, initial?.GetValueOrDefault(peer) ?? 0)}>");
        }
    }

    private static string FlagText(SegmentFlags flags)
    {
        var text = string.Concat(
            flags.HasFlag(SegmentFlags.Fin) ? "F" : "", flags.HasFlag(SegmentFlags.Syn) ? "S" : "",
            flags.HasFlag(SegmentFlags.Rst) ? "R" : "", flags.HasFlag(SegmentFlags.Psh) ? "P" : "",
            flags.HasFlag(SegmentFlags.Ece) ? "E" : "", flags.HasFlag(SegmentFlags.Cwr) ? "W" : "",
            flags.HasFlag(SegmentFlags.Ack) ? "." : "", flags.HasFlag(SegmentFlags.Ae) ? "A" : "");
        return text.Length == 0 ? "-" : text;
    }

    private static string OptionText(ReadOnlySpan<byte> options, uint peerInitial)
    {
        var parts = new List<string>();
        while (options.Length > 0 && options[0] != TcpOption.KindEndOfList)
        {
            if (options[0] == TcpOption.KindNop)
            {
                parts.Add("nop");
                options = options[1..];
                continue;
            }

            if (options.Length < 2 || options[1] < 2 || options[1] > options.Length)
            {
                parts.Add("malformed");
                break;
            }

            parts.Add(OneOption(options[..options[1]], peerInitial));
            options = options[options[1]..];
        }

        if (options.Length > 0 && options[0] == TcpOption.KindEndOfList)
        {
            parts.Add("eol");
        }

        return string.Join(',', parts);
    }

    private static string OneOption(ReadOnlySpan<byte> option, uint peerInitial) => (option[0], option.Length) switch
    {
        (TcpOption.KindMss, 4) => string.Create(CultureInfo.InvariantCulture, $"mss {WireFormat.Get16(option, 2)}"),
        (TcpOption.KindWindowScale, 3) => string.Create(CultureInfo.InvariantCulture, $"wscale {option[2]}"),
        (TcpOption.KindSackPermitted, 2) => "sackOK",
        (TcpOption.KindTimestamps, 10) =>
            string.Create(CultureInfo.InvariantCulture, $"TS val {WireFormat.Get32(option, 2)} ecr {WireFormat.Get32(option, 6)}"),
        (TcpOption.KindSack, var length) when length % 8 == 2 => SackText(option[2..], peerInitial),
        (TcpOption.KindFastOpen, _) => $"FO {Convert.ToHexStringLower(option[2..])}",
        _ => string.Create(CultureInfo.InvariantCulture, $"kind {option[0]} length {option.Length}"),
    };

    private static string SackText(ReadOnlySpan<byte> blocks, uint peerInitial)
    {
        var text = new StringBuilder("sack");
        for (; blocks.Length >= 8; blocks = blocks[8..])
        {
            text.Append(CultureInfo.InvariantCulture,
                $" {WireFormat.Get32(blocks, 0) - peerInitial}:{WireFormat.Get32(blocks, 4) - peerInitial}");
        }

        return text.ToString();
    }
}
