using System.Globalization;
using Millrace.Testing.Packets;

namespace Millrace.Testing.Scripts;

/// <summary>Compares what a stack sent with what a script expects, and says each difference in words.</summary>
internal static class PacketMatcher
{
    private const SegmentFlags Compared = SegmentFlags.Syn | SegmentFlags.Fin | SegmentFlags.Rst | SegmentFlags.Urg | SegmentFlags.Ack
        | SegmentFlags.Ece | SegmentFlags.Cwr | SegmentFlags.Ae;

    /// <param name="timestampTolerance">Milliseconds that a timestamp may be off.</param>
    public static List<string> Differences(PacketPattern expected, Dissection packet, ScriptFlow flow, long timestampTolerance)
    {
        var differences = new List<string>();
        if (packet.Tcp is not { } tcp || packet.Ip is not { } ip)
        {
            differences.Add("it is no segment of TCP");
            return differences;
        }

        if (ip.Source != flow.Stack || ip.Destination != flow.Peer || tcp.DestinationPort != flow.PeerPort || tcp.SourcePort != flow.StackPort)
        {
            differences.Add($"it is of another flow: {WireFormat.Address(ip.Source)}:{tcp.SourcePort} > {WireFormat.Address(ip.Destination)}:{tcp.DestinationPort}");
            return differences;
        }

        if (!packet.IsIpChecksumRight || packet.IsTransportChecksumRight != true)
        {
            differences.Add("its checksum is wrong");
        }

        var flags = expected.Flags | (expected.HasAck ? SegmentFlags.Ack : 0) | (expected.Urgent is null ? 0 : SegmentFlags.Urg);
        if ((tcp.Flags & Compared) != flags)
        {
            differences.Add($"flags are {PacketWords.Flags(tcp.Flags & Compared)}, not {PacketWords.Flags(flags)}");
        }

        if (expected.Push is { } push && tcp.Flags.HasFlag(SegmentFlags.Psh) != push)
        {
            differences.Add(push ? "PSH is missing" : "PSH is there");
        }

        var sequence = (int)(tcp.Sequence - flow.StackIss);
        Compare(differences, "the sequence number", sequence, expected.Sequence is { } first ? (int)first : null);
        Compare(differences, "the payload", tcp.Payload.Length, expected.Sequence is null ? null : expected.Length);
        Compare(differences, "ack", (int)(tcp.Acknowledgement - flow.PeerIss), expected.HasAck && expected.Ack is { } ack ? (int)ack : null);
        if (expected.Window is { } window && (tcp.Window < window.Least || tcp.Window > window.Most))
        {
            differences.Add($"win is {tcp.Window}, not {(window.Least == window.Most ? $"{window.Least}" : $"{window.Least}..{window.Most}")}");
        }

        Compare(differences, "urg", tcp.UrgentPointer, expected.Urgent);
        Compare(differences, "ecn", ip.TypeOfService & 3, expected.Ecn);
        Compare(differences, "ttl", ip.Ttl, expected.Ttl);
        if (expected.DontFragment is { } df && ip.DontFragment != df)
        {
            differences.Add(df ? "DF is missing" : "DF is there");
        }

        var differs = Streams.FromStack.Differs(tcp.Payload, sequence - (tcp.Flags.HasFlag(SegmentFlags.Syn) ? 0 : 1));
        if (differs >= 0 && (tcp.Flags & SegmentFlags.Urg) == 0 && tcp.Payload.Length > 1)
        {
            differences.Add(string.Create(CultureInfo.InvariantCulture, $"the payload is not what was written, from byte {differs} of it on"));
        }

        OptionMatcher.Compare(differences, expected, tcp, flow, timestampTolerance);
        return differences;
    }

    private static void Compare(List<string> differences, string what, int actual, int? expected)
    {
        if (expected is { } value && value != actual)
        {
            differences.Add(string.Create(CultureInfo.InvariantCulture, $"{what} is {actual}, not {value}"));
        }
    }
}
