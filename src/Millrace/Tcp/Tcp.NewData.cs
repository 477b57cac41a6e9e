using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <content>
/// What most connections owe most of the time: the next new data, segment by segment, or an acknowledgment. Nothing is lost, repeated, closing
/// or held back by what is below; what is not so is left to the way of all connections, which goes on from where this stopped.
/// </content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    /// <summary>What is asked on the way of all connections only.</summary>
    private const TcpTraits HeldTraits = TcpTraits.Corked | TcpTraits.MoreFollows | TcpTraits.NotSentLimited | TcpTraits.Urgent | TcpTraits.Paced;

    /// <summary>Whether nothing but new data and an acknowledgment can be due.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool OwesNewDataOnly(ref TcpConnection connection) =>
        connection.State == TcpState.Established && connection.LossState == LossState.Open
        && (connection.Pending & ~TcpPending.Ack) == 0 && connection.DuplicateAcksDue == 0
        && (connection.Traits & (TcpTraits.FinQueued | TcpTraits.Disturbed | TcpTraits.Ecn | HeldTraits | TcpTraits.InUse)) == TcpTraits.InUse;

    /// <summary>Sends whole frames from SND.NXT on while that is all there is to do.</summary>
    private void SendNewData(int index, ref TcpConnection connection)
    {
        if (connection.InFlight == 0)
        {
            RestartAfterIdle(ref connection);
        }

        var first = connection.SendNext;
        var frame = first;
        long bound = LeastOutputBound;
        while (!frame.IsNone)
        {
            ref var metadata = ref arena.Metadata(frame);
            var length = PayloadLengthOf(ref metadata);
            var inFlight = connection.InFlight;
            var next = NextInSendQueue(frame);
            if (metadata.Holders != Holders.RetransmitQueue || metadata.Sequence != connection.SndNxt.Value || connection.SndNxt != connection.SndMax
                || length > connection.Mss || inFlight + length > connection.SndWnd || (inFlight > 0 && inFlight + length > connection.Congestion.Length)
                || (length < connection.Mss ? IsHeldByNagle(ref connection, length) : maxGsoSegments > 1 && !next.IsNone)
                || outbox.Room == 0
                || (smallQueues.LimitOutputBytes != 0 && connection.WmemAlloc > bound && IsOverBound(index, ref connection, out bound)))
            {
                break;
            }

            TransmitWhole(index, ref connection, frame, ref metadata, length, next.IsNone ? TcpFlags.Ack | TcpFlags.Psh : TcpFlags.Ack);
            metadata.SentAt = microseconds | 1;
            frame = next;
            connection.SendNext = next;
            connection.SndNxt += length;
            connection.SndMax = connection.SndNxt;
            if (length < connection.Mss)
            {
                connection.SndSml = connection.SndNxt;
            }

            connection.LastSentAt = now;
            connection.Ack.Sent(now);
            counters.OutSegs++;
        }

        if (frame != first && connection.RetransmitTimer < RetransmitTimer.Retransmission)
        {
            StartRetransmission(index, ref connection);
        }
    }

    /// <summary>Writes the header of a segment that is a frame of the send queue as it was written, and commits it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void TransmitWhole(int index, ref TcpConnection connection, Frame frame, ref FrameMetadata metadata, int length, TcpFlags flags)
    {
        var headerLength = connection.HeaderLength;
        metadata.DataOffset = (ushort)(Arena.Headroom - headerLength);
        metadata.DataLength = (ushort)(headerLength + length);
        metadata.NextFragment = Frame.None;
        metadata.WirePackets = 1;
        metadata.GsoSize = 0;
        WriteHeader(ref connection, ref metadata, connection.SndNxt, headerLength, length, sumsPayloads ? payloadSums[frame.Index] : UnknownSum, flags);
        Charge(index, ref connection, frame);
        Commit(ref connection, frame, ref metadata);
        AcknowledgmentSent(ref connection);
    }
}
