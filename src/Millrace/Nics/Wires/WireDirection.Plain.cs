using System.Runtime.CompilerServices;
using Millrace.Memory;

namespace Millrace.Nics;

/// <content>
/// A plain wire: one thread, and every packet arrives when it is sent, as it is. Nothing is drawn or timed on the way, and what is
/// counted is counted once a burst. Where one queue sends to one, a wire that copies writes packets into the receiver's posted frames when they
/// are sent, as a NIC does; those that find none wait at the sender's, and all behind them.
/// </content>
internal sealed partial class WireDirection
{
    /// <summary>One thread uses the wire, and nothing happens on it.</summary>
    public bool IsPlain { get; }

    /// <summary>Packets are copied when they are sent.</summary>
    private readonly bool fills;

    /// <summary>Takes packets of the sender, which are not described yet, while there is room and the link is up.</summary>
    /// <returns>How many were taken.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int SendPlainly(WireSender sender, ReadOnlySpan<Frame> packets)
    {
        var source = sender.Source;
        var mtu = wire.Mtu;
        var count = fills ? Fill(sender, packets, mtu) : 0;
        var room = 0;
        while (count < packets.Length && (room > 0 || (room = Room(sender)) > 0))
        {
            var packet = packets[count];
            sender.Describe(packet);
            source.Accept();
            count++;
            room--;
            if (sender.IsTooLong(packet, mtu))
            {
                tooLong++;
                source.CompleteNow(packet);
                continue;
            }

            sender.Occupy(departsAt: 0, packet, now: 0);
            Arrive(new WirePacket(source, packet));
        }

        sent += count;
        return count;
    }

    /// <summary>Copies packets into frames that the receiver has posted, until one finds none or must be described.</summary>
    /// <returns>How many were taken; they are complete.</returns>
    private int Fill(WireSender sender, ReadOnlySpan<Frame> packets, int mtu)
    {
        var count = 0;
        if (Receivers[0].Queue is { } receiver)
        {
            var source = sender.Source;
            while (count < packets.Length && receiver.TryFill(source.Arena, packets[count], mtu))
            {
                source.Accept();
                source.CompleteNow(packets[count]);
                count++;
            }
        }

        return count;
    }

    /// <summary>The receiver has taken packets that lay in its frames.</summary>
    public void TookFilled(int packets) => delivered += packets;

    /// <summary>Packets in frames of the receiver, which ends or whose link is cut, are lost.</summary>
    public void LoseFilled()
    {
        if (fills && Receivers[0].Queue is { } receiver)
        {
            noCarrier += receiver.ReleaseFilled();
        }
    }
}
