namespace Millrace.Nics;

/// <summary>Some of a stack's interfaces; written as a list of their names in an attribute.</summary>
/// <param name="Mask">Bit n stands for the interface with index n.</param>
public readonly record struct InterfaceSet(uint Mask)
{
    public static InterfaceSet All => new(uint.MaxValue);

    public bool Contains(int networkInterface) => (Mask >> networkInterface & 1) != 0;
}
