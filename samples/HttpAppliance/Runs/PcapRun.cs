using System.Diagnostics;
using HttpAppliance.Http;
using HttpAppliance.Reports;
using Millrace;
using Millrace.Headers;
using Millrace.Ip;
using Millrace.Nics;

namespace HttpAppliance.Runs;

/// <summary>
/// Plays a capture to the server's stack, with the distances in time that the packets were captured with, in virtual time.
/// The stack takes the place of a host of the capture, and what it answers goes nowhere.
/// </summary>
internal static class PcapRun
{
    private const int DefaultPrefixLength = 24;

    /// <summary>Nanoseconds of the stack's time that follow the last packet: delayed acknowledgments come in them.</summary>
    private const long LingerAfter = 200_000_000;

    public static RunReport Execute(ApplianceOptions options)
    {
        var path = options.Pcap!;
        var (address, mac) = ChooseHost(path, options.Address);
        var clock = new RunClock(isVirtual: true);
        var site = new HttpSite();
        using var nic = new PcapNic(Open(path), new PcapNicOptions { Address = mac, StartAt = clock.Now });
        using var stack = new ServerStack(new ServerStack.Setup
        {
            Nic = nic,
            Entropy = options.Seed is { } seed ? new Entropy(seed, 0) : Entropy.FromOperatingSystem(),
            Site = site,
        });
        stack.Stages.Ipv4.Ipv4.SetAddress(0, address);

        var started = Stopwatch.GetTimestamp();
        var startedAt = clock.Now;
        Play(stack, nic, clock);
        return new RunReport
        {
            Mode = "pcap",
            Failure = nic.Failure is { } failure ? $"the capture is damaged: {failure.Message}" : null,
            Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds,
            VirtualSeconds = (clock.Now - startedAt) / 1e9,
            Seed = options.Seed,
            Notes =
            [
                $"{nic.Played} packets played to {address} at {mac}; {nic.Skipped} passed over, {nic.CutShort} captured in part only",
                $"{site.Accepted} connections were established",
            ],
            Stacks = [StackReport.Of(stack, isFinished: false)],
        };
    }

    private static void Play(ServerStack stack, PcapNic nic, RunClock clock)
    {
        var end = long.MaxValue;
        while (clock.Now < end)
        {
            var taken = stack.Poll(0, 0, clock.Now);
            if (nic.IsAtEnd && end == long.MaxValue)
            {
                end = clock.Now + LingerAfter;
            }

            if (taken == 0)
            {
                clock.TryWait(Math.Min(stack.NextDeadline, end));
            }
        }
    }

    private static (InterfaceAddress Address, MacAddress Mac) ChooseHost(string path, string? asked)
    {
        using var reader = Open(path);
        var survey = new CaptureSurvey(reader);
        if (!AddressText.TryParse(asked ?? TapRun.DefaultAddress, out var address, out var prefixLength))
        {
            throw new UnreachableException();
        }

        if (asked is null && survey.MacOf(address) is null && survey.Busiest is { } busiest)
        {
            (address, prefixLength) = (busiest, DefaultPrefixLength);
        }

        return (new InterfaceAddress(address.Ipv4, prefixLength), survey.MacOf(address) ?? new PcapNicOptions().Address);
    }

    private static CaptureReader Open(string path)
    {
        try
        {
            return CaptureReader.Open(path);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ApplianceException($"The capture '{path}' does not exist.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CaptureFormatException)
        {
            throw new ApplianceException($"The capture '{path}' cannot be read: {exception.Message}", exception);
        }
    }
}
