namespace Millrace.Tcp;

/// <content>A path that swallows large packets and does not say so: smaller ones are tried (RFC 4821 §7.7; net/ipv4/tcp_timer.c, tcp_mtu_probing).</content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    /// <summary>A timeout: if they have gone on for long, the segment size is cut.</summary>
    private void SuspectPath(int index, ref TcpConnection connection)
    {
        if (settings.MtuProbing == 0 || connection.Retransmits == 0 || connection.RetransmitsSince.Elapsed(now) < ModelTimeout(settings.Retries1))
        {
            return;
        }

        ref var own = ref OwnTotals(index, ref connection);
        var size = own.BlackHoleMss == 0 ? settings.BaseMss : Math.Min(settings.BaseMss, own.BlackHoleMss >> 1);
        own.BlackHoleMss = (ushort)Math.Max(size, Math.Max(settings.MtuProbeFloor, settings.MinimumSegmentSize));
        SynchronizeMss(ref connection);
    }

    private int BoundByBlackHole(ref TcpConnection connection, int size) =>
        connection.Has(TcpTraits.Counted) && totals[connections.IndexOf(ref connection)].BlackHoleMss is > 0 and var most ? Math.Min(size, most) : size;
}
