using Millrace.Ip;

namespace Millrace;

/// <summary>
/// A route, as <c>ip route add</c> has it: it is data of the program and there when the stack is made. <c>stack.Ipv4.AddRoute</c> and
/// <c>RemoveRoute</c> change routes while the stack runs, declared ones too.
/// </summary>
/// <param name="network">The network with its prefix, such as <c>10.1.0.0/16</c>; bits behind the prefix are 0.</param>
/// <example><c>[Route("10.1.0.0/16", Via = "10.0.0.254")] [Route("192.168.0.0/16", Kind = RouteKind.Unreachable)]</c></example>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class RouteAttribute(string network) : Attribute
{
    public string Network { get; } = network;

    /// <summary>The gateway, on the network of one of the interfaces; without one the destinations are on the link of <see cref="On"/>.</summary>
    public string? Via { get; set; }

    /// <summary>The interface that packets leave by; found by the gateway if it is not written.</summary>
    public string? On { get; set; }

    /// <summary>Of several routes to one network the one with the lowest metric is used.</summary>
    public uint Metric { get; set; }

    /// <summary>What becomes of the packets.</summary>
    public RouteKind Kind { get; set; }
}
