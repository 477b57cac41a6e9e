namespace Millrace.Generators.Spec;

/// <summary>The points of netfilter that a hook's interfaces name.</summary>
[Flags]
internal enum HookPoints
{
    None = 0,
    PreRouting = 1 << 0,
    LocalIn = 1 << 1,
    Forward = 1 << 2,
    LocalOut = 1 << 3,
    PostRouting = 1 << 4,
}

/// <summary>A hook, in source order.</summary>
internal sealed record HookSpec(
    string Name,
    string Declared,
    int Line,
    string Type,
    bool IsPublic,
    int Priority,
    HookPoints Points,
    EquatableArray<ParameterSpec> Constructor,
    EquatableArray<string> Drops)
{
    public bool IsAt(HookPoints point) => (Points & point) != 0;
}
