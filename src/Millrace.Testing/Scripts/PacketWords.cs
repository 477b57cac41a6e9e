using System.Globalization;
using System.Text;
using Millrace.Testing.Packets;

namespace Millrace.Testing.Scripts;

/// <summary>A packet of the stack as a line of a script, so that a report can be compared with it, and copied into it.</summary>
internal static class PacketWords
{
    private static readonly (SegmentFlags Flag, string Word)[] Words =
    [
        (SegmentFlags.Syn, "SYN"), (SegmentFlags.Fin, "FIN"), (SegmentFlags.Rst, "RST"), (SegmentFlags.Psh, "PSH"), (SegmentFlags.Urg, "URG"),
        (SegmentFlags.Ece, "ECE"), (SegmentFlags.Cwr, "CWR"), (SegmentFlags.Ae, "AE"), (SegmentFlags.Ack, "ACK"),
    ];

    public static string Flags(SegmentFlags flags)
    {
        var words = Words.Where(known => flags.HasFlag(known.Flag)).Select(known => known.Word).ToArray();
        return words.Length == 0 ? "none" : string.Join(' ', words);
    }

    public static string Describe(Dissection packet, IEnumerable<ScriptFlow> flows)
    {
        if (packet.Tcp is not { } tcp || packet.Ip is not { } ip || flows.FirstOrDefault(flow => flow.Sends(packet)) is not { } own)
        {
            var frame = new EthernetFrame { Payload = packet.Ip?.ToBytes() ?? [] };
            return $"> {PacketText.Of(frame.ToBytes())}";
        }

        var text = new StringBuilder(own.Name.Length == 0 ? "> " : $">[{own.Name}] ");
        foreach (var (flag, word) in Words[..^1])
        {
            if (tcp.Flags.HasFlag(flag) && flag != SegmentFlags.Urg)
            {
                text.Append(word).Append(' ');
            }
        }

        var sequence = (int)(tcp.Sequence - own.StackIss);
        text.Append(CultureInfo.InvariantCulture, $"{sequence}");
        if (tcp.Payload.Length > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $":{sequence + tcp.Payload.Length}");
        }

        if (tcp.Flags.HasFlag(SegmentFlags.Ack))
        {
            text.Append(CultureInfo.InvariantCulture, $" ack {(int)(tcp.Acknowledgement - own.PeerIss)}");
        }

        text.Append(CultureInfo.InvariantCulture, $" win {tcp.Window}");
        if (tcp.Flags.HasFlag(SegmentFlags.Urg))
        {
            text.Append(CultureInfo.InvariantCulture, $" urg {tcp.UrgentPointer}");
        }

        if (tcp.Options.Length > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $" <{Options(tcp.Options, own)}>");
        }

        return text.Append((ip.TypeOfService & 3) switch { 1 => " ecn ect1", 2 => " ecn ect0", 3 => " ecn ce", _ => string.Empty }).ToString();
    }

    public static string Options(byte[] options, ScriptFlow flow) =>
        string.Join(", ", OptionMatcher.Read(options).Select(option => One(option, flow)));

    private static string One(byte[] option, ScriptFlow flow) => (option[0], option.Length) switch
    {
        (TcpOption.KindEndOfList, _) => "eol",
        (TcpOption.KindNop, _) => "nop",
        (TcpOption.KindSackPermitted, 2) => "sackOK",
        (TcpOption.KindMss, 4) => $"mss {WireFormat.Get16(option, 2)}",
        (TcpOption.KindWindowScale, 3) => $"wscale {option[2]}",
        (TcpOption.KindTimestamps, 10) => $"TS val {WireFormat.Get32(option, 2) - (flow.FirstTimestamp ?? 0)} ecr {WireFormat.Get32(option, 6)}",
        (TcpOption.KindSack, var length) when length % 8 == 2 => "sack" + string.Concat(Enumerable.Range(0, length / 8).Select(i =>
            $" {(int)(WireFormat.Get32(option, 2 + 8 * i) - flow.PeerIss)}:{(int)(WireFormat.Get32(option, 6 + 8 * i) - flow.PeerIss)}")),
        (TcpOption.KindFastOpen, _) => $"FO {Convert.ToHexStringLower(option[2..])}".TrimEnd(),
        (254, >= 4) => $"FOEXP {Convert.ToHexStringLower(option[4..])}".TrimEnd(),
        _ => $"kind {option[0]} {Convert.ToHexStringLower(option.AsSpan(Math.Min(2, option.Length)))}".TrimEnd(),
    };
}
