using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Nics;

/// <summary>A network interface card, or what stands for one: where frames enter and leave.</summary>
public abstract class Nic : IDisposable
{
    /// <summary>What it can do on behalf of the stack; fixed once a queue is open.</summary>
    public abstract NicFeatures Features { get; }

    public abstract MacAddress Address { get; }

    /// <summary>
    /// The link address of everybody behind it, where nobody need be asked for his own (IFF_NOARP: a tunnel, a point-to-point link);
    /// null of an Ethernet.
    /// </summary>
    public virtual MacAddress? Neighbour => null;

    /// <summary>Bytes of the largest network packet (without the Ethernet header).</summary>
    public abstract int Mtu { get; }

    /// <summary>Whether there is a carrier.</summary>
    public abstract bool IsLinkUp { get; }

    /// <summary>Grows whenever <see cref="Mtu"/> or <see cref="IsLinkUp"/> changes; the loop looks at it once a poll.</summary>
    public abstract int Revision { get; }

    public abstract int QueueCount { get; }

    /// <summary>
    /// How it spreads what comes in over its queues, if it does so by itself (receive-side scaling) and notes the hash in
    /// <see cref="FrameMetadata.Hash"/>; none if it has one queue, or a way of its own.
    /// </summary>
    public virtual RssTable? Rss => null;

    /// <summary>Opens a queue for the worker that owns the arena; at most once a queue.</summary>
    public abstract NicQueue Open(int queue, Arena arena);

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }
}

[Flags]
public enum NicFeatures
{
    None = 0,

    /// <summary>Verifies transport checksums of packets that come in, or vouches for them.</summary>
    ReceiveChecksum = 1 << 0,

    /// <summary>Finishes checksums left <see cref="ChecksumState.Partial"/>.</summary>
    TransmitChecksum = 1 << 1,

    /// <summary>Takes a packet that is spread over several frames.</summary>
    ScatterGather = 1 << 2,

    /// <summary>Cuts TCP over IPv4 into segments of GsoSize. Implies the two above.</summary>
    TcpSegmentation = 1 << 3,

    /// <summary>Notes the hash of a packet that comes in, as <see cref="Nic.Rss"/> says, in <see cref="FrameMetadata.Hash"/>.</summary>
    ReceiveHash = 1 << 4,

    /// <summary>
    /// Sums the bytes of what comes in and leaves the judgment to the stack (CHECKSUM_COMPLETE). Only a NIC that copies has it for
    /// little, in the same pass; it is the processor's work all the same.
    /// </summary>
    ReceiveSum = 1 << 5,
}

/// <summary>One queue pair of a NIC, used by one worker. Calls are a burst each, never a packet each.</summary>
public abstract class NicQueue
{
    /// <summary>Frames the receive ring can hold.</summary>
    public abstract int RingSize { get; }

    /// <summary>Empty frames the receive ring would take now.</summary>
    public abstract int Vacant { get; }

    /// <summary>
    /// Gives the receive ring empty frames of <see cref="Share.Receive"/>, held by <see cref="Holders.ReceiveRing"/>: at most as many
    /// as are <see cref="Vacant"/>. The NIC chooses where in them data begins. A NIC that needs no frames before something has come
    /// in has no ring, and takes them from its arena by itself (<see cref="Arena.Allocate"/>).
    /// </summary>
    public abstract void Post(ReadOnlySpan<Frame> empty);

    /// <summary>
    /// Takes packets that have come in: heads of chains whose frames are held by <see cref="Holders.Loop"/>, with data
    /// offsets and lengths, TotalLength, WirePackets and checksum state set; if unsegmented, GsoSize too.
    /// </summary>
    /// <returns>How many were written to <paramref name="packets"/>.</returns>
    public abstract int Receive(Span<Frame> packets, long now);

    /// <summary>
    /// Queues packets whose frames are held by <see cref="Holders.TransmitRing"/>, in order. A packet that was accepted
    /// comes back by <see cref="Reclaim"/>.
    /// </summary>
    /// <returns>How many were accepted; the rest stay the caller's.</returns>
    public abstract int Transmit(ReadOnlySpan<Frame> packets, long now);

    /// <summary>Packets that <see cref="Transmit"/> would accept now.</summary>
    public abstract int TransmitRoom { get; }

    /// <summary>Takes packets whose transmission is complete; the caller releases <see cref="Holders.TransmitRing"/>.</summary>
    public abstract int Reclaim(Span<Frame> packets, long now);

    /// <summary>
    /// Takes packets that have left the ring, but whose frames are still lent to whoever received them; each comes once more by
    /// <see cref="Reclaim"/>, after which it is not told here any more. Once asked, a queue that lends remembers them, so ask
    /// before every <see cref="Reclaim"/>.
    /// </summary>
    /// <returns>How many were written to <paramref name="packets"/>; 0 from a queue that lends nothing.</returns>
    public virtual int TakeDeparted(Span<Frame> packets, long now) => 0;

    /// <summary>When a virtual NIC has its next packet or completion; <see cref="long.MaxValue"/> if it does not know.</summary>
    public virtual long NextEvent => long.MaxValue;

    /// <summary>
    /// Masks the interrupt, or arms it again: a <see cref="Wait"/> that begins while it is masked, or is under way on another
    /// thread, is ended only by <see cref="Wake"/> or its time; arming it with something to receive interrupts at once. A
    /// queue that cannot mask does nothing, and its worker wakes for nothing.
    /// </summary>
    public virtual void SetInterrupt(bool armed)
    {
    }

    /// <summary>
    /// The interrupt: sleeps until there may be something to receive, or the time is over. While a worker sleeps here an
    /// application's thread may use the queue (<see cref="Worker.BusyPoll(Func{bool}, TimeSpan)"/>).
    /// </summary>
    /// <returns>Whether there may be something.</returns>
    public abstract bool Wait(TimeSpan timeout);

    /// <summary>Ends a <see cref="Wait"/> from another thread.</summary>
    public abstract void Wake();

    /// <summary>
    /// For a worker that sleeps for several queues at once: from now on what ends a <see cref="Wait"/> (a packet, room, a
    /// <see cref="Wake"/>) sets this interrupt instead. Called once, before the first sleep.
    /// </summary>
    /// <returns>False from a queue that cannot; the worker then looks at it every millisecond.</returns>
    public virtual bool TryShare(NicInterrupt interrupt) => false;

    /// <summary>For a queue that shares its interrupt: the worker is about to sleep.</summary>
    /// <param name="timeout">The longest sleep; shortened to what the queue knows of itself (a packet that is on its way).</param>
    /// <returns>False if there may be something already.</returns>
    public virtual bool TryBeginSleep(ref TimeSpan timeout) => true;

    /// <summary>The worker is awake again, or did not sleep because of another queue.</summary>
    public virtual void EndSleep()
    {
    }

    /// <summary>Takes back every frame of both rings, for a stack that ends; the frames are held by nobody afterwards.</summary>
    public abstract void Drain();

    /// <summary>Packets the NIC lost for want of posted frames.</summary>
    public abstract long Missed { get; }
}
