namespace Millrace.Testing.Scripts;

/// <summary>
/// A packet script: what is sent to a stack, what it has to send, which socket calls are made and what they return, one a line.
/// README.md beside this file has the language.
/// </summary>
public sealed class Script
{
    internal Script(string file, string[] lines)
    {
        File = file;
        TextLines = lines;
    }

    /// <summary>The name that reports use.</summary>
    public string File { get; }

    /// <summary>What the script shows: the comment that it begins with.</summary>
    public string Description { get; internal set; } = string.Empty;

    /// <summary>Why a system is known to behave otherwise, by its name (<c>kernel</c>, <c>millrace</c>); the script has to fail there.</summary>
    public IReadOnlyDictionary<string, string> FailsOn => Fails;

    /// <summary>Why the script is not run on a system, by its name.</summary>
    public IReadOnlyDictionary<string, string> SkippedOn => Skips;

    internal Dictionary<string, string> Fails { get; } = [];

    internal Dictionary<string, string> Skips { get; } = [];

    internal IReadOnlyList<string> TextLines { get; }

    internal List<ScriptSetting> Settings { get; } = [];

    internal Dictionary<string, ScriptFlow> Flows { get; } = [];

    internal List<ScriptLine> Lines { get; } = [];

    /// <summary>The initial sequence number of the script's side.</summary>
    internal uint PeerIss { get; set; } = 0x7FFF_F000;

    internal int Mtu { get; set; } = 1500;

    /// <exception cref="ScriptSyntaxException">The script cannot be read.</exception>
    public static Script Parse(string file, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new ScriptParser(file, text).Parse();
    }

    /// <summary>Reads a file; reports name it by its path from a folder.</summary>
    public static Script Load(string path, string folder) =>
        Parse(Path.GetRelativePath(folder, path).Replace('\\', '/'), System.IO.File.ReadAllText(path));
}

/// <summary>A sysctl or a setting of the declaration, by name.</summary>
internal sealed record ScriptSetting(int Line, string Name, string Value);

/// <summary>When something is to happen, in nanoseconds from when the line before happened.</summary>
/// <param name="IsRange">Whether both ends were written; otherwise they are equal, and the system's tolerance applies.</param>
internal readonly record struct ScriptTime(long Earliest, long Latest, bool IsRange);

internal sealed record ScriptLine(int Number, string Text, ScriptTime? Time, ScriptStatement Statement);

/// <summary>What a line says.</summary>
internal abstract record ScriptStatement;

/// <summary>A packet that the script sends to the stack.</summary>
internal sealed record Inbound(PacketPattern Packet) : ScriptStatement;

/// <summary>An ICMP error that the script sends to the stack.</summary>
/// <param name="Sequence">The relative sequence number of the quoted segment of the stack.</param>
internal sealed record InboundError(string Flow, byte Type, byte Code, uint Rest, long Sequence) : ScriptStatement;

/// <summary>A packet that the stack has to send now.</summary>
internal sealed record Outbound(PacketPattern Packet) : ScriptStatement;

internal sealed record Silence(long Duration) : ScriptStatement;

/// <summary>A socket call.</summary>
/// <param name="Result">Where the descriptor goes that it returns, or null.</param>
internal sealed record Call(string? Result, string Name, IReadOnlyList<string> Arguments, Expectation Expected) : ScriptStatement
{
    public override string ToString() => $"{Name}({string.Join(", ", Arguments)})";
}

/// <summary>A call that waited is over.</summary>
internal sealed record Finished(string? Result, string Name, string Socket, Expectation Expected) : ScriptStatement;

/// <summary>What a call is to return.</summary>
internal sealed record Expectation(ExpectationKind Kind, long Value = 0, string Text = "")
{
    public static Expectation Success { get; } = new(ExpectationKind.Success);

    public override string ToString() => Kind switch
    {
        ExpectationKind.Success => "success",
        ExpectationKind.Waits => "waits",
        _ => Text,
    };
}

internal enum ExpectationKind
{
    /// <summary>No error, and all that was asked for.</summary>
    Success,
    Number,
    Error,

    /// <summary>A text, such as what poll says.</summary>
    Text,

    /// <summary>The call does not return now; a later line says when.</summary>
    Waits,
}

/// <summary>Something that has to be true now.</summary>
/// <param name="Subject">state, info or counter.</param>
/// <param name="Name">A flow, a socket, or the counter.</param>
internal sealed record Assertion(string Subject, string Name, string Field, string Operator, string Value) : ScriptStatement;
