using System.Diagnostics;
using Millrace.Peers.Running;
using Millrace.Peers.Systems;

namespace Millrace.Peers.Tests;

public sealed class RunningTests
{
    [Fact]
    public void A_line_is_a_figure()
    {
        var line = ProgramLine.Parse("""{"variant":"copying-64","unit":"ns/1460B","value":231.2,"cpu":null,"valid":true,"note":"said"}""");
        Assert.Equal(("copying-64", "ns/1460B", 231.2, null, true, "said"), (line.Variant, line.Unit, line.Value!.Value, line.Cpu, line.Valid, line.Note));
    }

    [Fact]
    public void A_line_may_say_that_there_is_none() => Assert.True(ProgramLine.Parse("""{"variant":"f1","unsupported":true,"note":"no router"}""").Unsupported);

    [Theory]
    [InlineData("hello", "printed what is no figure: hello")]
    [InlineData("{}", "printed what is no figure: {}")]
    [InlineData("""{"variant":"","unit":"ns","value":1}""", "printed a figure without a variant")]
    [InlineData("""{"variant":"hot","value":1,"valid":true}""", "printed hot without unit or value")]
    [InlineData("""{"variant":"hot","unit":"ns","valid":true}""", "printed hot without unit or value")]
    [InlineData("""{"variant":"hot","unit":"ns","value":-1,"valid":true}""", "printed hot without unit or value")]
    public void Any_other_line_is_refused(string text, string message) => Assert.Equal(message, Assert.Throws<FormatException>(() => ProgramLine.Parse(text)).Message);

    [Theory]
    [InlineData("hops=3b74f913f", true)]
    [InlineData("staged; hops=0x3B74F913F, and more", true)]
    [InlineData("hops=3b74f913e", false)]
    [InlineData("all packets compared", false)]
    public void A_router_that_sends_packets_elsewhere_is_wrong(string note, bool valid) =>
        Assert.Equal(valid, Checks.Apply(new("F2", "routes-1000", "routes-1000", "dpdk", 1, "ns/packet", 1, 1, true, note)).Valid);

    [Fact]
    public void Next_hops_are_F2s_alone() => Assert.True(Checks.Apply(new("F1", "hot", "hot", "dpdk", 1, "ns/packet", 1, 1, true, "")).Valid);

    [Fact]
    public async Task What_a_child_says_is_kept()
    {
        var child = await Child.RunAsync(["sh", "-c", "echo out; echo why >&2; exit 3"], TimeSpan.FromMinutes(1), CancellationToken.None);
        Assert.Equal((3, "out\n", "why"), (child.ExitCode!.Value, child.Output, child.Reason));
    }

    [Fact]
    public async Task A_child_that_takes_too_long_is_ended_with_its_own()
    {
        // The child prints who its child is, which outlives it unless it is ended too.
        var file = Path.GetTempFileName();
        var child = await Child.RunAsync(["sh", "-c", $"sleep 300 & echo $! > {file}; wait"], TimeSpan.FromSeconds(1), CancellationToken.None);
        Assert.Equal((null, true, "ended after its time limit of 1 s"), (child.ExitCode, child.IsTimedOut, child.Reason));
        var id = File.ReadAllText(file).Trim();
        File.Delete(file);
        Assert.True(SpinWait.SpinUntil(() => !IsRunning(id), TimeSpan.FromSeconds(10)));

        static bool IsRunning(string id) => File.Exists($"/proc/{id}/stat") && File.ReadAllText($"/proc/{id}/stat").Split(' ')[2] != "Z";
    }

    [Fact]
    public async Task A_program_that_is_missing_is_a_reason() =>
        Assert.Contains("no-such-program", (await Child.RunAsync(["no-such-program"], TimeSpan.FromMinutes(1), CancellationToken.None)).Reason, StringComparison.Ordinal);

    [Fact]
    public async Task A_system_that_was_not_built_or_breaks_is_a_row()
    {
        var folder = Directory.CreateTempSubdirectory("millrace-peers").FullName;
        try
        {
            var interleaving = new Interleaving(
                new DriverOptions { Runs = 2 },
                [
                    Script("millrace-jit", """echo '{"variant":"'$3'","unit":"ns/packet","value":2,"cpu":1,"valid":true,"note":""}'"""),
                    Script("lwip", """echo '{"variant":"'$3'","unsupported":true,"note":"no router"}'"""),
                    Script("gvisor", "echo hello"),
                    Script("dpdk", "echo it broke >&2; exit 1"),
                    SystemUnderTest.Missing("linux", "not built"),
                ],
                Results.Processor.Allowed()[^1],
                _ => { });
            await interleaving.MeasureAsync(Catalogue.Workloads.Single(w => w.Name == "F1"), ["hot"], TimeSpan.MaxValue, CancellationToken.None);
            Assert.Equal([("millrace-jit", 1), ("millrace-jit", 2)], interleaving.Runs.Select(r => (r.System, r.Round)));
            Assert.Equal(
                [("dpdk", "it broke", true), ("gvisor", "printed what is no figure: hello", true), ("linux", "not built", false), ("lwip", "no router", false)],
                interleaving.Absences.Select(a => (a.System, a.Why, a.IsFailure)).Order());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        SystemUnderTest Script(string name, string body)
        {
            var file = Path.Combine(folder, name);
            File.WriteAllText(file, body + "\n");
            return SystemUnderTest.Ready(name, "sh", file);
        }
    }

    [Fact]
    public async Task Who_had_no_turn_before_the_time_was_up_is_a_row()
    {
        var interleaving = new Interleaving(new DriverOptions(), [SystemUnderTest.Ready("lwip", "false")], 0, _ => Assert.Fail("It was started."));
        await interleaving.MeasureAsync(Catalogue.Workloads.Single(w => w.Name == "F1"), ["hot"], TimeSpan.Zero, CancellationToken.None);
        Assert.Equal(("lwip", "the time of --quick was up before its turn", false), Assert.Single(interleaving.Absences.Select(a => (a.System, a.Why, a.IsFailure))));
    }

    [Fact]
    public void The_same_sources_are_built_once()
    {
        var folder = Directory.CreateTempSubdirectory("millrace-stamp").FullName;
        try
        {
            var source = Path.Combine(folder, "a.c");
            File.WriteAllText(source, "1");
            Stamp("flags").Write();
            Assert.True(Stamp("flags").IsCurrent);
            Assert.False(Stamp("other flags").IsCurrent);
            File.WriteAllText(source, "2");
            Assert.False(Stamp("flags").IsCurrent);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        BuildStamp Stamp(string how) => new(folder, how, Path.Combine(folder, "a.c"));
    }
}
