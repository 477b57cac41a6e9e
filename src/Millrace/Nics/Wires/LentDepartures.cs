using Millrace.Memory;

namespace Millrace.Nics;

/// <summary>
/// Packets that have departed while their frames are lent. One that is complete before anybody asked is not told of: its frames may
/// be another packet by then.
/// </summary>
internal sealed class LentDepartures(int frames)
{
    // a head can be sent again only after its completion was taken, and before that this queue is emptied: at most one stale
    // entry a frame stands beside a valid one
    private readonly FixedQueue<(Frame Head, uint Sending)> queue = new(2 * frames);

    /// <summary>By frame, how many of its packets are complete.</summary>
    private readonly uint[] sendings = new uint[frames + 1];

    public int Count => queue.Count;

    public void Add(Frame head) => queue.Enqueue((head, sendings[head.Index]));

    /// <summary>The packet is complete.</summary>
    public void Forget(Frame head) => sendings[head.Index]++;

    public int Take(Span<Frame> packets)
    {
        var count = 0;
        while (count < packets.Length && queue.Count > 0)
        {
            var (head, sending) = queue.Dequeue();
            if (sending == sendings[head.Index])
            {
                packets[count++] = head;
            }
        }

        return count;
    }
}
