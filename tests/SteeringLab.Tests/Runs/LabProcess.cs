using System.Diagnostics;

namespace SteeringLab.Tests.Runs;

/// <summary>The built program as a child process.</summary>
internal static class LabProcess
{
    public static async Task<LabOutput> RunAsync(params string[] arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "SteeringLab.dll");
        var start = new ProcessStartInfo("dotnet", [program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new LabOutput(process.ExitCode, await output, await error);
    }
}

internal sealed record LabOutput(int ExitCode, string Output, string Error);
