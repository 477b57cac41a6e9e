using System.Globalization;
using Millrace.Headers;

namespace Millrace.Ip;

/// <summary>An IPv4 address of an interface with the length of its network's prefix, as in <c>10.0.0.2/24</c>.</summary>
/// <param name="Address">The address as a host number (<c>10.0.0.1</c> is 0x0A000001); 0 for none.</param>
/// <param name="PrefixLength">Bits of the network's prefix, 0 to 32.</param>
public readonly record struct InterfaceAddress(uint Address, int PrefixLength)
{
    /// <summary>The bits of the prefix.</summary>
    public uint Mask => PrefixLength == 0 ? 0 : uint.MaxValue << (32 - PrefixLength);

    /// <summary>The directed broadcast address of the network; none for prefixes of 31 and 32 bits (RFC 3021 §2.1).</summary>
    public uint Broadcast => Address == 0 || PrefixLength > 30 ? 0 : Address | ~Mask;

    /// <summary>Whether an address is on the interface's network.</summary>
    public bool Covers(uint address) => Address != 0 && ((address ^ Address) & Mask) == 0;

    /// <exception cref="FormatException">The text is not an IPv4 address with a prefix length.</exception>
    public static InterfaceAddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash > 0
            && InetAddress.TryParse(text[..slash], out var address) && address.IsIpv4
            && int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var prefixLength)
            && prefixLength <= 32)
        {
            return new InterfaceAddress(address.Ipv4, prefixLength);
        }

        throw new FormatException($"'{text}' is not an interface address; write one as 10.0.0.2/24");
    }

    public override string ToString() => $"{InetAddress.FromIpv4(Address)}/{PrefixLength}";
}
