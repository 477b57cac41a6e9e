using Millrace.Testing.Packets;

namespace Millrace.Testing.Scripts;

/// <summary>Reads what stands behind an arrow: <c>[flow] FLAGS first:end ack n win n &lt;options> …</c>.</summary>
internal static class PacketParser
{
    private const string Form = "a packet is written as: FLAGS first:end ack n win n <options>, such as '1:1001 ack 1' or 'SYN 0 win 65535 <mss 1460>'";

    private static readonly (string Word, SegmentFlags Flag)[] FlagWords =
    [
        ("SYN", SegmentFlags.Syn), ("FIN", SegmentFlags.Fin), ("RST", SegmentFlags.Rst), ("URG", SegmentFlags.Urg),
        ("ECE", SegmentFlags.Ece), ("CWR", SegmentFlags.Cwr), ("AE", SegmentFlags.Ae),
    ];

    private static readonly (string Word, byte Type, byte Code)[] Errors =
    [
        ("net-unreachable", 3, 0), ("host-unreachable", 3, 1), ("protocol-unreachable", 3, 2), ("port-unreachable", 3, 3),
        ("fragmentation-needed", 3, 4), ("source-route-failed", 3, 5), ("admin-prohibited", 3, 13),
        ("source-quench", 4, 0), ("time-exceeded", 11, 0), ("parameter-problem", 12, 0),
    ];

    /// <summary>The name of a flow in brackets, or the one without a name.</summary>
    public static string Flow(LineReader line, Script script)
    {
        if (!line.TryTake("["))
        {
            return ScriptFlow.DefaultName;
        }

        var name = line.TakeWord("the name of a flow stands in the brackets, such as [b]");
        if (!script.Flows.ContainsKey(name))
        {
            throw line.Error($"there is no flow '{name}'; write 'flow {name} = 192.0.2.2:40001 > 80' at the top");
        }

        line.Take("]", "a flow is written as [b]");
        return name;
    }

    public static ScriptStatement Inbound(LineReader line, Script script)
    {
        var flow = Flow(line, script);
        if (line.TryTake("icmp"))
        {
            return Error(line, flow);
        }

        var packet = Packet(line, flow);
        if (packet.Sequence is null || (packet.HasAck && packet.Ack is null))
        {
            throw line.Error("what the script sends has no wildcards; write the numbers");
        }

        return new Inbound(packet);
    }

    public static Outbound Outbound(LineReader line, Script script)
    {
        var packet = Packet(line, Flow(line, script));
        return packet is { BadChecksum: false, BadIpChecksum: false, HeaderWords: null, CutOff: 0, Garbage: false }
            ? new Outbound(packet)
            : throw line.Error("only a packet of the script can be bad; leave it out");
    }

    private static InboundError Error(LineReader line, string flow)
    {
        var word = line.TakeWord("the name of an error follows, such as host-unreachable", "-");
        var error = Errors.FirstOrDefault(error => error.Word == word);
        if (error.Word is null)
        {
            throw line.Error($"'{word}' is no ICMP error; there are {string.Join(", ", Errors.Select(known => known.Word))}");
        }

        var mtu = line.TryTake("mtu") ? (uint)line.TakeNumber("an MTU is a number of bytes") : 0;
        line.Take("for", "an error names the sequence number of the segment that it is about: 'icmp host-unreachable for 1'");
        return new InboundError(flow, error.Type, error.Code, mtu, line.TakeNumber("a relative sequence number of the stack is missing"));
    }

    private static PacketPattern Packet(LineReader line, string flow)
    {
        var flags = SegmentFlags.None;
        bool? push = null;
        for (var found = true; found;)
        {
            found = false;
            foreach (var (word, flag) in FlagWords)
            {
                if (line.TryTake(word))
                {
                    flags |= flag;
                    found = true;
                }
            }

            if (line.TryTake("PSH"))
            {
                (push, found) = (true, true);
            }
            else if (line.TryTake("noPSH"))
            {
                (push, found) = (false, true);
            }
        }

        long? sequence = null;
        var length = 0;
        if (!line.TryTake("*"))
        {
            sequence = line.TakeNumber(Form);
            if (line.TryTake(":"))
            {
                length = (int)(line.TakeNumber("the sequence number behind the last byte follows, such as 1:1001") - sequence.Value);
                if (length < 0)
                {
                    throw line.Error("the end lies before the beginning; write first:end");
                }
            }
        }

        var packet = new PacketPattern { Flow = flow, Flags = flags, Push = push, Sequence = sequence, Length = length };
        while (!line.IsAtEnd)
        {
            packet = Part(line, packet);
        }

        return packet;
    }

    private static PacketPattern Part(LineReader line, PacketPattern packet)
    {
        if (line.TryTake("ack"))
        {
            return packet with { HasAck = true, Ack = line.TryTake("*") ? null : line.TakeNumber("an acknowledgment number follows, or *") };
        }

        if (line.TryTake("win"))
        {
            var least = (int)line.TakeNumber("a window follows, such as 'win 65535' or 'win 100..200'");
            return packet with { Window = (least, line.TryTake("..") ? (int)line.TakeNumber("the largest window follows") : least) };
        }

        if (line.TryTake("by"))
        {
            return packet with { By = (int)line.TakeNumber("bytes of a segment follow, such as '1:2921 by 1460'") };
        }

        if (line.TryTake("urg"))
        {
            return packet with { Urgent = (int)line.TakeNumber("the urgent pointer follows") };
        }

        if (line.TryTake("<"))
        {
            return Options(line, packet);
        }

        if (line.TryTake("ecn"))
        {
            var word = line.TakeWord("not, ect0, ect1 or ce follows");
            return packet with { Ecn = word switch { "not" => 0, "ect1" => 1, "ect0" => 2, "ce" => 3, _ => throw line.Error($"'{word}' is not one of not, ect0, ect1, ce") } };
        }

        if (line.TryTake("ttl"))
        {
            return packet with { Ttl = (int)line.TakeNumber("a time to live follows") };
        }

        if (line.TryTake("noDF"))
        {
            return packet with { DontFragment = false };
        }

        if (line.TryTake("DF"))
        {
            return packet with { DontFragment = true };
        }

        if (line.TryTake("bad"))
        {
            return line.TryTake("ip") ? packet with { BadIpChecksum = true }
                : line.TryTake("checksum") ? packet with { BadChecksum = true }
                : line.TryTake("payload") ? packet with { Garbage = true }
                : throw line.Error("'bad checksum', 'bad ip' (the header's checksum) and 'bad payload' are known");
        }

        if (line.TryTake("header"))
        {
            return packet with { HeaderWords = (int)line.TakeNumber("the data offset in words of 4 bytes follows") };
        }

        return line.TryTake("cut")
            ? packet with { CutOff = (int)line.TakeNumber("how many bytes are cut off the end follows") }
            : throw line.Error($"'{line.TakeRest()}' is no part of a packet; {Form}");
    }

    private static PacketPattern Options(LineReader line, PacketPattern packet)
    {
        if (line.TryTake("*"))
        {
            line.Take(">", "any options are written as <*>");
            return packet with { AnyOptions = true };
        }

        var options = new List<OptionPattern>();
        while (!line.TryTake(">"))
        {
            options.Add(Option(line));
            if (!line.TryTake(",") && !line.IsNext('>'))
            {
                throw line.Error("options are separated by commas and end with '>'");
            }
        }

        return packet with { Options = options };
    }

    private static OptionPattern Option(LineReader line)
    {
        const string Known = "known are mss n, sackOK, wscale n, TS val n ecr n, sack a:b, nop, eol, FO cookie, kind n bytes";
        switch (line.TakeWord($"an option is missing; {Known}"))
        {
            case "nop": return new OptionPattern("nop", []);
            case "eol": return new OptionPattern("eol", []);
            case "sackOK": return new OptionPattern("sackOK", []);
            case "mss": return new OptionPattern("mss", [Value(line)]);
            case "wscale": return new OptionPattern("wscale", [Value(line)]);
            case "TS":
                line.Take("val", "timestamps are written as TS val 100 ecr 0");
                var value = Value(line);
                line.Take("ecr", "timestamps are written as TS val 100 ecr 0");
                return new OptionPattern("TS", [value, Value(line)]);
            case "sack":
                var edges = new List<long?>();
                while (line.IsNextDigit || line.IsNext('-'))
                {
                    edges.Add(line.TakeNumber("a left edge is a number"));
                    line.Take(":", "a block is written as left:right");
                    edges.Add(line.TakeNumber("a right edge is a number"));
                }

                return new OptionPattern("sack", edges);
            case "FO": return Cookie(line, "FO");
            case "FOEXP": return Cookie(line, "FOEXP");
            case "kind":
                return new OptionPattern("kind", [line.TakeNumber("a kind is a number")], Bytes(line, line.TryTakeWord() ?? string.Empty));
            case var unknown: throw line.Error($"'{unknown}' is no option; {Known}");
        }
    }

    private static OptionPattern Cookie(LineReader line, string name) =>
        line.TryTake("*") ? new OptionPattern(name, [null])
        : line.TryTake("last") ? new OptionPattern(name, [OptionPattern.Last])
        : new OptionPattern(name, [], Bytes(line, line.TryTakeWord() ?? string.Empty));

    private static long? Value(LineReader line) =>
        line.TryTake("*") ? null : line.TryTake("last") ? OptionPattern.Last : line.TakeNumber("a number, * or last follows");

    private static byte[] Bytes(LineReader line, string text)
    {
        try
        {
            return Convert.FromHexString(text);
        }
        catch (FormatException)
        {
            throw line.Error($"'{text}' is not an even number of hexadecimal digits");
        }
    }
}
