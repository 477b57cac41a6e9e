using SteeringLab.Display;
using SteeringLab.Readings;
using SteeringLab.Steering;

namespace SteeringLab.Runs;

/// <summary>The one thread that controls a run: makes the changes that are due or asked for by a key, and takes readings.</summary>
internal sealed class LabControl(LabRun run, LabOptions options, IKeySource keys)
{
    /// <summary>From one reading to the next.</summary>
    private const double ReadingPeriod = 0.25;

    private static readonly TimeSpan KeyPeriod = TimeSpan.FromMilliseconds(20);

    private int nextStep;

    /// <summary>Runs until the time is over, somebody quits, or it cannot go on.</summary>
    /// <param name="show">Given each reading with the one before; null takes none.</param>
    /// <param name="stop">Ends it from elsewhere (Ctrl-C).</param>
    public async Task RunAsync(Action<LabRates>? show, CancellationToken stop)
    {
        LabReading? before = null;
        var readAt = 0.0;
        while (!stop.IsCancellationRequested && run.Failure is null && run.Seconds < (options.Seconds ?? double.MaxValue))
        {
            await MakeDueChangesAsync().ConfigureAwait(false);
            if (!await TakeKeysAsync().ConfigureAwait(false))
            {
                return;
            }

            if (show is not null && run.Seconds >= readAt)
            {
                readAt = run.Seconds + ReadingPeriod;
                var now = await run.ReadAsync().ConfigureAwait(false);
                show(new LabRates(before, now));
                before = now;
            }

            await Task.Delay(UntilNext(readAt, show is not null), CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task MakeDueChangesAsync()
    {
        while (options.Script is { } script && nextStep < script.Steps.Count && script.Steps[nextStep].Seconds <= run.Seconds)
        {
            await run.Desk.ApplyAsync(script.Steps[nextStep++].Change).ConfigureAwait(false);
        }

        if (run.Churn is { } churn && churn.NextAt <= run.Seconds)
        {
            foreach (var change in churn.Next())
            {
                await run.Desk.ApplyAsync(change).ConfigureAwait(false);
            }
        }
    }

    /// <returns>False if somebody quits.</returns>
    private async Task<bool> TakeKeysAsync()
    {
        while (keys.TryRead(out var key))
        {
            if (KeyMap.IsQuit(key))
            {
                return false;
            }

            if (KeyMap.Find(key) is { } change)
            {
                await run.Desk.ApplyAsync(change).ConfigureAwait(false);
            }
        }

        return true;
    }

    private TimeSpan UntilNext(double readAt, bool reads)
    {
        var next = run.Seconds + KeyPeriod.TotalSeconds;
        next = reads ? Math.Min(next, readAt) : next;
        next = run.Churn is { } churn ? Math.Min(next, churn.NextAt) : next;
        return TimeSpan.FromSeconds(Math.Clamp(next - run.Seconds, 0.001, KeyPeriod.TotalSeconds));
    }
}
