using Millrace.Headers;
using Millrace.Ip;

namespace Millrace;

/// <summary>IPv4 with ARP and ICMP (RFC 791, 826, 792, 1122).</summary>
/// <param name="address">
/// The interface's address and prefix, such as <c>10.0.0.2/24</c>, or <c>0.0.0.0/0</c> for none yet; <c>stack.Ipv4.SetAddress</c>
/// changes it while the stack runs.
/// </param>
[StageType(typeof(Ipv4Stage<,,>), Place = 1000, Summary = "checks IPv4 headers, reassembles, answers ARP and ICMP; routes and resolves what goes out")]
public sealed class Ipv4Attribute(string address) : StageAttribute
{
    public string Address { get; } = address;

    /// <summary>
    /// The default gateway, such as <c>10.0.0.1</c>; none if it is not written. <c>stack.Ipv4.SetGateway</c> changes it while
    /// the stack runs.
    /// </summary>
    public string Gateway { get; set; } = "";

    /// <summary>Whether packets for other hosts are routed on: then the stack is a router.</summary>
    public bool Forwarding { get; set; }

    /// <summary>
    /// Routes that find room, beside those to the networks of the interfaces. With <see cref="Forwarding"/> they decide how the
    /// forwarding table is made: up to 16 begin with 1 KiB, up to 512 with 256 KiB, more with 64 MiB of which routes touch their part.
    /// </summary>
    public int Routes { get; set; }

    /// <summary>Time to live of packets whose sender does not ask for one.</summary>
    public int DefaultTtl { get; set; }

    /// <summary>Frames that fragments may hold while their datagrams are incomplete.</summary>
    public int ReassemblyFrames { get; set; }

    /// <summary>Seconds a datagram waits for its fragments, counted from the first that came.</summary>
    public int ReassemblySeconds { get; set; }

    /// <summary>Fragments of a source that may come between two of one datagram.</summary>
    public int ReassemblyMaxDistance { get; set; }

    /// <summary>What becomes of fragments that overlap.</summary>
    public FragmentOverlap ReassemblyOverlap { get; set; }

    /// <summary>Neighbours that can be known at once.</summary>
    public int Neighbours { get; set; }

    /// <summary>Bytes (truesize) that wait for one neighbour's address.</summary>
    public int NeighbourQueueBytes { get; set; }

    /// <summary>Seconds a confirmed neighbour is trusted; each time a random span from a half to one and a half of it.</summary>
    public int NeighbourReachableSeconds { get; set; }

    /// <summary>Seconds from the first use of a stale neighbour to the first probe.</summary>
    public int NeighbourDelaySeconds { get; set; }

    /// <summary>Milliseconds between two probes.</summary>
    public int NeighbourRetransmitMilliseconds { get; set; }

    /// <summary>Probes to a neighbour's last address before it counts as failed.</summary>
    public int NeighbourUnicastProbes { get; set; }

    /// <summary>Requests to everybody before an unknown neighbour counts as failed.</summary>
    public int NeighbourMulticastProbes { get; set; }

    /// <summary>ICMP errors a second over all destinations.</summary>
    public int IcmpMessagesPerSecond { get; set; }

    /// <summary>ICMP errors at once over all destinations.</summary>
    public int IcmpMessagesBurst { get; set; }

    /// <summary>Milliseconds between two ICMP errors to one destination, after a burst of six.</summary>
    public int IcmpRateLimitMilliseconds { get; set; }

    /// <summary>Bytes of the smallest path MTU that is believed.</summary>
    public int MinimumPathMtu { get; set; }

    /// <summary>Seconds after which a path MTU that was learnt is forgotten.</summary>
    public int PathMtuSeconds { get; set; }
}

/// <summary>Settings of <see cref="Ipv4Attribute"/>.</summary>
public interface IIpv4Settings
{
    [DecidesCapacity]
    InterfaceAddress Address { get; }

    [Default("")]
    [SameIn(KernelProfile.Linux_3_18)]
    [DecidesCapacity]
    InetAddress Gateway { get; }

    [Default(false, Source = "net.ipv4.ip_forward")]
    [SameIn(KernelProfile.Linux_3_18)]
    bool Forwarding { get; }

    // Linux has no limit
    [Default(256)]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(0, 1 << 22)]
    [DecidesCapacity]
    int Routes { get; }

    [Default(64, Source = "net.ipv4.ip_default_ttl")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, 255)]
    int DefaultTtl { get; }

    // ipfrag_high_thresh is 4 MiB of truesize, which is so many frames
    [Default(1985, Source = "net.ipv4.ipfrag_high_thresh")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(0, 1 << 20)]
    [DecidesCapacity]
    int ReassemblyFrames { get; }

    [Default(30, Source = "net.ipv4.ipfrag_time")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, 3600)]
    int ReassemblySeconds { get; }

    [Default(64, Source = "net.ipv4.ipfrag_max_dist")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(0, int.MaxValue)]
    int ReassemblyMaxDistance { get; }

    [Default(FragmentOverlap.Discard, Source = "inet_frag_queue_insert")]
    [Default(FragmentOverlap.Trim, Profile = KernelProfile.Linux_3_18, Source = "ip_frag_queue")]
    FragmentOverlap ReassemblyOverlap { get; }

    [Default(1024, Source = "net.ipv4.neigh.default.gc_thresh3")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, 1 << 20)]
    [DecidesCapacity]
    int Neighbours { get; }

    [Default(212992, Source = "net.ipv4.neigh.default.unres_qlen_bytes")]
    [Default(65_536, Profile = KernelProfile.Linux_3_18, Source = "net.ipv4.neigh.default.unres_qlen_bytes")]
    [Allowed(0, int.MaxValue)]
    int NeighbourQueueBytes { get; }

    [Default(30, Source = "net.ipv4.neigh.default.base_reachable_time_ms")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, 86400)]
    int NeighbourReachableSeconds { get; }

    [Default(5, Source = "net.ipv4.neigh.default.delay_first_probe_time")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, 3600)]
    int NeighbourDelaySeconds { get; }

    [Default(1000, Source = "net.ipv4.neigh.default.retrans_time_ms")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(10, 3600000)]
    int NeighbourRetransmitMilliseconds { get; }

    [Default(3, Source = "net.ipv4.neigh.default.ucast_solicit")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, 100)]
    int NeighbourUnicastProbes { get; }

    [Default(3, Source = "net.ipv4.neigh.default.mcast_solicit")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, 100)]
    int NeighbourMulticastProbes { get; }

    [Default(1000, Source = "net.ipv4.icmp_msgs_per_sec")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(0, int.MaxValue)]
    int IcmpMessagesPerSecond { get; }

    [Default(50, Source = "net.ipv4.icmp_msgs_burst")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(0, int.MaxValue)]
    int IcmpMessagesBurst { get; }

    [Default(1000, Source = "net.ipv4.icmp_ratelimit")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(0, 3600000)]
    int IcmpRateLimitMilliseconds { get; }

    [Default(552, Source = "net.ipv4.route.min_pmtu")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(68, 65535)]
    int MinimumPathMtu { get; }

    [Default(600, Source = "net.ipv4.route.mtu_expires")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, 86400)]
    int PathMtuSeconds { get; }
}

/// <summary>What reassembly does with fragments that overlap (net/ipv4/ip_fragment.c).</summary>
public enum FragmentOverlap
{
    /// <summary>The datagram is discarded with all of its fragments (RFC 5722; Linux since 4.19). A repeated fragment is dropped alone.</summary>
    Discard,

    /// <summary>
    /// The bytes that are there twice are cut off: of the new fragment where an earlier part of the datagram has them, of the
    /// old one where the new begins before it. A fragment that contradicts the datagram's end is dropped alone.
    /// </summary>
    Trim,
}
