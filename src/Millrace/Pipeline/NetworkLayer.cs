using Millrace.Headers;
using Millrace.Memory;

namespace Millrace;

/// <summary>What transports may ask of the network layer below them, whatever its family. None of it is asked for each packet.</summary>
public abstract class NetworkLayer
{
    /// <summary>Finds the way to a destination.</summary>
    /// <returns>False if there is no route.</returns>
    public abstract bool TryRoute(InetAddress destination, out Route route);

    /// <summary>The largest network packet that can reach a destination whole, in bytes with the network header.</summary>
    public abstract int PathMtu(InetAddress destination);

    /// <summary>
    /// Believes that a path is narrower, because a router says so of a packet that the transport has in flight. An ICMP message alone is
    /// not believed of a transport that can tell (RFC 5927 §7.2).
    /// </summary>
    /// <param name="mtu">Bytes as the router says them; 0 from one that is older than RFC 1191.</param>
    /// <returns>The path's MTU now.</returns>
    public abstract int LearnPathMtu(InetAddress destination, int mtu, long now);

    /// <summary>Whether the address is one of this stack's own, to which a packet may be addressed.</summary>
    public abstract bool IsLocal(InetAddress address);

    /// <summary>Bytes of the network header before a transport header sent to the destination.</summary>
    public abstract int HeaderLength(InetAddress destination);

    /// <summary>Answers a packet that cannot be delivered with an ICMP error, within the rate limits.</summary>
    /// <param name="packet">A packet whose metadata has the network header's offset.</param>
    public abstract void Reject(Frame packet, RejectReason reason, long now);
}

/// <summary>The way to a destination.</summary>
/// <param name="Source">The address this stack sends from.</param>
/// <param name="Interface">Index of the interface.</param>
/// <param name="IsLocal">Whether the destination is this stack itself.</param>
/// <param name="Mtu">Bytes of the largest network packet that fits.</param>
public readonly record struct Route(InetAddress Source, int Interface, bool IsLocal, int Mtu);

public enum RejectReason : byte
{
    PortUnreachable,
    ProtocolUnreachable,
    HostUnreachable,
}
