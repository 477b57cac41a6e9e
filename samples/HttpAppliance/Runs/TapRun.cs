using System.Diagnostics;
using System.Runtime.InteropServices;
using HttpAppliance.Http;
using HttpAppliance.Reports;
using Millrace;
using Millrace.Headers;
using Millrace.Ip;
using Millrace.Nics;
using Spectre.Console;

namespace HttpAppliance.Runs;

/// <summary>The server on a TAP device: the kernel of this machine is the peer, until somebody presses Ctrl-C.</summary>
internal static class TapRun
{
    public const string DefaultAddress = "10.0.0.2/24";

    /// <summary>How long the worker looks for packets before it sleeps; the kernel answers in some ten microseconds.</summary>
    private static readonly TimeSpan BusyPoll = TimeSpan.FromMicroseconds(50);

    public static RunReport Execute(ApplianceOptions options, IAnsiConsole console)
    {
        AddressText.TryParse(options.Address ?? DefaultAddress, out var address, out var prefixLength);
        using var ended = new ManualResetEventSlim();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => End(context, ended));
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => End(context, ended));
        using var tap = Open(options.Tap!, $"{AddressText.NeighbourOf(address, prefixLength)}/{prefixLength}", console);
        using Nic? impaired = options.IsImpaired ? Impair(tap, options) : null;
        var site = new HttpSite();
        using var stack = new ServerStack(new ServerStack.Setup
        {
            Nic = impaired ?? tap,
            Entropy = options.Seed is { } seed ? new Entropy(seed, 0) : Entropy.FromOperatingSystem(),
            Site = site,
        });
        stack.Stages.Ipv4.Ipv4.SetAddress(0, new InterfaceAddress(address.Ipv4, prefixLength));

        console.WriteLine($"Serving http://{address}/ on {tap.Name}. Ctrl-C ends.");
        var started = Stopwatch.GetTimestamp();
        Serve(stack, ended);
        return new RunReport
        {
            Mode = "tap",
            Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds,
            Seed = options.Seed,
            Notes = [$"{site.Accepted} connections, responses: {site.Responses[2]} of 2xx, {site.Responses[4]} of 4xx, {site.Responses[5]} of 5xx"],
            Stacks = [StackReport.Of(stack, isFinished: false)],
        };
    }

    private static void Serve(ServerStack stack, ManualResetEventSlim ended)
    {
        using var worker = new Worker(stack, new WorkerOptions { BusyPoll = BusyPoll, Name = "appliance" });
        worker.Start();
        while (!ended.IsSet && !worker.Completion.IsCompleted)
        {
            WaitHandle.WaitAny([ended.WaitHandle, ((IAsyncResult)worker.Completion).AsyncWaitHandle]);
        }

        worker.Dispose();
        worker.Completion.GetAwaiter().GetResult();
    }

    private static void End(PosixSignalContext context, ManualResetEventSlim ended)
    {
        context.Cancel = true;
        ended.Set();
    }

    /// <summary>Opens the device and sets the kernel's end up; says what is left to do where that is not allowed.</summary>
    private static TapNic Open(string name, string kernelAddress, IAnsiConsole console)
    {
        try
        {
            return new TapNic(new TapOptions { Name = name, KernelAddress = kernelAddress });
        }
        catch (NicException refused)
        {
            var tap = OpenAsItIs(name, refused);
            console.WriteLine($"{tap.Name} could not be set up: {refused.Message}");
            console.WriteLine("Somebody who may must run:");
            console.WriteLine($"  ip address replace {kernelAddress} dev {tap.Name}");
            console.WriteLine($"  ip link set dev {tap.Name} up");
            return tap;
        }
    }

    /// <summary>A device that exists and belongs to this user can be opened without the right to set it up.</summary>
    private static TapNic OpenAsItIs(string name, NicException refused)
    {
        try
        {
            return new TapNic(new TapOptions { Name = name, BringUp = false });
        }
        catch (NicException)
        {
            throw new ApplianceException(refused.Message, refused);
        }
    }

    private static ImpairedNic Impair(TapNic tap, ApplianceOptions options)
    {
        var impairments = new ImpairmentOptions { Loss = options.Loss, Seed = options.Seed ?? 1 };
        return new ImpairedNic(tap, receive: impairments, transmit: impairments with { Seed = impairments.Seed + 1 });
    }
}
