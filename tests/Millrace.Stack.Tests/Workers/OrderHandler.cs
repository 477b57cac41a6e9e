using System.Buffers.Binary;
using Millrace.Sockets;

namespace Millrace.Stack.Tests.Workers;

/// <summary>What the applications of all workers have seen of numbered datagrams: a flow's numbers may only grow.</summary>
internal sealed class OrderLog(int flows)
{
    private readonly long[] last = new long[flows];
    private readonly long[] counts = new long[flows];
    private readonly int[] workers = new int[flows];

    /// <summary>The first violation, in words; null if there was none.</summary>
    public string? Problem { get; private set; }

    /// <summary>Datagrams of all flows.</summary>
    public long Count => counts.Sum();

    /// <summary>Times a flow came to another worker than before.</summary>
    public long Moves { get; private set; }

    /// <summary>Called by one worker at a time for a flow, because only one may have it; two at once would be found as disorder.</summary>
    public void See(int worker, ReadOnlySpan<byte> payload)
    {
        var (flow, number) = Read(payload);
        var before = Interlocked.Exchange(ref last[flow], number);
        if (number <= before)
        {
            Problem ??= $"worker {worker} saw number {number} of flow {flow} behind {before}, which worker {workers[flow] - 1} had seen";
        }

        if (workers[flow] != worker + 1)
        {
            Moves += workers[flow] == 0 ? 0 : 1;
            workers[flow] = worker + 1;
        }

        counts[flow]++;
    }

    public static void Write(Span<byte> payload, int flow, long number)
    {
        BinaryPrimitives.WriteInt32BigEndian(payload, flow);
        BinaryPrimitives.WriteInt64BigEndian(payload[sizeof(int)..], number);
    }

    public static (int Flow, long Number) Read(ReadOnlySpan<byte> payload) =>
        (BinaryPrimitives.ReadInt32BigEndian(payload), BinaryPrimitives.ReadInt64BigEndian(payload[sizeof(int)..]));
}

/// <summary>Writes down what one worker gets.</summary>
internal struct OrderHandler(OrderLog log, Millrace.Workers.WorkerPort workers) : IUdpHandler
{
    public void Received(UdpDatagram datagram)
    {
        // traffic that answers also sends datagrams of its own making
        if (datagram.Data.Length >= sizeof(int) + sizeof(long))
        {
            log.See(workers.Worker, datagram.Data);
        }
    }
}
