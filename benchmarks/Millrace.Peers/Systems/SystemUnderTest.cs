namespace Millrace.Peers.Systems;

/// <summary>A program that can be started, or the reason why it cannot.</summary>
/// <param name="Command">The program and the arguments before <c>run</c>; empty if there is none.</param>
/// <param name="Unavailable">Why there is none; null if there is one.</param>
internal sealed record SystemUnderTest(string Name, IReadOnlyList<string> Command, string? Unavailable)
{
    public static SystemUnderTest Ready(string name, params string[] command) => new(name, command, null);

    public static SystemUnderTest Missing(string name, string why) => new(name, [], why);
}
