namespace Millrace;

/// <summary>The IPv4 address of a further interface, beside the one that <see cref="Ipv4Attribute"/> has.</summary>
/// <param name="address">
/// The address and its prefix, such as <c>192.0.2.1/24</c>; <c>stack.Ipv4.SetAddress</c> changes it while the stack runs.
/// </param>
/// <example><c>[Ipv4("10.0.0.1/24", On = "lan")] [Ipv4Address("192.0.2.1/24", On = "wan")]</c></example>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class Ipv4AddressAttribute(string address) : Attribute
{
    public string Address { get; } = address;

    /// <summary>The interface that the address belongs to.</summary>
    public required string On { get; set; }
}
