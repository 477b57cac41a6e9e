namespace Millrace.Profiles;

/// <summary>One thing that was counted in a method: how often an edge was taken, which types were seen at a call.</summary>
/// <param name="Kind">ICorJitInfo::PgoInstrumentationKind; the lowest four bits are what a value is.</param>
/// <param name="Other">What it is depends on the kind: of an edge, the IL offset that it leads to.</param>
/// <param name="Values">Numbers as text, or the names of types and methods.</param>
public sealed record Schema(int Kind, int ILOffset, int Other, IReadOnlyList<string> Values)
{
    private const int MarshalMask = 0xF;

    /// <summary>What each of the values is.</summary>
    public SchemaValue Value => (SchemaValue)(Kind & MarshalMask);

    /// <summary>Whether values of several runs may be added.</summary>
    public bool IsCount => Values.Count == 1 && Value is SchemaValue.FourByte or SchemaValue.EightByte;
}

/// <summary>The values of a schema, numbered as the runtime does.</summary>
public enum SchemaValue
{
    None,
    FourByte,
    EightByte,
    TypeHandle,
    MethodHandle,
}
