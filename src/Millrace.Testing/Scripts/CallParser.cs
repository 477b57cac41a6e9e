namespace Millrace.Testing.Scripts;

/// <summary>Reads socket calls: <c>c = accept(s) -> 0</c>, <c>read(c, 1000) -> waits</c>, <c>finished read(c) -> 100</c>.</summary>
internal static class CallParser
{
    private const string Form = "a line is a packet ('<' to the stack, '>' from it), a call such as 'write(c, 1000) -> 1000', 'silence 200ms', or an assertion";

    public static ScriptStatement Parse(LineReader line)
    {
        var result = line.TakeWord(Form);
        var isFinished = result == "finished";
        if (isFinished)
        {
            result = line.TakeWord("the name of the call that is over follows, such as 'finished read(c) -> 100'");
        }

        var name = result;
        if (line.TryTake("="))
        {
            name = line.TakeWord("a call follows, such as 'c = accept(s)'");
            if (name == "finished")
            {
                isFinished = true;
                name = line.TakeWord("the name of the call that is over follows");
            }
        }
        else
        {
            result = null;
        }

        line.Take("(", Form);
        var arguments = Arguments(line);
        var expected = Expected(line);
        line.End("a call ends with its result: -> 1000, -> ECONNRESET or -> waits");
        if (isFinished)
        {
            return arguments.Count == 1 && expected.Kind != ExpectationKind.Waits
                ? new Finished(result, name, arguments[0], expected)
                : throw line.Error("what is over is named by call and socket: 'finished read(c) -> 100'");
        }

        if (!SocketCalls.Known.TryGetValue(name, out var count))
        {
            throw line.Error($"there is no call '{name}'; there are {string.Join(", ", SocketCalls.Known.Keys)}");
        }

        if (name is "setsockopt" or "getsockopt" && arguments.Count > 1 && !SocketCalls.Options.ContainsKey(arguments[1]))
        {
            throw line.Error($"'{arguments[1]}' is no option that is known here; there are {string.Join(", ", SocketCalls.Options.Keys)}");
        }

        return arguments.Count >= count.Least && arguments.Count <= count.Most
            ? new Call(result, name, arguments, expected)
            : throw line.Error($"it is written as {count.Form}");
    }

    private static List<string> Arguments(LineReader line)
    {
        var arguments = new List<string>();
        while (!line.TryTake(")"))
        {
            arguments.Add(line.TakeWord("an argument is missing", "|-:."));
            if (!line.TryTake(",") && !line.IsNext(')'))
            {
                throw line.Error("arguments are separated by commas and end with ')'");
            }
        }

        return arguments;
    }

    private static Expectation Expected(LineReader line)
    {
        if (!line.TryTake("->"))
        {
            return Expectation.Success;
        }

        if (line.IsNextDigit || line.IsNext('-'))
        {
            var value = line.TakeNumber("a result is a number, the name of an error, or waits");
            return new Expectation(ExpectationKind.Number, value, value.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        var word = line.TakeWord("a result is a number, the name of an error, or waits", "|");
        return word == "waits" ? new Expectation(ExpectationKind.Waits)
            : Errors.TryNumber(word, out var number) ? new Expectation(ExpectationKind.Error, -number, word)
            : !word.StartsWith('E') ? new Expectation(ExpectationKind.Text, 0, word)
            : throw line.Error($"'{word}' is no error of Linux that is known here; there are {string.Join(", ", Errors.Names)}");
    }
}
