using Millrace.Testing.Packets;

namespace Millrace.Testing.Scripts;

/// <summary>Reads a script: settings, flows and marks at the top, then an event a line.</summary>
internal sealed class ScriptParser(string file, string text)
{
    private static readonly string[] Systems = ["millrace", "kernel"];
    private static readonly string[] Operators = ["==", "!=", "<=", ">=", "<", ">"];

    private readonly string[] lines = text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');

    public Script Parse()
    {
        var script = new Script(file, lines);
        script.Flows[ScriptFlow.DefaultName] = new ScriptFlow(
            ScriptFlow.DefaultName, ScriptFlow.PeerAddress, ScriptFlow.DefaultPeerPort, ScriptFlow.StackAddress, ScriptFlow.DefaultStackPort);
        script.Description = string.Join(' ', lines.TakeWhile(line => line.StartsWith('#')).Select(line => line[1..].Trim()));
        if (script.Description.Length == 0)
        {
            throw new ScriptSyntaxException(file, 1, 1, "a script begins with a comment that says what it shows: '# A SYN that nobody answers goes again.'");
        }

        for (var i = 0; i < lines.Length; i++)
        {
            var line = new LineReader(file, i + 1, Uncommented(lines[i]));
            if (line.IsAtEnd || (script.Lines.Count == 0 && TryHead(line, script)))
            {
                continue;
            }

            Event(line, script);
        }

        return script;
    }

    /// <summary>Reads events alone, in the terms of another script.</summary>
    public IEnumerable<ScriptLine> ParseEvents(Script script)
    {
        for (var i = 0; i < lines.Length; i++)
        {
            var line = new LineReader(file, i + 1, Uncommented(lines[i]));
            if (!line.IsAtEnd)
            {
                var time = Time(line);
                yield return new ScriptLine(line.Number, line.Text.Trim(), time, Statement(line, script));
            }
        }
    }

    private static string Uncommented(string line) => line.IndexOf('#', StringComparison.Ordinal) is var at and >= 0 ? line[..at] : line;

    /// <summary>Settings, flows and marks.</summary>
    private bool TryHead(LineReader line, Script script)
    {
        if (line.TryTake("flow"))
        {
            Flow(line, script);
        }
        else if (line.TryTake("fails"))
        {
            Mark(line, script.Fails);
        }
        else if (line.TryTake("skipped"))
        {
            Mark(line, script.Skips);
        }
        else if (line.Text.Split('=', 2) is [var name, var value] && IsSetting(name.Trim()))
        {
            Setting(line, script, name.Trim(), value.Trim());
        }
        else
        {
            return false;
        }

        return true;
    }

    private static bool IsSetting(string name) =>
        name is "mtu" or "peer_isn" || (name.Contains('.', StringComparison.Ordinal) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_'));

    private static void Setting(LineReader line, Script script, string name, string value)
    {
        line.TakeWord("a name", ".");
        line.Take("=", "a setting is written as net.ipv4.tcp_timestamps = 0");
        switch (name)
        {
            case "mtu":
                script.Mtu = (int)line.TakeNumber("an MTU is a number of bytes");
                break;
            case "peer_isn":
                script.PeerIss = (uint)line.TakeNumber("an initial sequence number is a number");
                break;
            default:
                script.Settings.Add(new ScriptSetting(line.Number, name, value));
                break;
        }
    }

    private static void Flow(LineReader line, Script script)
    {
        const string Form = "a flow is written as: flow b = 192.0.2.2:40001 > 80";
        var name = line.TakeWord(Form);
        line.Take("=", Form);
        var address = line.TakeWord(Form, ".");
        line.Take(":", Form);
        var port = (ushort)line.TakeNumber(Form);
        line.Take(">", Form);
        uint peer;
        try
        {
            peer = WireFormat.Address(address);
        }
        catch (FormatException exception)
        {
            throw line.Error(exception.Message);
        }

        script.Flows[name] = new ScriptFlow(name, peer, port, ScriptFlow.StackAddress, (ushort)line.TakeNumber(Form));
        line.End(Form);
    }

    private static void Mark(LineReader line, Dictionary<string, string> marks)
    {
        const string Form = "a mark is written as 'fails on millrace: why' or 'skipped on kernel: why'";
        line.Take("on", Form);
        var system = line.TakeWord(Form);
        if (!Systems.Contains(system))
        {
            throw line.Error($"'{system}' is no system; {string.Join(" and ", Systems)} are");
        }

        line.Take(":", Form);
        marks[system] = line.TakeRest() is { Length: > 0 } why ? why : throw line.Error($"the reason is missing; {Form}");
    }

    private static void Event(LineReader line, Script script)
    {
        var time = Time(line);
        if (line.TryTake("given"))
        {
            GivenParser.Expand(line, script, time);
            return;
        }

        var statement = Statement(line, script);
        if (time is { IsRange: true } && statement is not (Outbound or Finished))
        {
            throw line.Error("a span of times is for what the stack does; the script does things at one time, such as +200ms");
        }

        script.Lines.Add(new ScriptLine(line.Number, line.Text.Trim(), time, statement));
    }

    private static ScriptTime? Time(LineReader line)
    {
        if (!line.TryTake("+"))
        {
            return null;
        }

        var earliest = line.TakeDuration();
        return line.TryTake("..") ? new ScriptTime(earliest, line.TakeDuration(), true) : new ScriptTime(earliest, earliest, false);
    }

    private static ScriptStatement Statement(LineReader line, Script script)
    {
        if (line.TryTake("<"))
        {
            return PacketParser.Inbound(line, script);
        }

        if (line.TryTake(">"))
        {
            return PacketParser.Outbound(line, script);
        }

        if (line.TryTake("silence"))
        {
            var silence = new Silence(line.TakeDuration());
            line.End("silence is written as 'silence 200ms'");
            return silence;
        }

        if (line.TryTake("state"))
        {
            return Assertion(line, "state", PacketParser.Flow(line, script), string.Empty);
        }

        if (line.TryTake("info"))
        {
            var socket = Parenthesised(line, "info is written as info(c).snd_cwnd == 10");
            line.Take(".", "a field of struct tcp_info follows, such as .snd_cwnd");
            return Assertion(line, "info", socket, line.TakeWord("a field of struct tcp_info follows, such as snd_cwnd"));
        }

        return line.TryTake("counter")
            ? Assertion(line, "counter", Parenthesised(line, "a counter is written as counter(TCPTimeouts) == 1"), string.Empty)
            : CallParser.Parse(line);
    }

    private static string Parenthesised(LineReader line, string form)
    {
        line.Take("(", form);
        var name = line.TakeWord(form);
        line.Take(")", form);
        return name;
    }

    private static Assertion Assertion(LineReader line, string subject, string name, string field)
    {
        var sign = Operators.FirstOrDefault(line.TryTake) ?? throw line.Error($"one of {string.Join(' ', Operators)} follows");
        var value = line.TakeWord("a value follows", "-");
        line.End("an assertion is written as 'state == ESTABLISHED' or 'info(c).snd_cwnd == 10'");
        return new Assertion(subject, name, field, sign, value);
    }
}
