using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Nics;

/// <summary>A NIC around another, which it owns: what it does not change passes through.</summary>
public abstract class WrappedNic(Nic inner) : Nic
{
    public Nic Inner { get; } = inner ?? throw new ArgumentNullException(nameof(inner));

    public override NicFeatures Features => Inner.Features;

    public override MacAddress Address => Inner.Address;

    public override MacAddress? Neighbour => Inner.Neighbour;

    public override int Mtu => Inner.Mtu;

    public override bool IsLinkUp => Inner.IsLinkUp;

    public override int Revision => Inner.Revision;

    public override int QueueCount => Inner.QueueCount;

    public override RssTable? Rss => Inner.Rss;

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Inner.Dispose();
        }
    }
}

/// <summary>A queue around another: what it does not change passes through.</summary>
public abstract class WrappedQueue(NicQueue inner) : NicQueue
{
    protected NicQueue Inner { get; } = inner ?? throw new ArgumentNullException(nameof(inner));

    public override int RingSize => Inner.RingSize;

    public override int Vacant => Inner.Vacant;

    public override int TransmitRoom => Inner.TransmitRoom;

    public override long NextEvent => Inner.NextEvent;

    public override long Missed => Inner.Missed;

    public override void Post(ReadOnlySpan<Frame> empty) => Inner.Post(empty);

    public override int Receive(Span<Frame> packets, long now) => Inner.Receive(packets, now);

    public override int Transmit(ReadOnlySpan<Frame> packets, long now) => Inner.Transmit(packets, now);

    public override int TakeDeparted(Span<Frame> packets, long now) => Inner.TakeDeparted(packets, now);

    public override int Reclaim(Span<Frame> packets, long now) => Inner.Reclaim(packets, now);

    public override void SetInterrupt(bool armed) => Inner.SetInterrupt(armed);

    public override bool Wait(TimeSpan timeout) => Inner.Wait(timeout);

    public override void Wake() => Inner.Wake();

    public override bool TryShare(NicInterrupt interrupt) => Inner.TryShare(interrupt);

    public override bool TryBeginSleep(ref TimeSpan timeout) => Inner.TryBeginSleep(ref timeout);

    public override void EndSleep() => Inner.EndSleep();

    public override void Drain() => Inner.Drain();
}
