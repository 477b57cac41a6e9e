using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <summary>
/// Marks of the frames in flight and lists over them, in tables by frame. Only connections that fear a loss have one, so whatever is
/// in flight undisturbed has no mark. Each change takes constant time, but for a search, which goes by lanes.
/// </summary>
/// <remarks>
/// Frames are segments, so a block covers a frame or it does not. A sacked frame needs no place in a list of times, and keeps there a
/// frame behind it from where to look for the next that is not sacked; looking shortens the way (union by path halving). So a block that
/// says again what is known costs next to nothing, however much it covers (the kernel's recv_sack_cache).
/// </remarks>
/// <param name="links">The send queues' links.</param>
internal sealed class SendScoreboard(Arena arena, int[] links)
{
    private const int NearStride = 16;
    private const int FarStride = 256;

    private readonly SendMarks[] marks = new SendMarks[links.Length];

    // in a list of times or of what is lost; of a sacked frame, `next` is where to look for one that is not
    private readonly int[] next = new int[links.Length];
    private readonly int[] previous = new int[links.Length];
    private readonly int[] near = new int[links.Length];
    private readonly int[] far = new int[links.Length];

    /// <summary>Frames that searches have looked at, for tests of what a peer can make of them.</summary>
    internal long Steps { get; set; }

    public SendMarks MarksOf(Frame frame) => marks[frame.Index];

    public bool Has(Frame frame, SendMarks mark) => (marks[frame.Index] & mark) != 0;

    /// <summary>Takes over what is in flight: up to <paramref name="end"/>, in the order in which it was sent.</summary>
    public void Begin(ref TcpScoreboard board, Frame first, Frame end, SequenceNumber endSequence)
    {
        board = default;
        board.End = endSequence;
        for (var frame = first; !frame.IsNone && frame != end; frame = Behind(frame))
        {
            Append(ref board, frame);
        }
    }

    /// <summary>A frame that was sent for the first time, behind all others.</summary>
    public void Append(ref TcpScoreboard board, Frame frame)
    {
        marks[frame.Index] = SendMarks.None;
        near[frame.Index] = 0;
        far[frame.Index] = 0;
        LinkLast(ref board.TimeFirst, ref board.TimeLast, frame);
        if (board.Appended % NearStride == 0)
        {
            LinkLane(near, ref board.NearFirst, ref board.NearLast, frame);
        }

        if (board.Appended % FarStride == 0)
        {
            LinkLane(far, ref board.FarFirst, ref board.FarLast, frame);
        }

        board.Appended++;
    }

    /// <summary>The frame that begins last at or before a sequence number, from <paramref name="first"/> on, which does.</summary>
    public Frame Find(ref TcpScoreboard board, Frame first, SequenceNumber sequence)
    {
        var frame = Along(far, board.FarFirst, sequence, first);
        var start = frame == first || StartOf(board.NearFirst) > StartOf(frame) ? board.NearFirst : frame;
        frame = Along(near, start, sequence, frame);
        return Along(links, frame, sequence, frame);
    }

    private Frame Along(int[] lane, Frame from, SequenceNumber sequence, Frame otherwise)
    {
        if (from.IsNone || StartOf(from) > sequence)
        {
            return otherwise;
        }

        while (true)
        {
            Steps++;
            var following = new Frame(lane[from.Index]);
            if (following.IsNone || StartOf(following) > sequence)
            {
                return from;
            }

            from = following;
        }
    }

    /// <summary>The first frame from this one on that is not sacked; none if all are.</summary>
    public Frame NextUnsacked(Frame frame)
    {
        var index = frame.Index;
        while (index != 0 && (marks[index] & SendMarks.Sacked) != 0)
        {
            Steps++;
            var following = JumpOf(index);
            if (following != 0 && (marks[following] & SendMarks.Sacked) != 0 && JumpOf(following) is var beyond and not 0)
            {
                next[index] = beyond;
            }

            index = following;
        }

        return new Frame(index);
    }

    /// <summary>What was behind it when it was sacked may not have been there yet.</summary>
    private int JumpOf(int sacked) => next[sacked] != 0 ? next[sacked] : links[sacked];

    public void MarkSacked(ref TcpScoreboard board, Frame frame)
    {
        var length = LengthOf(frame);
        Leave(ref board, frame, length);
        marks[frame.Index] = (marks[frame.Index] & SendMarks.EverRetransmitted) | SendMarks.Sacked;
        next[frame.Index] = links[frame.Index];
        board.Sacked += length;
        board.SackedSegments++;
        if (board.SackedSegments == 1 || StartOf(frame) >= board.HighestSacked)
        {
            board.HighestSacked = StartOf(frame) + length;
        }
    }

    /// <summary>It is lost, or what was sent of it again is; it waits to be sent, behind what waits already unless it is the first of all.</summary>
    public void MarkLost(ref TcpScoreboard board, Frame frame)
    {
        var mark = marks[frame.Index];
        if ((mark & (SendMarks.Lost | SendMarks.Retransmitted)) == SendMarks.Lost)
        {
            return;
        }

        var isFirst = !board.LostFirst.IsNone && StartOf(frame) < StartOf(board.LostFirst);
        MarkLostLast(ref board, frame);
        if (isFirst)
        {
            Unlink(ref board, frame);
            LinkFirst(ref board.LostFirst, frame);
        }
    }

    /// <summary>The same, behind what waits already in any case: so all of a queue come to wait in their order.</summary>
    public void MarkLostLast(ref TcpScoreboard board, Frame frame)
    {
        var mark = marks[frame.Index];
        var length = LengthOf(frame);
        Leave(ref board, frame, length);
        marks[frame.Index] = (mark & SendMarks.EverRetransmitted) | SendMarks.Lost;
        board.Lost += length;
        LinkLast(ref board.LostFirst, ref board.LostLast, frame);
    }

    /// <summary>It went again.</summary>
    public void MarkRetransmitted(ref TcpScoreboard board, Frame frame, SequenceNumber end)
    {
        var mark = marks[frame.Index];
        Unlink(ref board, frame);
        LinkLast(ref board.TimeFirst, ref board.TimeLast, frame);
        board.Retransmitted += (mark & SendMarks.Retransmitted) == 0 ? LengthOf(frame) : 0;
        board.End = end;
        marks[frame.Index] = mark | SendMarks.Retransmitted | SendMarks.EverRetransmitted;
    }

    /// <summary>The first frame of the queue is acknowledged and leaves.</summary>
    public SendMarks Remove(ref TcpScoreboard board, Frame frame)
    {
        var mark = marks[frame.Index];
        var length = LengthOf(frame);
        Leave(ref board, frame, length);
        if ((mark & SendMarks.Sacked) != 0)
        {
            board.Sacked -= length;
            board.SackedSegments--;
        }

        if (board.NearFirst == frame)
        {
            board.NearFirst = new Frame(near[frame.Index]);
            board.NearLast = board.NearFirst.IsNone ? Frame.None : board.NearLast;
        }

        if (board.FarFirst == frame)
        {
            board.FarFirst = new Frame(far[frame.Index]);
            board.FarLast = board.FarFirst.IsNone ? Frame.None : board.FarLast;
        }

        marks[frame.Index] = SendMarks.None;
        return mark;
    }

    /// <summary>A frame was cut in two; <paramref name="rest"/> stands behind it and was sent with it.</summary>
    public void Split(ref TcpScoreboard board, Frame frame, Frame rest)
    {
        var mark = marks[frame.Index];
        marks[rest.Index] = mark;
        near[rest.Index] = 0;
        far[rest.Index] = 0;
        if ((mark & SendMarks.Sacked) != 0)
        {
            next[rest.Index] = next[frame.Index];
            board.SackedSegments++;
            return;
        }

        var following = next[frame.Index];
        next[rest.Index] = following;
        previous[rest.Index] = frame.Index;
        next[frame.Index] = rest.Index;
        var isLost = (mark & (SendMarks.Lost | SendMarks.Retransmitted)) == SendMarks.Lost;
        if (following != 0)
        {
            previous[following] = rest.Index;
        }
        else if (isLost)
        {
            board.LostLast = rest;
        }
        else
        {
            board.TimeLast = rest;
        }
    }

    /// <summary>Nothing was lost: what waits to be sent again counts as in flight, older than all else (tcp_undo_cwnd_reduction).</summary>
    public void UnmarkLost(ref TcpScoreboard board, Frame first, Frame end)
    {
        for (var frame = first; !frame.IsNone && frame != end; frame = Behind(frame))
        {
            marks[frame.Index] &= ~SendMarks.Lost;
        }

        board.Lost = 0;
        if (board.LostFirst.IsNone)
        {
            return;
        }

        next[board.LostLast.Index] = board.TimeFirst.Index;
        if (board.TimeFirst.IsNone)
        {
            board.TimeLast = board.LostLast;
        }
        else
        {
            previous[board.TimeFirst.Index] = board.LostLast.Index;
        }

        board.TimeFirst = board.LostFirst;
        board.LostFirst = Frame.None;
        board.LostLast = Frame.None;
    }

    /// <summary>The peer has thrown away what it said it had (RFC 2018 §8): all of it is lost.</summary>
    public void Renege(ref TcpScoreboard board, Frame first, Frame end)
    {
        for (var frame = first; !frame.IsNone && frame != end; frame = Behind(frame))
        {
            if ((marks[frame.Index] & SendMarks.Sacked) != 0)
            {
                marks[frame.Index] &= ~SendMarks.Sacked;
                LinkLast(ref board.TimeFirst, ref board.TimeLast, frame);
            }
        }

        board.Sacked = 0;
        board.SackedSegments = 0;
    }

    public Frame NextByTime(Frame frame) => new(next[frame.Index]);

    private Frame Behind(Frame frame) => new(links[frame.Index]);

    private int LengthOf(Frame frame)
    {
        ref var metadata = ref arena.Metadata(frame);
        return metadata.DataOffset + metadata.DataLength - Arena.Headroom;
    }

    private SequenceNumber StartOf(Frame frame) => new(arena.Metadata(frame).Sequence);

    /// <summary>Takes a frame out of the list it is in, and its bytes out of what is lost and what went again.</summary>
    private void Leave(ref TcpScoreboard board, Frame frame, int length)
    {
        var mark = marks[frame.Index];
        if ((mark & SendMarks.Sacked) != 0)
        {
            return;
        }

        Unlink(ref board, frame);
        board.Lost -= (mark & SendMarks.Lost) != 0 ? length : 0;
        board.Retransmitted -= (mark & SendMarks.Retransmitted) != 0 ? length : 0;
    }

    private void Unlink(ref TcpScoreboard board, Frame frame)
    {
        var isLost = (marks[frame.Index] & (SendMarks.Lost | SendMarks.Retransmitted)) == SendMarks.Lost;
        ref var first = ref board.TimeFirst;
        ref var last = ref board.TimeLast;
        if (isLost)
        {
            first = ref board.LostFirst;
            last = ref board.LostLast;
        }

        var following = next[frame.Index];
        var before = previous[frame.Index];
        if (first == frame)
        {
            first = new Frame(following);
        }
        else
        {
            next[before] = following;
        }

        if (last == frame)
        {
            last = first.IsNone ? Frame.None : new Frame(before);
        }
        else
        {
            previous[following] = before;
        }
    }

    /// <summary>In front of a list that is not empty.</summary>
    private void LinkFirst(ref Frame first, Frame frame)
    {
        next[frame.Index] = first.Index;
        previous[frame.Index] = 0;
        previous[first.Index] = frame.Index;
        first = frame;
    }

    private void LinkLast(ref Frame first, ref Frame last, Frame frame)
    {
        next[frame.Index] = 0;
        previous[frame.Index] = last.Index;
        if (first.IsNone)
        {
            first = frame;
        }
        else
        {
            next[last.Index] = frame.Index;
        }

        last = frame;
    }

    private static void LinkLane(int[] lane, ref Frame first, ref Frame last, Frame frame)
    {
        if (first.IsNone)
        {
            first = frame;
        }
        else
        {
            lane[last.Index] = frame.Index;
        }

        last = frame;
    }
}
