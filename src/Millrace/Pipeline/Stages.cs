using Millrace.Headers;
using Millrace.Memory;

namespace Millrace;

/// <summary>
/// A stage that sees packets on their way in. A stage is a struct: its fields are its state, and the loop calls this
/// method directly, inlined. Settings are a struct type argument with instance getters.
/// </summary>
public interface IIngressStage
{
    Verdict Receive(ref Packet packet);
}

/// <summary>A stage that sees packets on their way out.</summary>
public interface IEgressStage
{
    Verdict Transmit(ref Packet packet);
}

/// <summary>
/// The network layer's side of egress: it writes its header and the link header before a packet of the outbox, and may
/// hold it (while the next hop is resolved, or to cut it into fragments).
/// </summary>
public interface INetworkStage : IIngressStage
{
    Verdict Transmit(ref Packet packet, in Outgoing destination);
}

/// <summary>An ingress stage that holds packets and gives them back to the stage that follows it.</summary>
public interface IResumesIngress
{
    /// <summary>Packets of the wire it holds.</summary>
    long HeldIngress { get; }

    /// <summary>The next packet that goes on, with its holder already <see cref="Holders.Loop"/>.</summary>
    /// <remarks>Asked once for every packet of the loop: small, inlined, with the rare work in a method of its own.</remarks>
    bool TryResumeIngress(out ResumedPacket packet);
}

/// <summary>A packet that goes on where a stage had held it, with what the stages before had found out about it.</summary>
public struct ResumedPacket
{
    public Frame Frame;

    /// <summary>Where the cursor stands, in bytes from the start of the slot.</summary>
    public int Offset;

    /// <summary>The type of the network header, for a stage that stands before the network layer.</summary>
    public EtherType EtherType;

    /// <summary>The protocol of the transport header, for the network layer and stages behind it.</summary>
    public IpProtocol Protocol;
}

/// <summary>An egress stage that holds packets, or makes several of one, and gives them to the stage that follows it.</summary>
public interface IResumesEgress
{
    /// <summary>Packets of the wire it holds.</summary>
    long HeldEgress { get; }

    /// <summary>The next packet that goes on, with its holder already <see cref="Holders.Loop"/>; the cursor is at its data.</summary>
    bool TryResumeEgress(out Frame packet);
}

/// <summary>
/// A stage that looks into a table too large for the caches near the processor. It is shown each burst before the first packet of
/// it takes its way, so that what the look-ups need comes for all at once; it may be no more than shown them.
/// </summary>
public interface IPrefetches
{
    void Prefetch(ReadOnlySpan<Frame> burst);
}

/// <summary>
/// A stage that can turn packets round which nobody has looked at, a burst at once. It is asked where it is the first behind the link layer,
/// and with nothing between what it turns round and the NIC. Fetching ahead (<see cref="IPrefetches"/>) is then its own matter.
/// </summary>
public interface ITurnsBursts
{
    /// <summary>
    /// Turns packets round from the first on, as the link layer's stage and its own would, until one is not the ordinary packet; that one and all
    /// behind it take the way of all packets, so the order stays.
    /// </summary>
    /// <param name="burst">Packets as the NIC gave them.</param>
    /// <param name="frames">The metadata of all frames.</param>
    /// <param name="turned">Takes those that were turned round: each one frame, one packet of the wire, held by <see cref="Holders.TransmitRing"/>.</param>
    /// <param name="networkInterface">The interface that they came by; it is not in their metadata yet.</param>
    /// <returns>How many.</returns>
    int TurnBurst(ReadOnlySpan<Frame> burst, Span<FrameMetadata> frames, Span<Frame> turned, int networkInterface);
}

/// <summary>A stage that has work before the packets of a poll: calls that applications posted.</summary>
public interface IPollStart
{
    void PollStart(long now);
}

/// <summary>A stage that has work after the packets of a poll and before the outbox is emptied: flush, account.</summary>
public interface IPollEnd
{
    void PollEnd(long now);
}

/// <summary>
/// A stage that is told when a packet has gone its way out: the NIC's ring has let go of it, it was dropped, or it went to this
/// stack itself. It sees no packets otherwise. What another stage drops that it held is told by <see cref="Arena.EndTransmit"/>.
/// </summary>
public interface ITransmitCompletions
{
    /// <summary>
    /// Called before the packet's frames are released, and perhaps twice: when a NIC that lends its frames has sent it, and when
    /// they have come back.
    /// </summary>
    /// <param name="head">A chain; <see cref="FrameMetadata.Owner"/> says whose each frame is.</param>
    void Transmitted(Frame head);
}

/// <summary>A stage that sends by itself: it fills the outbox at the end of a poll, as far as there is room.</summary>
public interface IOriginates
{
    /// <returns>Whether it has more to send than the outbox could take.</returns>
    bool FillOutbox(long now);
}

/// <summary>A stage with timers.</summary>
public interface ITimed
{
    /// <summary>When it wants to be called, in nanoseconds of the stack's clock; <see cref="long.MaxValue"/> for never.</summary>
    long NextDeadline { get; }

    /// <summary>Does what is due at <paramref name="now"/>.</summary>
    void Advance(long now);
}

/// <summary>A stage that learns when the stack begins to run and when it ends.</summary>
public interface IStartStop
{
    void Start(long now);

    void Stop();
}

/// <summary>A stage that hears of changes of an interface (link, MTU).</summary>
public interface IInterfaceObserver
{
    void InterfaceChanged(Nics.NetworkInterface networkInterface, long now);
}
