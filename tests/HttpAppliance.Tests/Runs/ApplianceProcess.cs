using System.Diagnostics;

namespace HttpAppliance.Tests.Runs;

/// <summary>The built program as a child process.</summary>
internal static class ApplianceProcess
{
    public static ProcessStartInfo StartInfo(params string[] arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "HttpAppliance.dll");
        return new ProcessStartInfo("dotnet", [program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
    }

    public static async Task<ApplianceOutput> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(StartInfo(arguments))!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new ApplianceOutput(process.ExitCode, await output, await error);
    }
}

internal sealed record ApplianceOutput(int ExitCode, string Output, string Error);
