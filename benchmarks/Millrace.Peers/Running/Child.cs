using System.ComponentModel;
using System.Diagnostics;

namespace Millrace.Peers.Running;

/// <summary>What a child process has left.</summary>
/// <param name="ExitCode">Null if it was ended because its time was up, or could not be started.</param>
internal sealed record ChildResult(int? ExitCode, string Output, string Error, bool IsTimedOut = false)
{
    /// <summary>The last line it said about itself, for a cell of the table.</summary>
    public string Reason
    {
        get
        {
            var last = (Error.Trim().Length > 0 ? Error : Output).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).LastOrDefault();
            return IsTimedOut ? Error : last is null ? $"exit code {ExitCode}, and nothing was said" : last;
        }
    }
}

/// <summary>Runs a command to its end, or to the end of its time.</summary>
internal static class Child
{
    /// <summary>With all processes it started, it is ended when the time is up or the caller cancels.</summary>
    public static async Task<ChildResult> RunAsync(IReadOnlyList<string> command, TimeSpan limit, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        // `dotnet run` and `dotnet test` set these for themselves; a second `dotnet` would read them as its own.
        foreach (var variable in start.Environment.Keys.Where(k => k.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(variable);
        }

        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Win32Exception exception)
        {
            return new ChildResult(null, "", $"{command[0]}: {exception.Message}");
        }

        process.StandardInput.Close();
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(timeout.Token);
            var error = process.StandardError.ReadToEndAsync(timeout.Token);
            var texts = await Task.WhenAll(output, error);
            await process.WaitForExitAsync(timeout.Token);
            return new ChildResult(process.ExitCode, texts[0], texts[1]);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellation.ThrowIfCancellationRequested();
            return new ChildResult(null, "", $"ended after its time limit of {limit.TotalSeconds:0} s", IsTimedOut: true);
        }
    }
}
