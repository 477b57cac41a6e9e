using Millrace.Headers;
using Millrace.Memory;

namespace Millrace;

/// <summary>A packet on its way out, with what the network layer needs to know of it.</summary>
public struct Outgoing
{
    /// <summary>The packet; its data begins with the transport header, or with the link header if <see cref="IsLinkFrame"/>.</summary>
    public Frame Frame;

    /// <summary>Network source; unspecified lets the network layer choose.</summary>
    public InetAddress Source;

    public InetAddress Destination;

    public IpProtocol Protocol;

    /// <summary>Time to live or hop limit; 0 takes the network layer's default.</summary>
    public byte Ttl;

    /// <summary>DSCP and ECN.</summary>
    public byte TrafficClass;

    /// <summary>Index of the interface for a link frame.</summary>
    public byte Interface;

    /// <summary>The packet may not be fragmented on its way.</summary>
    public bool DontFragment;

    /// <summary>The packet is complete with its link header and passes the network layer by.</summary>
    public bool IsLinkFrame;
}
