namespace Millrace.Testing.Scripts;

/// <summary>
/// <c>given accepted c</c> and <c>given connected c</c>: a handshake in one line, for scripts that are about what comes behind it.
/// It is the same as writing its lines.
/// </summary>
internal static class GivenParser
{
    private const string Form = "it is written as 'given accepted c', 'given connected c', with 'rtt 100ms', 'win 1000' and '<options>' behind";

    public static void Expand(LineReader line, Script script, ScriptTime? time)
    {
        var flow = PacketParser.Flow(line, script);
        var isAccepted = line.TryTake("accepted");
        if (!isAccepted)
        {
            line.Take("connected", Form);
        }

        var socket = line.TakeWord(Form);
        long rtt = 0;
        var window = "win 65535";
        var options = "mss 1460";
        while (!line.IsAtEnd)
        {
            if (line.TryTake("rtt"))
            {
                rtt = line.TakeDuration();
            }
            else if (line.TryTake("win"))
            {
                window = $"win {line.TakeNumber(Form)}";
            }
            else
            {
                line.Take("<", Form);
                options = line.TakeRest() is { Length: > 0 } rest && rest[^1] == '>' ? rest[..^1] : throw line.Error("options end with '>'");
            }
        }

        var arrow = flow.Length == 0 ? string.Empty : $"[{flow}]";
        var timestamp = options.IndexOf("TS val ", StringComparison.Ordinal);
        var third = timestamp < 0 ? string.Empty : $" <nop, nop, {options[timestamp..options.IndexOf(" ecr", timestamp, StringComparison.Ordinal)]} ecr last>";
        var wait = rtt == 0 ? string.Empty : $"+{rtt / 1000}us ";
        var endpoint = flow.Length == 0 ? string.Empty : $", {flow}";
        string[] lines = isAccepted
            ?
            [
                .. script.Lines.Any(known => known.Statement is Call { Name: "listen" }) ? Array.Empty<string>()
                    : ["listener = socket()", $"bind(listener, {script.Flows[flow].StackPort})", "listen(listener, 8)"],
                $"<{arrow} SYN 0 {window} <{options}>", $">{arrow} SYN 0 ack 1 <*>", $"{wait}<{arrow} 1 ack 1 {window}{third}",
                $"{socket} = accept(listener)",
            ]
            :
            [
                $"{socket} = socket()", $"connect({socket}{endpoint}) -> EINPROGRESS", $">{arrow} SYN 0 <*>",
                $"{wait}<{arrow} SYN 0 ack 1 {window} <{options}>", $">{arrow} 1 ack 1",
            ];
        var nested = new ScriptParser(script.File, "# given\n" + string.Join('\n', lines.Select(text => text)));
        var isFirst = true;
        foreach (var given in nested.ParseEvents(script))
        {
            script.Lines.Add(given with { Number = line.Number, Time = isFirst ? time : given.Time });
            isFirst = false;
        }
    }
}
