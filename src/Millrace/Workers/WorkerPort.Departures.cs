using Millrace.Headers;
using Millrace.Memory;
using Millrace.Nics;

namespace Millrace.Workers;

/// <content>How a worker sends by the queues of others.</content>
public sealed partial class WorkerPort
{
    private readonly List<TransmitQueues?> transmitQueues = [];
    private bool sendsByFlow;

    private bool HasToTransmit
    {
        get
        {
            foreach (var queues in transmitQueues)
            {
                if (queues is { HasDepartures: true } or { HasRoomAgain: true })
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Opens this worker's queue of a NIC, and the way to those of the others where it may need them.</summary>
    /// <param name="networkInterface">Index of the interface; interfaces are opened in their order.</param>
    /// <param name="queueCount">Queues of the NIC that are used; workers from this number on have none of their own.</param>
    /// <param name="usesXps">Whether [Xps] is declared: flows may be sent by the queues of others.</param>
    public NicQueue Open(Nic nic, int networkInterface, int queueCount, bool usesXps)
    {
        ArgumentNullException.ThrowIfNull(nic);
        if (nic.QueueCount < queueCount)
        {
            throw new ArgumentException(
                $"The stack declares [NicQueues({queueCount})], but the NIC has {nic.QueueCount}: make it with {queueCount} queues, or declare fewer.", nameof(nic));
        }

        if (nic.Rss is { } table && !table.Hash.Toeplitz.Key.SequenceEqual(Hash.Toeplitz.Key))
        {
            throw new ArgumentException("The NIC hashes flows by another key than the group of workers: make the group with new WorkerGroup(workers, nic).", nameof(nic));
        }

        HasQueue = Worker < queueCount;
        var own = HasQueue ? nic.Open(Worker, arena) : null;
        if (own is not null && !usesXps && queueCount == Group.Count)
        {
            transmitQueues.Add(null);
            return own;
        }

        sendsByFlow |= usesXps;
        var map = usesXps ? Group.XpsOf(networkInterface, queueCount) : null;
        var queues = new TransmitQueues(this, arena, own, networkInterface, queueCount, map);
        transmitQueues.Add(queues);
        return queues;
    }

    /// <summary>The hash of what a flow of this worker sends, where a queue is chosen by it; otherwise 0.</summary>
    public uint TransmitHashOf(InetEndpoint local, InetEndpoint remote) =>
        sendsByFlow ? Hash.Of(local.Address, remote.Address, local.Port, remote.Port) : 0;

    internal TransmitQueues? QueuesOf(int networkInterface) =>
        networkInterface < transmitQueues.Count ? transmitQueues[networkInterface] : null;

    internal void KickAtEnd(int worker) => kicks |= 1UL << worker;

    /// <summary>Notes a packet that another worker is to send: it is complete when all of its frames are home.</summary>
    internal void NoteAbroad(Frame packet)
    {
        var count = 0;
        for (var frame = packet; !frame.IsNone; frame = arena.Metadata(frame).NextFragment)
        {
            packetOf[frame.Index] = packet.Index;
            count++;
        }

        framesAbroad[packet.Index] = (ushort)count;
    }

    private void TakeDeparted(Frame frame)
    {
        var packet = new Frame(packetOf[frame.Index]);
        packetOf[frame.Index] = 0;
        if (--framesAbroad[packet.Index] == 0)
        {
            transmitQueues[arena.Metadata(packet).Interface]!.Complete(packet);
        }
    }
}
