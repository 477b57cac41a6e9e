using System.Globalization;

namespace Millrace.Testing.Scripts;

/// <summary>The sockets of a run by the names that the script gives them, the calls on them, and those that wait.</summary>
internal sealed class ScriptSockets(IScriptSystem system, Dictionary<string, ScriptFlow> flows)
{
    private readonly Dictionary<string, Socket> sockets = [];
    private readonly List<Waiting> waiting = [];

    /// <summary>The peer has sent urgent data: a read may leave its byte out.</summary>
    public bool HasUrgent { get; set; }

    private sealed class Socket(int descriptor)
    {
        public int Descriptor { get; } = descriptor;

        public long Read { get; set; }

        /// <summary>SO_PEEK_OFF, below 0 if it was not set.</summary>
        public long PeekOffset { get; set; } = -1;

        public long Written { get; set; }
    }

    private sealed record Waiting(Call Call)
    {
        public long Done { get; set; }
    }

    /// <returns>What is wrong with it, or null.</returns>
    public string? Make(Call call)
    {
        var result = Result(call, 0);
        if (call.Expected.Kind == ExpectationKind.Waits)
        {
            var asked = Asked(call);
            var isUnder = result is -Errors.TryAgain or -Errors.InProgress || (call.Name is "write" or "send" && result >= 0 && result < asked);
            waiting.Add(new Waiting(call) { Done = Math.Max(result, 0) });
            return isUnder ? null : $"{call} does not wait, it returns {Errors.Describe(result)}";
        }

        return Take(call, result) ?? Keep(call.Result, result);
    }

    /// <summary>Tries a call again that waits.</summary>
    /// <returns>What is wrong with its end, or null.</returns>
    public string? Finish(Finished finished, out bool isOver)
    {
        var call = waiting.FirstOrDefault(one => one.Call.Name == finished.Name && one.Call.Arguments[0] == finished.Socket)
            ?? throw new ScriptUnsupportedException($"No {finished.Name}({finished.Socket}) waits; a line before has to say '-> waits'.");
        var result = call.Call.Name == "connect" ? ConnectResult(call.Call) : Result(call.Call, call.Done);
        var asked = Asked(call.Call);
        if (call.Call.Name is "write" or "send" && result > 0 && call.Done + result < asked)
        {
            call.Done += result;
            result = -Errors.TryAgain;
        }

        isOver = result is not (-Errors.TryAgain or -Errors.InProgress);
        if (!isOver)
        {
            return null;
        }

        waiting.Remove(call);
        result += result >= 0 ? call.Done : 0;
        return Take(call.Call with { Expected = finished.Expected }, result) ?? Keep(finished.Result, result);
    }

    public string? Judge(Assertion assertion)
    {
        if (assertion.Subject == "state")
        {
            var flow = flows[assertion.Name];
            var state = system.StateOf(flow.Stack, flow.StackPort, flow.Peer, flow.PeerPort);
            return (state == assertion.Value) == (assertion.Operator == "==") ? null : $"the state is {state}";
        }

        var actual = assertion.Subject == "info" ? system.InfoOf(Find(assertion.Name).Descriptor, assertion.Field) : system.Counter(assertion.Name);
        var value = long.Parse(assertion.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var holds = assertion.Operator switch
        {
            "==" => actual == value,
            "!=" => actual != value,
            "<=" => actual <= value,
            ">=" => actual >= value,
            "<" => actual < value,
            _ => actual > value,
        };
        return holds ? null : string.Create(CultureInfo.InvariantCulture, $"{(assertion.Subject == "info" ? assertion.Field : assertion.Name)} is {actual}");
    }

    private long ConnectResult(Call call)
    {
        var descriptor = Find(call.Arguments[0]).Descriptor;
        var ready = system.Call(new SocketCall("poll", descriptor));
        return (ready & 0x1C) == 0 ? -Errors.InProgress
            : -system.Call(new SocketCall("getsockopt", descriptor) { Option = "SO_ERROR" });
    }

    private long Result(Call call, long done)
    {
        var arguments = call.Arguments;
        if (call.Name == "socket")
        {
            return system.Call(new SocketCall("socket", 0));
        }

        var socket = Find(arguments[0]);
        var made = new SocketCall(call.Name, socket.Descriptor);
        switch (call.Name)
        {
            case "bind":
                return system.Call(made with { Port = (ushort)Number(arguments[1]) });
            case "listen":
                return system.Call(made with { Number = Number(arguments[1]) });
            case "connect":
                return system.Call(To(made, arguments.Count > 1 ? arguments[1] : ScriptFlow.DefaultName));
            case "shutdown":
                return system.Call(made with { Number = arguments[1] switch { "SHUT_RD" => 0, "SHUT_WR" => 1, "SHUT_RDWR" => 2, var how => Number(how) } });
            case "setsockopt":
                return Set(socket, made with { Option = arguments[1], Values = [.. arguments.Skip(2).Select(Number)] });
            case "getsockopt":
                return system.Call(made with { Option = arguments[1] });
            case "ioctl":
                return system.Call(made with { Number = arguments[1] switch { "SIOCINQ" => 0x541B, "SIOCOUTQ" => 0x5411, "SIOCATMARK" => 0x8905, var request => Number(request) } });
            case "read" or "recv":
                return Read(socket, made, call);
            case "write" or "send" or "sendto":
                return Write(socket, made, call, done);
            default:
                return system.Call(made);
        }
    }

    private long Read(Socket socket, SocketCall made, Call call)
    {
        var buffer = new byte[Asked(call)];
        var flags = call.Arguments.Count > 2 ? SocketCalls.FlagsOf(call.Arguments[2]) : 0;
        var count = system.Call(made with { Name = "recv", Buffer = buffer, Number = flags });
        if (count <= 0 || (flags & SocketCalls.MessageFlags["MSG_OOB"]) != 0)
        {
            return count;
        }

        var isPeek = (flags & SocketCalls.MessageFlags["MSG_PEEK"]) != 0;
        var differs = (flags & SocketCalls.MessageFlags["MSG_TRUNC"]) != 0 ? -1
            : Streams.FromPeer.Differs(buffer.AsSpan(0, (int)count), socket.Read + (isPeek ? Math.Max(socket.PeekOffset, 0) : 0));
        if (differs >= 0 && HasUrgent && Streams.FromPeer.Differs(buffer.AsSpan(0, (int)count), socket.Read + 1) < 0)
        {
            socket.Read += isPeek ? 0 : 1;
            differs = -1;
        }

        if (differs >= 0)
        {
            throw new ScriptUnsupportedException(string.Create(CultureInfo.InvariantCulture, $"What was read is not what was sent, from byte {socket.Read + differs} of the stream on."));
        }

        socket.Read += isPeek ? 0 : count;
        socket.PeekOffset = socket.PeekOffset < 0 ? -1 : Math.Max(socket.PeekOffset + (isPeek ? count : -count), 0);
        return count;
    }

    private long Set(Socket socket, SocketCall call)
    {
        var result = system.Call(call);
        if (result == 0 && call.Option == "SO_PEEK_OFF")
        {
            socket.PeekOffset = call.Values[0];
        }

        return result;
    }

    private long Write(Socket socket, SocketCall made, Call call, long done)
    {
        var buffer = new byte[Asked(call) - done];
        Streams.FromStack.Fill(buffer, socket.Written);
        var flags = call.Arguments.Count > 2 ? SocketCalls.FlagsOf(call.Arguments[2]) : 0;
        made = made with { Name = "send", Buffer = buffer, Number = flags };
        var count = system.Call(call.Name == "sendto" ? To(made with { Name = "sendto" }, call.Arguments.Count > 3 ? call.Arguments[3] : ScriptFlow.DefaultName) : made);
        socket.Written += Math.Max(count, 0);
        return count;
    }

    private static long Asked(Call call) =>
        call.Name is "read" or "recv" or "write" or "send" or "sendto" ? Number(call.Arguments[1]) : 0;

    private SocketCall To(SocketCall call, string name) => flows.TryGetValue(name, out var flow)
        ? call with { Address = flow.Peer, Port = flow.PeerPort }
        : throw new ScriptUnsupportedException($"There is no flow '{name}'; write 'flow {name} = 192.0.2.2:40001 > 80' at the top.");

    private static string? Take(Call call, long result)
    {
        var expected = call.Expected;
        var isRight = expected.Kind switch
        {
            ExpectationKind.Success => result >= 0 && (Asked(call) == 0 || result == Asked(call)),
            ExpectationKind.Text => call.Name == "poll" && PollText(result) == expected.Text,
            _ => result == expected.Value,
        };
        var returned = call.Name == "poll" && result >= 0 ? PollText(result) : Errors.Describe(result);
        return isRight ? null : $"{call} returns {returned}, not {expected}";
    }

    private static string PollText(long bits) =>
        bits == 0 ? "0" : string.Join('|', SocketCalls.PollBits.Where(known => (bits & known.Bit) != 0).Select(known => known.Name));

    private string? Keep(string? name, long result)
    {
        if (name is not null && result >= 0)
        {
            sockets[name] = new Socket((int)result);
        }

        return null;
    }

    private Socket Find(string name) => sockets.TryGetValue(name, out var socket)
        ? socket
        : throw new ScriptUnsupportedException($"There is no socket '{name}'; write '{name} = socket()' or '{name} = accept(s)' before.");

    private static int Number(string text) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
        ? number
        : throw new ScriptUnsupportedException($"'{text}' is not a number.");
}
