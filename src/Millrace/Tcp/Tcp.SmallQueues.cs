using System.Numerics;
using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <content>
/// TCP Small Queues (net/ipv4/tcp_output.c, tcp_small_queue_check and tcp_wfree): a connection's data frames are charged to it,
/// by truesize, from the outbox on until the NIC's ring has let go of them. At its limit the connection stops, and the next of its
/// completions puts it back on the output list. Nothing of it is compiled where the limit is the constant 0.
/// </content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    /// <summary>
    /// A frame's owner is the connection's place, plus one, in so many low bits and the place's generation above them: a completion
    /// that comes when the place has another connection counts for nobody.
    /// </summary>
    private readonly int ownerIndexBits;

    private long wmemAlloc;

    public override long WmemAlloc => wmemAlloc;

    public override int WmemAllocOf(int index) => connections[index].WmemAlloc;

    private static int OwnerIndexBits(int count) => 32 - BitOperations.LeadingZeroCount((uint)count);

    private int OwnerOf(int index, ref TcpConnection connection) => (connection.Generation << ownerIndexBits) | (index + 1);

    /// <summary>The completion of a transmit: the charge ends.</summary>
    internal override void Transmitted(Frame head)
    {
        for (var frame = head; !frame.IsNone;)
        {
            ref var metadata = ref arena.Metadata(frame);
            if (metadata.Owner != 0)
            {
                Uncharge(metadata.Owner, metadata.Truesize);
                metadata.Owner = 0;
            }

            frame = metadata.NextFragment;
        }
    }

    /// <summary>Charges a packet of the send queue, of which nothing is below TCP yet.</summary>
    private void Charge(int index, ref TcpConnection connection, Frame head)
    {
        if (smallQueues.LimitOutputBytes == 0)
        {
            return;
        }

        var owner = OwnerOf(index, ref connection);
        var truesize = 0;
        for (var frame = head; !frame.IsNone;)
        {
            ref var metadata = ref arena.Metadata(frame);
            metadata.Owner = owner;
            truesize += metadata.Truesize;
            frame = metadata.NextFragment;
        }

        connection.WmemAlloc += truesize;
        wmemAlloc += truesize;
    }

    private void Uncharge(int owner, int truesize)
    {
        wmemAlloc -= truesize;
        var index = (owner & ((1 << ownerIndexBits) - 1)) - 1;
        ref var connection = ref connections[index];
        if (OwnerOf(index, ref connection) != owner)
        {
            return;
        }

        connection.WmemAlloc -= truesize;
        if (connection.Has(TcpTraits.Throttled))
        {
            connection.Traits &= ~TcpTraits.Throttled;
            List(index);
        }
    }

    /// <summary>Whether a packet must wait for completions of those before it.</summary>
    private bool IsThrottled(int index, ref TcpConnection connection, int truesize, bool isRepeated)
    {
        if (smallQueues.LimitOutputBytes == 0)
        {
            return false;
        }

        if (smallQueues.Rule == SmallQueueRule.Floor ? IsBelowFloor(index, ref connection, isRepeated) : IsBelowCap(index, ref connection, truesize, isRepeated))
        {
            return false;
        }

        counters.SmallQueueThrottled++;
        connection.Traits |= TcpTraits.Throttled;
        return true;
    }

    /// <summary>What new data may always have below: no rule bounds it at less.</summary>
    private long LeastOutputBound => Math.Min(2L * Arena.FrameTruesize, smallQueues.LimitOutputBytes);

    /// <summary>Truesize that new data may have below; 3.18's rate had 32 bits (tcp_write_xmit).</summary>
    private long OutputBound(int index, ref TcpConnection connection, int truesize) => smallQueues.Rule == SmallQueueRule.Floor
        ? Math.Max(smallQueues.LimitOutputBytes, Math.Min(PacingRate(ref connection, index), uint.MaxValue) >> PacingShift)
        : Math.Min(Math.Max(2L * truesize, PacingRate(ref connection, index) >> PacingShift), smallQueues.LimitOutputBytes);

    /// <summary>Whether a frame of new data must wait, without saying so. The bound is good for all that is sent at one time.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool IsOverBound(int index, ref TcpConnection connection, out long bound)
    {
        bound = OutputBound(index, ref connection, Arena.FrameTruesize);
        return connection.WmemAlloc > bound && (smallQueues.Rule == SmallQueueRule.Floor || !HasAtMostOneFrameOut(ref connection));
    }

    private bool IsBelowCap(int index, ref TcpConnection connection, int truesize, bool isRepeated)
    {
        var limit = OutputBound(index, ref connection, truesize);
        return connection.WmemAlloc <= (isRepeated ? 2 * limit : limit) || HasAtMostOneFrameOut(ref connection);
    }

    /// <summary>
    /// As tcp_write_xmit judged in 3.18; for what goes again, tcp_retransmit_skb, which leaves room for the copies that a tunnel makes.
    /// </summary>
    private bool IsBelowFloor(int index, ref TcpConnection connection, bool isRepeated) =>
        connection.WmemAlloc <= (isRepeated
            ? Math.Min(connection.WmemQueued + (connection.WmemQueued >> 2), connection.SndBuf)
            : OutputBound(index, ref connection, truesize: 0));

    /// <summary>With so little to be acknowledged there is no need to wait (tcp_rtx_queue_empty_or_single_skb).</summary>
    private bool HasAtMostOneFrameOut(ref TcpConnection connection)
    {
        if (connection.SendHead.IsNone)
        {
            return true;
        }

        var second = NextInSendQueue(connection.SendHead);
        return second.IsNone || new SequenceNumber(arena.Metadata(second).Sequence) >= connection.SndMax;
    }
}
