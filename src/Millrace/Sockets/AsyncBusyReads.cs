namespace Millrace.Sockets;

/// <summary>Blocking reads that poll by themselves for a while (sk_busy_loop): who they wait for is nobody's thread but theirs.</summary>
internal sealed class AsyncBusyReads(Worker worker, TimeSpan limit)
{
    /// <summary>Begins a read and polls until it has an outcome or the time is over.</summary>
    public ValueTask<int> Begin(AsyncTcpConnection connection, Memory<byte> buffer)
    {
        var reading = new Reading(connection, buffer);
        if (!worker.IsCurrent && worker.Completion is { IsCompleted: false })
        {
            try
            {
                worker.BusyPoll(ref reading, limit);
            }
            catch (Exception) when (reading.HasBegun)
            {
                // a handler threw: the stack is faulted, and this read fails as all others do
            }
        }

        // the worker did not let go in time
        reading.Begin();
        return reading.Result;
    }

    private struct Reading(AsyncTcpConnection connection, Memory<byte> buffer) : IBusyWait
    {
        public bool HasBegun { get; private set; }

        public ValueTask<int> Result { get; private set; }

        public readonly bool IsDone => HasBegun && Result.IsCompleted;

        public void Begin()
        {
            if (!HasBegun)
            {
                Result = connection.ReadAsync(buffer, forStream: true, CancellationToken.None);
                HasBegun = true;
            }
        }
    }
}
