using System.Diagnostics;
using Millrace.Nics;
using Millrace.Testing;

namespace Millrace.Stack.Tests.Datagrams;

[NetworkStack]
[NicQueues(1)]
[Ipv4("10.9.0.2/24")]
[Udp]
[UdpHandler<UdpEcho>(7)]
public sealed partial class KernelStack;

/// <summary>
/// The stack at one end of a TAP and the kernel at the other, in a network namespace. The test's own thread is the worker:
/// it polls until what it waits for has come.
/// </summary>
internal sealed class KernelWorld : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Stopwatch clock = Stopwatch.StartNew();
    private readonly TapNic tap;
    private readonly CaptureWriter? writer;

    /// <param name="capture">A file that gets every packet as the stack sees it; checksums are finished by the stack then.</param>
    public KernelWorld(string? capture = null)
    {
        var options = new TapOptions { KernelAddress = "10.9.0.1/24" };
        tap = Space.Run(() => new TapNic(capture is null ? options : options with { Features = NicFeatures.None }));
        writer = capture is null ? null : CaptureWriter.Create(capture);
        Stack = new KernelStack(new() { Nic = writer is null ? tap : new CapturingNic(tap, writer), Entropy = new Entropy(1, 2) });
    }

    public NetworkNamespace Space { get; } = new();

    public KernelStack Stack { get; }

    public string OwnMac => tap.Address.ToString();

    /// <summary>Polls until a condition holds; the test fails if it does not within twenty seconds.</summary>
    public void Until(Func<bool> condition)
    {
        while (!condition())
        {
            Assert.True(clock.Elapsed < Patience, $"It did not happen. {LedgerAssert.Describe(Stack)}");
            Stack.Wait(TimeSpan.FromMilliseconds(5));
            Stack.Poll(0, 0, clock.ElapsedTicks * (1_000_000_000 / Stopwatch.Frequency));
        }
    }

    /// <summary>Runs a command of the namespace to its end while the stack is polled.</summary>
    /// <returns>What it wrote to standard output.</returns>
    public string Execute(string command, params string[] arguments)
    {
        using var process = Space.Start(command, arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        Until(() => process.HasExited);
        Assert.True(process.ExitCode == 0, $"{command} says {process.ExitCode}: {output.Result} {error.Result}");
        return output.Result;
    }

    public void Dispose()
    {
        LedgerAssert.Balanced(Stack);
        Stack.Dispose();
        writer?.Dispose();
        tap.Dispose();
        Space.Dispose();
    }
}
