using Millrace.Headers;

namespace Millrace.Ip;

/// <summary>What becomes of packets to a network (RTN_* of include/uapi/linux/rtnetlink.h).</summary>
public enum RouteKind : byte
{
    /// <summary>They go to a gateway, or to their destination if it is on the link (RTN_UNICAST).</summary>
    Unicast,

    /// <summary>They are dropped, and nobody is told (RTN_BLACKHOLE).</summary>
    Blackhole,

    /// <summary>They are dropped, and the sender is told that the host cannot be reached (RTN_UNREACHABLE).</summary>
    Unreachable,

    /// <summary>They are dropped, and the sender is told that a rule forbids them (RTN_PROHIBIT).</summary>
    Prohibit,
}

/// <summary>A way to a network, as <c>ip route</c> has it.</summary>
/// <param name="Network">The network's address as a host number (<c>10.1.0.0</c> is 0x0A010000); bits behind the prefix are 0.</param>
/// <param name="PrefixLength">Bits of the prefix, 0 to 32.</param>
/// <param name="Gateway">The next hop as a host number, or 0 if the network is on the link.</param>
/// <param name="Interface">Index of the interface.</param>
/// <param name="Metric">Of several routes to one network the one with the lowest metric is used.</param>
public readonly record struct Ipv4Route(
    uint Network, byte PrefixLength, uint Gateway, byte Interface, uint Metric = 0, RouteKind Kind = RouteKind.Unicast)
{
    /// <summary>Whether its destinations are on the link (RT_SCOPE_LINK).</summary>
    public bool IsConnected => Kind == RouteKind.Unicast && Gateway == 0;

    public bool Covers(uint address) => ((address ^ Network) & Mask(PrefixLength)) == 0;

    internal static uint Mask(int prefixLength) => prefixLength == 0 ? 0 : uint.MaxValue << (32 - prefixLength);

    /// <summary>As <c>ip route</c> prints it.</summary>
    public override string ToString() =>
        (Kind == RouteKind.Unicast ? "" : Kind.ToString().ToLowerInvariant() + " ")
        + $"{InetAddress.FromIpv4(Network)}/{PrefixLength}"
        + (Gateway == 0 ? "" : $" via {InetAddress.FromIpv4(Gateway)}")
        + (Kind == RouteKind.Unicast ? $" dev {Interface}" : "")
        + (Metric == 0 ? "" : $" metric {Metric}");
}
