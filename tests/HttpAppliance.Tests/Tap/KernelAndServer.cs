using System.Diagnostics;
using HttpAppliance.Http;
using Millrace;
using Millrace.Memory;
using Millrace.Nics;
using Millrace.Testing;
using Millrace.Tests;

namespace HttpAppliance.Tests.Tap;

/// <summary>The server on a TAP of a network namespace of its own, where the kernel is 10.0.0.1.</summary>
internal sealed class KernelAndServer : IDisposable
{
    private readonly Nic nic;
    private readonly Worker worker;

    public KernelAndServer(TapOptions? options = null, ImpairmentOptions? impairments = null)
    {
        Requires.Tap();
        Namespace = new NetworkNamespace();
        var tap = Namespace.Run(() => new TapNic((options ?? new TapOptions()) with { Name = "mr0", KernelAddress = "10.0.0.1/24" }));
        nic = impairments is { } given ? new ImpairedNic(tap, given, given with { Seed = given.Seed + 1 }) : tap;
        Stack = new ServerStack(new ServerStack.Setup { Nic = nic, Entropy = new Entropy(1, 2), Site = new HttpSite() });
        worker = new Worker(Stack);
        worker.Start();
    }

    public NetworkNamespace Namespace { get; }

    public ServerStack Stack { get; }

    /// <summary>Runs a command line of the shell in the namespace.</summary>
    /// <returns>Its standard output without the line's end.</returns>
    public string Shell(string line, int seconds = 120)
    {
        using var process = Namespace.Start("sh", "-c", line);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromSeconds(seconds)))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"'{line}' was not done after {seconds} s. {Describe()}");
        }

        Assert.True(process.ExitCode == 0, $"'{line}' failed with {process.ExitCode}: {error.Result} {Describe()}");
        return output.Result.TrimEnd();
    }

    /// <summary>Ends the worker, and with it every doubt about what its counters say.</summary>
    public void Stop()
    {
        worker.Dispose();
        Assert.True(worker.Completion.IsCompletedSuccessfully, worker.Completion.Exception?.ToString());
        Assert.Equal(Stack.HeldIngress, Stack.Ledger.IngressDue);
        Assert.Equal(Stack.HeldEgress, Stack.Ledger.EgressDue);
    }

    /// <summary>What the stack counted, for a test that failed.</summary>
    public string Describe() => worker.Completion.Exception?.ToString()
        ?? string.Join(", ", Enum.GetValues<DropReason>().Where(reason => Stack.Ledger.Dropped(reason) > 0).Select(reason => $"{reason}: {Stack.Ledger.Dropped(reason)}"))
        + $" sockets' frames: {Stack.Arena.Used(Share.Sockets)}";

    public void Dispose()
    {
        worker.Dispose();
        Stack.Dispose();
        nic.Dispose();
        Namespace.Dispose();
    }
}
