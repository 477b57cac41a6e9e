namespace Millrace.Ip;

/// <summary>
/// The addresses that a declaration with several interfaces gives them, for a network stage's constructor: the parameter is
/// optional, and left out where there is one interface.
/// </summary>
/// <param name="first">Index of the interface that the stage's own address belongs to.</param>
/// <param name="others">The addresses of other interfaces, each by its index.</param>
public sealed class InterfaceAddresses(int first, params (int Interface, InterfaceAddress Address)[] others)
{
    public int First { get; } = first;

    public IReadOnlyList<(int Interface, InterfaceAddress Address)> Others { get; } = others;
}
