using Millrace.Headers;

namespace Millrace.Workers;

/// <summary>What one worker tells the others: what it has learnt of the network, or what it was told to change.</summary>
/// <param name="Kind">Says which of the other fields mean something.</param>
/// <param name="Interface">Index of the interface.</param>
/// <param name="Address">A neighbour's, a route's network or destination, an interface's new address.</param>
/// <param name="Other">The target of an ARP packet, or a route's gateway.</param>
/// <param name="Link">A neighbour's link address.</param>
/// <param name="Number">A prefix length, of a route with its kind in the second byte, or bytes of a path MTU.</param>
/// <param name="Metric">A route's metric.</param>
/// <param name="Flag">ARP: whether the packet was a reply to this host. Path MTU: whether it is locked.</param>
/// <param name="Error">What came of something that the flow's owner had sent.</param>
public readonly record struct WorkerNotice(
    WorkerNoticeKind Kind,
    byte Interface = 0,
    InetAddress Address = default,
    InetAddress Other = default,
    MacAddress Link = default,
    int Number = 0,
    uint Metric = 0,
    bool Flag = false,
    TransportError Error = default);

public enum WorkerNoticeKind : byte
{
    /// <summary>An ARP packet came in that says where a neighbour is.</summary>
    Neighbour,

    /// <summary>An ICMP error said how large packets to a destination may be.</summary>
    PathMtu,

    /// <summary>An interface was given another address.</summary>
    AddressChanged,

    RouteAdded,

    RouteRemoved,

    /// <summary>An ICMP error about a flow, for its owner alone.</summary>
    TransportError,
}

/// <summary>A stage that hears of what other workers have learnt.</summary>
public interface IWorkerNotices
{
    void Noticed(in WorkerNotice notice, long now);
}
