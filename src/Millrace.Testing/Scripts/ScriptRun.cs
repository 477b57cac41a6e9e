using Millrace.Testing.Packets;

namespace Millrace.Testing.Scripts;

/// <summary>One run of a script on a system: line by line, and whatever the system sends beside that is a failure.</summary>
public sealed class ScriptRun
{
    private readonly Script script;
    private readonly IScriptSystem system;
    private readonly Dictionary<string, ScriptFlow> flows = [];
    private readonly ScriptSockets sockets;
    private TakenPacket? waiting;
    private ScriptLine? current;
    private long last;

    private ScriptRun(Script script, IScriptSystem system)
    {
        this.script = script;
        this.system = system;
        foreach (var (name, flow) in script.Flows)
        {
            flows[name] = flow.Copy(script.PeerIss);
        }

        sockets = new ScriptSockets(system, flows);
    }

    /// <summary>Runs a script on a system that was made for it alone.</summary>
    /// <exception cref="ScriptFailure">It went otherwise than the script says.</exception>
    public static void Execute(Script script, IScriptSystem system)
    {
        ArgumentNullException.ThrowIfNull(script);
        ArgumentNullException.ThrowIfNull(system);
        new ScriptRun(script, system).Execute();
    }

    private void Execute()
    {
        try
        {
            foreach (var setting in script.Settings)
            {
                current = new ScriptLine(setting.Line, string.Empty, null, new Silence(0));
                system.Set(setting.Name, setting.Value);
            }

            system.Start(script.Mtu);
            last = system.Now;
            foreach (var line in script.Lines)
            {
                current = line;
                Execute(line);
            }

            NothingElse(system.Now);
            system.Check();
        }
        catch (Exception exception) when (exception is not ScriptFailure)
        {
            throw Failure(exception is ScriptUnsupportedException ? exception.Message : $"{exception.GetType().Name}: {exception.Message} {exception.StackTrace}");
        }
    }

    private void Execute(ScriptLine line)
    {
        switch (line.Statement)
        {
            case Outbound(var packet):
                foreach (var one in packet.Split())
                {
                    Expect(one, line.Time);
                }

                break;

            case Finished finished:
                Finish(finished, line.Time);
                break;

            case var statement:
                if (line.Time is { } time)
                {
                    NothingElse(last + time.Earliest);
                }

                Do(statement);
                break;
        }
    }

    private void Do(ScriptStatement statement)
    {
        switch (statement)
        {
            case Inbound(var packet):
                NothingElse(system.Now);
                sockets.HasUrgent |= packet.Urgent is not null;
                foreach (var one in packet.Split())
                {
                    system.Inject(PacketBuilder.Build(one, flows[one.Flow]));
                }

                break;

            case InboundError error:
                NothingElse(system.Now);
                system.Inject(PacketBuilder.Build(error, flows[error.Flow]));
                break;

            case Silence silence:
                NothingElse(last + silence.Duration);
                break;

            case Call call when sockets.Make(call) is { } wrong:
                throw Failure(wrong);

            case Assertion assertion when sockets.Judge(assertion) is { } wrong:
                throw Failure(wrong);
        }

        last = system.Now;
    }

    private void Expect(PacketPattern expected, ScriptTime? time)
    {
        var (earliest, latest) = Window(time);
        if (Wait(latest) is not { } packet)
        {
            throw Failure($"nothing was sent until {Milliseconds(system.Now - last)} after the line before");
        }

        waiting = null;
        var dissection = Dissect(packet);
        Learn(expected, dissection);
        var differences = PacketMatcher.Differences(expected, dissection, flows[expected.Flow], 4 + system.Tolerance(packet.At).Late / 1_000_000);
        if (packet.At < earliest || packet.At > latest)
        {
            differences.Add($"it was sent {Milliseconds(packet.At - last)} after the line before, not {Milliseconds(earliest - last)} to {Milliseconds(latest - last)}");
        }

        if (differences.Count > 0)
        {
            waiting = packet;
            throw Failure(string.Join("; ", differences));
        }

        last = Math.Max(last, packet.At);
    }

    private (long Earliest, long Latest) Window(ScriptTime? time)
    {
        var (from, to) = time is { } given ? (given.Earliest, given.Latest) : (0, 0);
        return time is { IsRange: true }
            ? (last + from, last + to)
            : (last + from - system.Tolerance(from).Early, last + to + system.Tolerance(to).Late);
    }

    /// <summary>What the first packet of a flow says: a port the stack chose, its sequence number, its timestamp.</summary>
    private void Learn(PacketPattern expected, Dissection packet)
    {
        var flow = flows[expected.Flow];
        if (packet is { Tcp: { } tcp, Ip: { } ip } && tcp.Flags.HasFlag(SegmentFlags.Syn) && !tcp.Flags.HasFlag(SegmentFlags.Ack)
            && !flow.IsPortLearnt && ip.Destination == flow.Peer && tcp.DestinationPort == flow.PeerPort)
        {
            flow.StackPort = tcp.SourcePort;
            flow.IsPortLearnt = true;
        }

        if (flow.Sends(packet))
        {
            flow.Learn(packet.Tcp!);
        }
    }

    private void Finish(Finished finished, ScriptTime? time)
    {
        var (earliest, latest) = Window(time);
        var isOver = false;
        while (!isOver)
        {
            // a packet that was there before the call was looked at did not come with its end
            var earlier = waiting;
            if (sockets.Finish(finished, out isOver) is { } wrong)
            {
                throw Failure(wrong);
            }

            if (isOver)
            {
                break;
            }

            if (earlier is not null)
            {
                throw Failure($"something else was sent, and {finished.Name}({finished.Socket}) still waits");
            }

            if (waiting is null && system.TryTake(out var packet))
            {
                waiting = packet;
                continue;
            }

            if (system.Now >= latest)
            {
                throw Failure($"{finished.Name}({finished.Socket}) still waits {Milliseconds(system.Now - last)} after the line before");
            }

            system.Run(latest);
        }

        if (system.Now < earliest)
        {
            throw Failure($"{finished.Name}({finished.Socket}) was over {Milliseconds(system.Now - last)} after the line before, not {Milliseconds(earliest - last)}");
        }

        last = system.Now;
    }

    /// <summary>Lets time go on to the given one; nothing may be sent.</summary>
    private void NothingElse(long until)
    {
        if (Wait(until) is { } packet)
        {
            waiting = packet;
            throw Failure($"something else was sent {Milliseconds(packet.At - last)} after the line before");
        }
    }

    private TakenPacket? Wait(long until)
    {
        while (waiting is null)
        {
            if (system.TryTake(out var packet))
            {
                waiting = packet;
            }
            else if (system.Now >= until)
            {
                break;
            }
            else
            {
                system.Run(until);
            }
        }

        return waiting;
    }

    private ScriptFailure Failure(string what)
    {
        var really = new List<string>();
        for (var packet = waiting ?? (system.TryTake(out var first) ? first : null); packet is { } one && really.Count < 12; packet = system.TryTake(out var further) ? further : null)
        {
            really.Add($"{PacketWords.Describe(Dissect(one), flows.Values)}   ({Milliseconds(one.At - last)} after the line before)");
        }

        // a given line stands for several: say which of them it was
        var line = current!;
        var given = line.Text.Length > 0 && !script.TextLines[line.Number - 1].Contains(line.Text, StringComparison.Ordinal) ? $"'{line.Text}': " : string.Empty;
        return new ScriptFailure(script, system.Name, line.Number, given + what, really);
    }

    private static Dissection Dissect(TakenPacket packet) =>
        Dissection.Of(new EthernetFrame { Payload = packet.Bytes }.ToBytes());

    private static string Milliseconds(long time) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{time / 1_000_000.0:0.###}ms");
}
