using Millrace.Nics;

namespace Millrace.Benchmarks.WaysIn;

/// <summary>One way in: what is declared, and who polls.</summary>
public sealed record WayIn(string Name)
{
    public int DeferHardIrqs { get; init; }

    public long GroFlushTimeout { get; init; }

    public TimeSpan BusyPoll { get; init; }

    public bool IsApplication { get; init; }

    public static IReadOnlyList<WayIn> All { get; } =
    [
        new("interrupt"),
        new("deferral, 2 polls of 20 µs") { DeferHardIrqs = 2, GroFlushTimeout = 20_000 },
        new("deferral, 100 polls of 200 µs") { DeferHardIrqs = 100, GroFlushTimeout = 200_000 },
        new("worker busy polls 50 µs") { BusyPoll = TimeSpan.FromMicroseconds(50) },
        new("worker busy polls 500 µs") { BusyPoll = TimeSpan.FromMicroseconds(500) },
        new("application busy polls") { IsApplication = true },
    ];
}

/// <summary>The stack under measurement with its worker, and the application's thread where that polls.</summary>
public sealed class EchoServer : IDisposable
{
    private readonly INetworkStack stack;
    private readonly Worker worker;
    private readonly Thread? application;
    private long applicationTime;
    private volatile bool isEnding;

    public EchoServer(Nic nic, WayIn way)
    {
        var entropy = new Entropy(1, 2);
        if (way.GroFlushTimeout > 0)
        {
            var deferring = new DeferringEcho(new() { Nic = nic, Entropy = entropy });
            deferring.Settings.Napi.DeferHardIrqs = way.DeferHardIrqs;
            deferring.Settings.Napi.GroFlushTimeout = way.GroFlushTimeout;
            stack = deferring;
        }
        else
        {
            stack = new PromptEcho(new() { Nic = nic, Entropy = entropy });
        }

        worker = new Worker(stack, new WorkerOptions { BusyPoll = way.BusyPoll });
        worker.Start();
        if (way.IsApplication)
        {
            application = new Thread(Poll) { IsBackground = true, Name = "application" };
            application.Start();
        }
    }

    public WorkerCounters Counters => worker.Counters;

    /// <summary>Time of processors that worker and application have used.</summary>
    public TimeSpan ProcessorTime => worker.ProcessorTime + TimeSpan.FromTicks(Volatile.Read(ref applicationTime));

    public void Dispose()
    {
        isEnding = true;
        application?.Join();
        worker.Dispose();
        stack.Dispose();
    }

    private void Poll()
    {
        while (!isEnding)
        {
            worker.BusyPoll(() => isEnding, TimeSpan.FromMilliseconds(5));
            Volatile.Write(ref applicationTime, CurrentThread.ProcessorTime.Ticks);
        }
    }
}
