using Millrace.Headers;
using Millrace.Memory;
using Millrace.Sockets;

namespace Millrace.Tcp;

/// <content>What is told of a connection (net/ipv4/tcp.c, tcp_get_info).</content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    /// <summary>TCP_INFINITE_SSTHRESH.</summary>
    private const uint InfiniteSlowStartThreshold = 0x7FFF_FFFF;

    public override bool TryFind(InetEndpoint local, InetEndpoint remote, out TcpSocket socket)
    {
        var key = new FlowKey(local.Address, remote.Address, local.Port, remote.Port);
        var isFound = flows.TryFind(in key, out var index) && index >= 0 && connections[index].HasSlot;
        socket = isFound ? new TcpSocket(this, index) : default;
        return isFound;
    }

    public override TcpState FindState(InetEndpoint local, InetEndpoint remote)
    {
        var key = new FlowKey(local.Address, remote.Address, local.Port, remote.Port);
        return !flows.TryFind(in key, out var index) ? TcpState.Closed : index < 0 ? TcpState.TimeWait : connections[index].State;
    }

    public override TcpInfo InfoOf(int index)
    {
        ref var connection = ref connections[index];
        var threshold = connection.Congestion.SlowStartThreshold;
        var info = new TcpInfo
        {
            State = TcpInfo.NumberOf(connection.State),
            CaState = (byte)connection.LossState,
            Retransmits = connection.Retransmits,
            Probes = Math.Max(connection.ProbesOut, connection.KeepAliveProbesOut),
            Backoff = connection.Backoff,
            Options = OptionBits(ref connection),
            SndWscale = connection.SendWindowScale,
            RcvWscale = connection.ReceiveWindowScale,
            Rto = (uint)connection.Rtt.BackedOff(connection.Backoff, RtoMax),
            Ato = (uint)connection.Ack.Timeout,
            SndMss = connection.Mss,
            RcvMss = connection.RcvMss,
            Unacked = Segments(ref connection, connection.SndMax - connection.SndUna),
            LastDataSent = Milliseconds(connection.LastSentAt),
            LastDataRecv = Milliseconds(connection.Ack.LastDataAt),
            Pmtu = (uint)network.PathMtu(connection.RemoteAddress),
            RcvSsthresh = (uint)connection.RcvSsThresh,
            Rtt = (uint)connection.Rtt.Smoothed,
            Rttvar = (uint)connection.Rtt.Deviation,
            SndSsthresh = threshold == CongestionWindow.NoThreshold ? InfiniteSlowStartThreshold : (uint)threshold / Math.Max(connection.Mss, 1u),
            SndCwnd = (uint)connection.Congestion.Length / Math.Max(connection.Mss, 1u),
            Advmss = connection.AdvertisedMss,
            Reordering = (uint)settings.Reordering,
            RcvRtt = (uint)connection.Space.Rtt / 8,
            RcvSpace = (uint)connection.Space.Space,
            PacingRate = PacingRateOf(index) is var rate && rate == long.MaxValue ? ulong.MaxValue : (ulong)rate,
            MaxPacingRate = connection.Has(TcpTraits.Paced) && pacers[index].MaximumRate is not long.MaxValue and var most ? (ulong)most : ulong.MaxValue,
            NotsentBytes = (uint)Math.Max(connection.WriteSequence - connection.SndMax, 0),
            SndWnd = (uint)connection.SndWnd,
            RcvWnd = (uint)ReceiveWindow(ref connection),
        };
        info = WithTotals(index, ref connection, info);
        return connection.Has(TcpTraits.Transfer) ? WithTransfer(ref connection, info) : info;
    }

    private TcpInfo WithTransfer(ref TcpConnection connection, TcpInfo info)
    {
        ref var transfer = ref TransferOf(ref connection);
        info = TCongestionControl.NeedsRateSamples ? WithRates(ref connection, info) : info;
        return info with
        {
            Sacked = Segments(ref connection, transfer.Board.Sacked),
            Lost = Segments(ref connection, transfer.Board.Lost),
            Retrans = Segments(ref connection, transfer.Board.Retransmitted),
            Reordering = transfer.Reordering,
            MinRtt = (uint)transfer.MinimumRtt,
        };
    }

    /// <summary>TCPI_OPT_TIMESTAMPS and what follows it.</summary>
    private static byte OptionBits(ref TcpConnection connection)
    {
        const int Timestamps = 1, Sack = 2, WindowScale = 4, Ecn = 8, EcnSeen = 16, SynData = 32, FastOpenChild = 128;
        return (byte)((connection.Has(TcpTraits.Timestamps) ? Timestamps : 0) | (connection.Has(TcpTraits.Sack) ? Sack : 0)
            | (connection.ReceiveWindowScale != 0 || connection.SendWindowScale != 0 ? WindowScale : 0)
            | (connection.Has(TcpTraits.Ecn) ? Ecn : 0) | (connection.Has(TcpTraits.EcnSeen) ? EcnSeen : 0)
            | ((connection.FastOpen & FastOpenTraits.SynDataTaken) != 0 ? SynData : 0) | ((connection.FastOpen & FastOpenTraits.Child) != 0 ? FastOpenChild : 0));
    }

    /// <summary>Windows and marks are bytes here, and segments there.</summary>
    private static uint Segments(ref TcpConnection connection, long length)
    {
        var mss = Math.Max((int)connection.Mss, 1);
        return (uint)((Math.Max(length, 0L) + mss - 1) / mss);
    }

    private uint Milliseconds(Moment since) => since.IsSet ? (uint)(since.Elapsed(now) / Millisecond) : 0;
}
