using System.Runtime.CompilerServices;
using Millrace.Interop;

namespace Millrace.Tcp;

/// <content>Which connections have a <see cref="TcpTransfer{TCongestionControl}"/>.</content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    /// <summary>Up to so many connections each has an entry for itself; of more, a part has.</summary>
    private const int FewConnections = 512;
    private const int ConnectionsATransfer = 16;

    private readonly NativeTable<TcpTransfer<TCongestionControl>> transfers;
    private int freeTransfer = None;
    private int unusedTransfer;

    private int TransferCount => settings.Transfers > 0
        ? Math.Min(settings.Transfers, connections.Length)
        : Math.Max(Math.Min(connections.Length, FewConnections), connections.Length / ConnectionsATransfer);

    private bool HasFreeTransfer => freeTransfer != None || unusedTransfer < transfers.Length;

    private ref TcpTransfer<TCongestionControl> TransferOf(ref TcpConnection connection) => ref transfers[connection.Transfer];

    /// <summary>The state of a connection's algorithm, for tests; that of one that has none is its default.</summary>
    internal TCongestionControl CongestionControlOf(int index) =>
        connections[index].Has(TcpTraits.Transfer) ? TransferOf(ref connections[index]).Congestion : default;

    /// <summary>The connection's entry is there, or it gets one.</summary>
    /// <returns>False if all are in use, or the handshake is not over: then it goes on without.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryBeginTransfer(ref TcpConnection connection)
    {
        if (connection.Has(TcpTraits.Transfer))
        {
            return true;
        }

        if (!HasFreeTransfer || connection.State <= TcpState.SynReceived)
        {
            counters.TransfersRefused++;
            return false;
        }

        var place = freeTransfer == None ? unusedTransfer++ : freeTransfer;
        ref var transfer = ref transfers[place];
        freeTransfer = place == freeTransfer ? transfer.NextFree : freeTransfer;
        transfer = default;
        transfer.MinimumRtt = connection.Rtt.Smoothed;
        transfer.MinimumRttAt = now;
        transfer.Reordering = (ushort)settings.Reordering;
        transfer.RackSteps = 1;
        transfer.HighSequence = connection.SndUna;
        connection.Transfer = place;
        connection.Traits |= TcpTraits.Transfer;
        if (TCongestionControl.NeedsRateSamples)
        {
            StartRates(ref connection);
        }

        transfer.Congestion.Start(ref connection.Congestion, Sample(ref connection));
        return !TCongestionControl.NeedsRateSamples || TryDisturb(ref connection);
    }

    private void EndTransfer(ref TcpConnection connection)
    {
        if (connection.Has(TcpTraits.Transfer))
        {
            transfers[connection.Transfer].NextFree = freeTransfer;
            freeTransfer = connection.Transfer;
            connection.Traits &= ~(TcpTraits.Transfer | TcpTraits.Disturbed);
            connection.LeftOut = 0;
        }
    }
}
