using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Millrace.Headers;

namespace HttpAppliance;

/// <summary>IPv4 addresses with a prefix, as people write them.</summary>
internal static class AddressText
{
    /// <summary>Reads <c>10.0.0.2/24</c>: the address of a host in a network of at least two hosts.</summary>
    public static bool TryParse(string text, out InetAddress address, out int prefixLength)
    {
        address = default;
        prefixLength = 0;
        var slash = text.IndexOf('/');
        if (slash < 0 || text.AsSpan(0, slash).Count('.') != 3
            || !IPAddress.TryParse(text.AsSpan(0, slash), out var parsed) || parsed.AddressFamily != AddressFamily.InterNetwork
            || !int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out prefixLength)
            || prefixLength is < 1 or > 30)
        {
            return false;
        }

        address = InetAddress.From(parsed);
        var host = address.Ipv4 & HostMask(prefixLength);
        return host != 0 && host != HostMask(prefixLength) && !IPAddress.IsLoopback(parsed) && address.Ipv4 >> 28 < 14;
    }

    /// <summary>The first host address of the network that is not the given one: the other end of a point-to-point wire.</summary>
    public static InetAddress NeighbourOf(InetAddress address, int prefixLength)
    {
        var first = (address.Ipv4 & ~HostMask(prefixLength)) + 1;
        return InetAddress.FromIpv4(first == address.Ipv4 ? first + 1 : first);
    }

    private static uint HostMask(int prefixLength) => uint.MaxValue >> prefixLength;
}
