using Millrace.Headers;
using Millrace.Nics;
using Millrace.Memory;

namespace Millrace.Workloads.Forwarding;

/// <summary>In which order buffers are used again.</summary>
internal enum BufferOrder
{
    /// <summary>The last that was freed is filled next: a few that stay in the first cache.</summary>
    LastInFirstOut,

    /// <summary>All in turn, as the ring of a driver that posts as many as it can.</summary>
    FirstInFirstOut,
}

/// <summary>
/// A NIC whose medium is memory: it copies the next frame of a source into a posted buffer, and is done at once with what
/// it sends, having counted it.
/// </summary>
internal sealed class SourceNic<TLength>(FrameSource source, BufferOrder order) : Nic
    where TLength : struct, IFrameLength
{
    public override NicFeatures Features => NicFeatures.None;

    public override MacAddress Address { get; } = TrafficAddresses.Local;

    public override int Mtu => 1500;

    public override bool IsLinkUp => true;

    public override int Revision => 0;

    public override int QueueCount => 1;

    /// <summary>Packets that were sent.</summary>
    public long Sent { get; set; }

    /// <summary>Sees every packet that is sent, while a pass checks.</summary>
    public Action<ReadOnlySpan<byte>>? Inspect { get; set; }

    public override NicQueue Open(int queue, Arena arena) => new SourceQueue<TLength>(this, source, arena, order);
}
