using System.Runtime.CompilerServices;

namespace Millrace.Nics;

/// <summary>
/// What waits at the far end of a wire for one queue, but for what is posted. All of it is under the gate of its direction, or under
/// its own on a direct wire (<see cref="WireDirection.IsDirect"/>).
/// </summary>
internal sealed class WireReceiver(int number)
{
    private FixedQueue<WirePacket> arrived = new(0);
    private int posted;
    private int held;

#pragma warning disable CS0169, IDE0051, CA1823 // objects of the same kind lie one behind the other, and each is another worker's
    private readonly CacheLines distance;
#pragma warning restore CS0169, IDE0051, CA1823

    public int Number { get; } = number;

    /// <summary>The queue, once it is open.</summary>
    public WireQueue? Queue { get; set; }

    /// <summary>Frames the queue has posted and not yet got back; its worker writes it.</summary>
    public int Posted
    {
        get => Volatile.Read(ref posted);
        set => Volatile.Write(ref posted, value);
    }

    public int ArrivedCount => arrived.Count;

    public WirePacket FirstArrived => arrived.First;

    /// <summary>Packets given to the queue so far, those that it has not taken yet included.</summary>
    public long Given { get; private set; }

    /// <summary>How many of them were taken, or lost, when the queue's latest poll began: with these its worker is through.</summary>
    public long Processed { get; private set; }

    /// <summary>Packets that the queue has taken, on a direct wire.</summary>
    public long Delivered { get; private set; }

    /// <summary>The time of the queue's latest poll, on a direct wire.</summary>
    public long PolledAt { get; private set; } = long.MinValue;

    public long Missed { get; private set; }

    public bool IsClosed { get; private set; }

    /// <summary>Packets that wait although no frame is posted for them; a queue that is closed takes no more and lets none wait.</summary>
    public int Surplus => IsClosed ? 0 : Math.Max(0, arrived.Count - Posted);

    /// <summary>
    /// Takes its own gate. It is held for a burst at most and never while another is waited for; a lock that can sleep costs three times as
    /// much to take and give back.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Enter()
    {
        if (Interlocked.Exchange(ref held, 1) != 0)
        {
            WaitToEnter();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Exit() => Volatile.Write(ref held, 0);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WaitToEnter()
    {
        var spin = default(SpinWait);
        do
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }
        while (Volatile.Read(ref held) != 0 || Interlocked.Exchange(ref held, 1) != 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Give(WirePacket packet)
    {
        arrived.Enqueue(packet);
        Given++;
    }

    public WirePacket Take() => arrived.Dequeue();

    /// <summary>A poll begins, so the one before it is over.</summary>
    public void BeginPoll() => Processed = Given - arrived.Count;

    public void BeginPoll(long now)
    {
        BeginPoll();
        PolledAt = Math.Max(PolledAt, now);
    }

    public void CountDelivered(int packets) => Delivered += packets;

    public void Miss(WirePacket packet)
    {
        Missed++;
        packet.Source.Settle(packet.Head);
    }

    /// <summary>Whatever waits is lost, if it is of the given sender or that is none.</summary>
    /// <returns>How many were lost.</returns>
    public int Lose(WireSource? source)
    {
        var lost = 0;
        for (var left = arrived.Count; left > 0; left--)
        {
            var packet = arrived.Dequeue();
            if (source is null || ReferenceEquals(packet.Source, source))
            {
                packet.Source.Settle(packet.Head);
                lost++;
            }
            else
            {
                arrived.Enqueue(packet);
            }
        }

        return lost;
    }

    /// <summary>Takes no more packets; those that wait are missed.</summary>
    public void Close()
    {
        IsClosed = true;
        Missed += Lose(source: null);
    }

    /// <summary>Makes room for more packets, because a further queue sends.</summary>
    public void Grow(int capacity)
    {
        var larger = new FixedQueue<WirePacket>(capacity);
        while (arrived.Count > 0)
        {
            larger.Enqueue(arrived.Dequeue());
        }

        arrived = larger;
    }
}
