using Spectre.Console;

namespace HttpAppliance.Reports;

/// <summary>Shows how far a run is, from another thread than the loop's, so that it costs the loop nothing.</summary>
internal static class ProgressDisplay
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    /// <summary>Returns when the run has ended; an exception of the run is thrown on.</summary>
    /// <param name="done">Units done, readable from any thread.</param>
    public static void Watch(IAnsiConsole console, string title, Task run, long total, Func<long> done)
    {
        if (Console.IsOutputRedirected || !console.Profile.Capabilities.Interactive)
        {
            console.WriteLine(title);
            run.GetAwaiter().GetResult();
            return;
        }

        console.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
            .Start(context =>
            {
                var task = context.AddTask(Markup.Escape(title), maxValue: total);
                while (!Task.WaitAny([run], Period).Equals(0))
                {
                    task.Value = done();
                }

                task.Value = done();
            });
        run.GetAwaiter().GetResult();
    }
}
