using System.Runtime.CompilerServices;
using Millrace.Memory;

namespace Millrace.Nics;

/// <content>
/// A plain wire: one thread, and every packet arrives when it is sent, as it is. Nothing is drawn, timed or copied on the way, and what is
/// counted is counted once a burst.
/// </content>
internal sealed partial class WireDirection
{
    /// <summary>One thread uses the wire, and nothing happens on it.</summary>
    public bool IsPlain { get; }

    /// <summary>Takes packets of the sender, which are not described yet, while there is room and the link is up.</summary>
    /// <returns>How many were taken.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int SendPlainly(WireSender sender, ReadOnlySpan<Frame> packets)
    {
        var source = sender.Source;
        var mtu = wire.Mtu;
        var count = 0;
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
}
