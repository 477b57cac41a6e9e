using Millrace.Headers;
using Millrace.Sockets;
using Millrace.Tcp;

namespace Millrace.Workloads.Bulk;

/// <summary>The two stacks of a transfer, polled in turn by the thread that calls.</summary>
public sealed class BulkPair(
    INetworkStack sender, TcpSockets sending, BulkSource source, INetworkStack receiver, TcpSockets receiving, BulkSink sink) : IDisposable
{
    private const int MostIdleRounds = 1_000_000;

    /// <summary>The most bytes that had been written and not yet read, seen between polls.</summary>
    public long MostInFlight { get; private set; }

    public long SegmentsSent => sending.Counters.OutSegs;

    public long AcknowledgmentsSent => receiving.Counters.OutSegs;

    /// <summary>All that was sent has come, once, and nothing was dropped on the way.</summary>
    public bool IsWhole => source.Written == sink.Read && sending.Counters.RetransSegs == 0
        && sender.Ledger.IngressDropped + sender.Ledger.EgressDropped + receiver.Ledger.IngressDropped + receiver.Ledger.EgressDropped == 0;

    public void ForgetMost() => MostInFlight = 0;

    public void Connect()
    {
        var result = sending.Connect(0, new InetEndpoint(InetAddress.Parse("10.0.0.1"), 80), out _);
        if (result != TcpConnectResult.Opening)
        {
            throw new InvalidOperationException($"The connection says {result}.");
        }

        for (var i = 0; source.Id.IsNone; i++)
        {
            Require(i);
            Poll();
        }
    }

    /// <summary>Sends so many bytes more and returns when they have been read.</summary>
    public void Transfer(long bytes)
    {
        source.Goal += bytes;
        if (sending.TryGet(source.Id, out var socket))
        {
            source.Fill(socket);
        }

        var idle = 0;
        for (var read = sink.Read; sink.Read < source.Goal;)
        {
            Poll();
            idle = read == sink.Read ? idle + 1 : 0;
            read = sink.Read;
            Require(idle);
        }
    }

    public void Dispose()
    {
        sender.Dispose();
        receiver.Dispose();
    }

    private void Poll()
    {
        var now = StackClock.Now;
        sender.Poll(0, 0, now);
        MostInFlight = Math.Max(MostInFlight, source.Written - sink.Read);
        while (receiver.Poll(0, 0, now) == receiver.Weight)
        {
        }
    }

    private static void Require(int rounds)
    {
        if (rounds > MostIdleRounds)
        {
            throw new InvalidOperationException("Nothing arrives any more.");
        }
    }
}
