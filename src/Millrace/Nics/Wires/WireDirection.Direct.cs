using System.Numerics;
using Millrace.Memory;

namespace Millrace.Nics;

/// <content>
/// A direct wire: several threads, and every packet arrives when it is sent, as it is. Nothing is then left that all queues would have
/// to agree on, so there is no gate a direction but one a receiving queue: workers whose flows do not cross write no line of each other's.
/// </content>
internal sealed partial class WireDirection
{
    /// <summary>Receivers that had fewer frames than packets when they were last looked at, a bit each; written only when that changes.</summary>
    private ulong pausing;

    public bool IsDirect { get; }

    /// <summary>Takes packets of the sender, which are described, while there is room.</summary>
    /// <returns>How many were taken.</returns>
    public int SendDirectly(WireSender sender, ReadOnlySpan<Frame> packets)
    {
        WireReceiver? held = null;
        var given = 0UL;
        var count = 0;
        var room = 0;
        while (count < packets.Length && (room > 0 || (room = Room(sender)) > 0))
        {
            var packet = new WirePacket(sender.Source, packets[count]);
            held = steering.Enter(packet, held);

            // under the gate, because whoever closes the sender or cuts the link goes through all of them afterwards
            if (sender.IsClosed)
            {
                break;
            }

            sender.Source.Accept();
            count++;
            room--;
            if (!wire.IsUp)
            {
                Interlocked.Increment(ref noCarrier);
                sender.Source.CompleteNow(packet.Head);
                continue;
            }

            if (sender.IsTooLong(packet.Head, wire.Mtu))
            {
                Interlocked.Increment(ref tooLong);
                sender.Source.CompleteNow(packet.Head);
                continue;
            }

            sender.Occupy(departsAt: 0, packet.Head, now: 0);
            Give(packet, held);
            given |= 1UL << held.Number;
        }

        held?.Exit();
        sender.CountSentDirectly(count);
        for (; given != 0; given &= given - 1)
        {
            Receivers[BitOperations.TrailingZeroCount(given)].Queue?.Interrupt();
        }

        return count;
    }

    /// <summary>The receiver, whose gate is held, has taken packets.</summary>
    public void TookDirectly(WireReceiver receiver, int packets)
    {
        receiver.CountDelivered(packets);
        var bit = 1UL << receiver.Number;
        if ((Volatile.Read(ref pausing) & bit) != 0 && receiver.Surplus == 0)
        {
            Interlocked.And(ref pausing, ~bit);
        }
    }

    /// <summary>The receiver's own gate, on a direct wire.</summary>
    public ReceiverEntry Enter(WireReceiver receiver) => new(IsDirect ? receiver : null);

    private void Give(WirePacket packet, WireReceiver receiver)
    {
        var waiting = receiver.ArrivedCount;
        if (receiver.IsClosed || (!options.FlowControl && waiting >= receiver.Posted + options.RingSize))
        {
            receiver.Miss(packet);
            return;
        }

        receiver.Give(packet);
        if (waiting >= receiver.Posted)
        {
            Pause(1UL << receiver.Number);
        }
    }

    private void Pause(ulong receiver)
    {
        if ((Volatile.Read(ref pausing) & receiver) == 0)
        {
            Interlocked.Or(ref pausing, receiver);
        }
    }

    private void EnterAll()
    {
        foreach (var receiver in IsDirect ? Receivers : [])
        {
            receiver.Enter();
        }
    }

    private void ExitAll()
    {
        foreach (var receiver in IsDirect ? Receivers : [])
        {
            receiver.Exit();
        }
    }

    /// <summary>The gate of a receiver, if there is one.</summary>
    public readonly ref struct ReceiverEntry
    {
        private readonly WireReceiver? receiver;

        public ReceiverEntry(WireReceiver? receiver)
        {
            this.receiver = receiver;
            receiver?.Enter();
        }

        public void Dispose() => receiver?.Exit();
    }
}
