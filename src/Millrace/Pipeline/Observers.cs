using Millrace.Memory;

namespace Millrace;

/// <summary>
/// A stage that sees every packet that goes to a NIC, behind all other stages and when nothing can drop it any more (Linux's
/// dev_queue_xmit_nit). It may look at the packet and not change it.
/// </summary>
public interface ITransmitObserver
{
    /// <summary>Called in the loop: small, inlined, with the work in a method of its own.</summary>
    /// <param name="packet">The head; its data begins with the link header.</param>
    void Transmitting(Frame packet);
}

/// <summary>A stage that is told of every packet that is dropped, before its frames are released (Linux's trace_kfree_skb).</summary>
public interface IDropObserver
{
    /// <param name="packet">The head, with its data as it stood when the packet was dropped.</param>
    void Dropped(Frame packet, in PacketDrop drop);
}

/// <summary>Why and where a packet was dropped.</summary>
/// <param name="Stage">Name of the stage that dropped it, or "loop".</param>
/// <param name="IsIngress">Whether it was on its way in.</param>
/// <param name="HasLinkHeader">Whether its data begins with the link header, which on the way out is written by the network stage.</param>
public readonly record struct PacketDrop(DropReason Reason, string Stage, bool IsIngress, bool HasLinkHeader);
