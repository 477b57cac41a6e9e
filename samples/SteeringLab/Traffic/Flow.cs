using Millrace.Headers;

namespace SteeringLab.Traffic;

/// <summary>
/// One flow, and what became of its packets. The generator's thread counts what it sends. What comes in is counted by the worker
/// that has the packet: one at a time if steering keeps the order, which is what the lab is about, so what tells that it did
/// not is exchanged atomically.
/// </summary>
internal sealed class Flow(int index, IpProtocol protocol, InetEndpoint source, InetEndpoint destination, uint hash, int weight)
{
    private const int NumberMask = ushort.MaxValue;

    private int arrivalQueue = -1;
    private int worker = -1;
    private int nextNumber;

    public int Index { get; } = index;

    public IpProtocol Protocol { get; } = protocol;

    /// <summary>The generator's end.</summary>
    public InetEndpoint Source { get; } = source;

    /// <summary>The server's end.</summary>
    public InetEndpoint Destination { get; } = destination;

    /// <summary>The hash that receive-side scaling and RPS steer it by.</summary>
    public uint Hash { get; } = hash;

    /// <summary>Its part of the traffic.</summary>
    public int Weight { get; } = weight;

    /// <summary>Packets that the generator has numbered and given to its NIC.</summary>
    public long SentPackets { get; private set; }

    /// <summary>Bytes of payload that the generator has handed to its transport.</summary>
    public long SentBytes { get; set; }

    /// <summary>Datagrams, or 0 for a connection.</summary>
    public long SentDatagrams { get; set; }

    /// <summary>Packets that came to the server's transport.</summary>
    public long Packets { get; private set; }

    /// <summary>Bytes of payload that the application got.</summary>
    public long Bytes { get; private set; }

    public long Datagrams { get; private set; }

    /// <summary>Bytes that were not those of this flow at this position.</summary>
    public long WrongBytes { get; private set; }

    /// <summary>Packets that came to the transport behind one that was sent later.</summary>
    public long Reordered { get; private set; }

    /// <summary>How often its packets came in by another queue than before.</summary>
    public long QueueMoves { get; private set; }

    /// <summary>How often another worker had its packets than before.</summary>
    public long WorkerMoves { get; private set; }

    /// <summary>The queue by which its last packet came in; -1 before the first.</summary>
    public int ArrivalQueue => Volatile.Read(ref arrivalQueue);

    /// <summary>The worker whose transport had its last packet; -1 before the first.</summary>
    public int Worker => Volatile.Read(ref worker);

    /// <summary>The number of the next packet that the generator's NIC is given.</summary>
    public ushort NextNumber() => (ushort)SentPackets++;

    /// <summary>A packet came out of a queue of the NIC.</summary>
    public void Arrive(int queue)
    {
        if (arrivalQueue != queue)
        {
            QueueMoves += Interlocked.Exchange(ref arrivalQueue, queue) < 0 ? 0 : 1;
        }
    }

    /// <summary>Packets with consecutive numbers came to the transport.</summary>
    public void Take(int by, ushort number, int count)
    {
        if (worker != by)
        {
            WorkerMoves += Interlocked.Exchange(ref worker, by) < 0 ? 0 : 1;
        }

        Packets += count;
        var next = (number + count) & NumberMask;
        var expected = Interlocked.Exchange(ref nextNumber, next);
        if ((short)(number - expected) < 0)
        {
            // numbers that are missing were dropped on the way, or come yet: then they are the ones out of order
            Reordered += count;
            Volatile.Write(ref nextNumber, expected);
        }
    }

    /// <summary>The application got bytes of the stream, those at <see cref="Bytes"/>.</summary>
    public void Check(ReadOnlySpan<byte> piece)
    {
        WrongBytes += StreamPattern.IsRight(piece, Index, Bytes) ? 0 : piece.Length;
        Bytes += piece.Length;
    }

    /// <summary>The application got a datagram.</summary>
    public void CheckDatagram(ReadOnlySpan<byte> payload)
    {
        Datagrams++;
        Bytes += payload.Length;
        WrongBytes += Datagram.IsRight(payload, Index) ? 0 : payload.Length;
    }
}
