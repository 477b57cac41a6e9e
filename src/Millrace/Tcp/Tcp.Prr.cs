namespace Millrace.Tcp;

/// <content>Proportional rate reduction (RFC 6937; net/ipv4/tcp_input.c, tcp_cwnd_reduction), in bytes.</content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    private void BeginReduction(ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer)
    {
        transfer.HighSequence = connection.SndMax;
        transfer.Flags &= ~TransferFlags.Probing;
        transfer.PriorWindow = connection.Congestion.Length;
        transfer.PrrDelivered = 0;
        transfer.PrrOut = 0;
        connection.Congestion.Credit = 0;
        connection.Congestion.SlowStartThreshold = ReducedThreshold(ref connection);
        QueueCwr(ref connection);
    }

    private static void ReduceWindow(ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer, int delivered, bool isAdvanced, int newlyLost)
    {
        if (delivered <= 0 || transfer.PriorWindow == 0)
        {
            return;
        }

        transfer.PrrDelivered += delivered;
        var pipe = Pipe(ref connection, ref transfer.Board);
        connection.Congestion.Length = pipe + ReducedRoom(
            connection.Congestion.SlowStartThreshold, pipe, delivered, isAdvanced && newlyLost == 0, connection.Mss,
            transfer.PriorWindow, transfer.PrrDelivered, transfer.PrrOut);
    }

    private void ReduceWindow(ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer, int delivered, bool isAdvanced) =>
        ReduceWindow(ref connection, ref transfer, delivered, isAdvanced, newlyLost);

    /// <summary>Bytes that may go now (RFC 6937 §3.1).</summary>
    /// <param name="goesWell">SND.UNA moved and nothing more was found lost: a segment more may go (slow-start reduction bound).</param>
    internal static int ReducedRoom(int threshold, int pipe, int delivered, bool goesWell, int mss, int priorWindow, int prrDelivered, int prrOut)
    {
        long room;
        if (pipe > threshold)
        {
            room = (((long)threshold * prrDelivered) + priorWindow - 1) / priorWindow - prrOut;
        }
        else
        {
            room = Math.Max((long)prrDelivered - prrOut, delivered) + (goesWell ? mss : 0);
            room = Math.Min(threshold - pipe, room);
        }

        // the first loss goes again at once
        return (int)Math.Max(room, prrOut == 0 ? mss : 0);
    }

    private void EndReduction(ref TcpConnection connection, ref TcpTransfer<TCongestionControl> transfer)
    {
        if (transfer.Congestion.SetsWindow)
        {
            return;
        }

        if (connection.Congestion.SlowStartThreshold < CongestionWindow.NoThreshold
            && (connection.LossState == LossState.Cwr || transfer.Is(TransferFlags.MayUndo)))
        {
            connection.Congestion.Length = connection.Congestion.SlowStartThreshold;
        }

        transfer.Congestion.Happened(CongestionEvent.ReductionOver, ref connection.Congestion, Sample(ref connection));
    }

    /// <summary>The threshold to go back to, if nothing was lost after all (tcp_current_ssthresh).</summary>
    private static int CurrentThreshold(ref TcpConnection connection) => connection.LossState is LossState.Cwr or LossState.Recovery
        ? connection.Congestion.SlowStartThreshold
        : Math.Max(connection.Congestion.SlowStartThreshold, connection.Congestion.Length / 4 * 3);
}
