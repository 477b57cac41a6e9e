using Millrace.Memory;

namespace Millrace.Workers;

/// <summary>
/// The queue that each flow of a worker sends by. It changes only while the flow has nothing outstanding in a NIC
/// (sk_tx_queue_get and ooo_okay of Linux), so no queue can overtake another.
/// </summary>
internal sealed class FlowQueues(XpsMap map, int worker, int arenaCapacity)
{
    private const int Places = 1024;

    private readonly Flow[] flows = new Flow[Places];
    private readonly ushort[] placeOf = new ushort[arenaCapacity + 1];

    private struct Flow
    {
        public int Outstanding;
        public int Queue;
    }

    /// <summary>The queue for a packet of a flow.</summary>
    public int Choose(uint hash)
    {
        ref var flow = ref flows[hash % Places];
        if (flow.Outstanding == 0)
        {
            flow.Queue = map.QueueOf(worker, hash);
        }

        return flow.Queue;
    }

    /// <summary>A packet was given to the queue chosen for it.</summary>
    public void Sent(Frame head, uint hash)
    {
        var place = (ushort)(hash % Places);
        flows[place].Outstanding++;
        placeOf[head.Index] = (ushort)(place + 1);
    }

    /// <summary>A packet has left its queue; told twice it counts once.</summary>
    public void Completed(Frame head)
    {
        ref var place = ref placeOf[head.Index];
        if (place != 0)
        {
            flows[place - 1].Outstanding--;
            place = 0;
        }
    }
}
