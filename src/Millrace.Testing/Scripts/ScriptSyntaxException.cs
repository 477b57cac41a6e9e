namespace Millrace.Testing.Scripts;

/// <summary>A script that cannot be read: the message has file, line and column, and what to write instead.</summary>
public sealed class ScriptSyntaxException(string file, int line, int column, string message)
    : Exception(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{file}({line},{column}): {message}"))
{
    /// <summary>From 1.</summary>
    public int Line { get; } = line;

    /// <summary>From 1.</summary>
    public int Column { get; } = column;
}
