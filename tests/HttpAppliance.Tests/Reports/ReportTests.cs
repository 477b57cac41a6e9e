using System.Text;
using System.Text.Json;
using HttpAppliance.Reports;
using Spectre.Console;

namespace HttpAppliance.Tests.Reports;

public sealed class ReportTests
{
    private static readonly RunReport Report = new()
    {
        Mode = "memory",
        Verified = true,
        Bytes = 1000,
        Seconds = 0.5,
        VirtualSeconds = 3,
        AllocatedBytesPerPacket = 0,
        MeasuredPackets = 77,
        FramesLost = 4,
        Stacks = [StackOf("ServerStack", held: 0), StackOf("ClientStack", held: 0)],
    };

    [Fact]
    public void The_report_for_programs_has_what_it_promises()
    {
        var stream = new MemoryStream();
        JsonReport.Write(Report, stream);
        using var json = JsonDocument.Parse(stream.ToArray());
        var root = json.RootElement;
        Assert.True(root.GetProperty("verified").GetBoolean());
        Assert.Equal("virtual", root.GetProperty("time").GetString());
        Assert.Equal(1000, root.GetProperty("bytes").GetInt64());
        Assert.Equal(0.5, root.GetProperty("seconds").GetDouble());
        Assert.Equal(0, root.GetProperty("allocatedBytesPerPacket").GetDouble());
        Assert.Equal(0, root.GetProperty("framesLeaked").GetInt32());
        Assert.True(root.GetProperty("ledgersBalanced").GetBoolean());
        Assert.Equal(6, root.GetProperty("drops").GetProperty("TcpOldData").GetInt64());
        var stages = root.GetProperty("stages").EnumerateArray().ToArray();
        Assert.Equal(["Gro", "Tcp", "Gso", "Gro", "Tcp", "Gso"], stages.Select(stage => stage.GetProperty("name").GetString()));
        Assert.Equal([100, 40, 30], stages.Take(3).Select(stage => stage.GetProperty("packets").GetInt32()));
    }

    [Fact]
    public void What_is_not_known_is_null()
    {
        var stream = new MemoryStream();
        JsonReport.Write(Report with { Verified = null, AllocatedBytesPerPacket = null, VirtualSeconds = null }, stream);
        using var json = JsonDocument.Parse(stream.ToArray());
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("verified").ValueKind);
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("allocatedBytesPerPacket").ValueKind);
        Assert.Equal("real", json.RootElement.GetProperty("time").GetString());
    }

    [Fact]
    public void The_report_for_people_says_what_each_stage_did()
    {
        var text = TextOf(Report);
        Assert.Contains("the picture", text, StringComparison.Ordinal);
        Assert.Contains("both ledgers balance", text, StringComparison.Ordinal);
        Assert.Contains("3 TCP_OLD_DATA", text, StringComparison.Ordinal);
        Assert.Contains("1000 bytes in 0.50 s", text, StringComparison.Ordinal);
        Assert.Contains("every one compared and right", text, StringComparison.Ordinal);
        Assert.Contains("Time was virtual", text, StringComparison.Ordinal);
        Assert.Contains("0 bytes allocated a packet, over 77 packets", text, StringComparison.Ordinal);
        var gro = text.Split('\n').First(line => line.Contains("Gro", StringComparison.Ordinal));
        Assert.Equal(["Gro", "100", "60"], gro.Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(3));
    }

    [Fact]
    public void A_run_is_good_only_if_everything_in_it_is()
    {
        Assert.True(Report.IsGood);
        Assert.False((Report with { Verified = false }).IsGood);
        Assert.False((Report with { Failure = "x" }).IsGood);
        var unbalanced = Report with { Stacks = [StackOf("ServerStack", held: 1)] };
        Assert.False(unbalanced.IsGood);
        Assert.Contains("DO NOT BALANCE", TextOf(unbalanced), StringComparison.Ordinal);
    }

    [Fact]
    public void No_line_of_the_report_is_broken_however_narrow_the_console()
    {
        Assert.Contains(
            "ingress: 100 received = 90 delivered + 7 consumed + 0 forwarded + 3 dropped + 0 held", TextOf(Report, width: 40), StringComparison.Ordinal);
    }

    private static string TextOf(RunReport report, int width = 120)
    {
        var writer = new StringWriter(new StringBuilder());
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(writer) });
        console.Profile.Width = width;
        new TextReport(console).Write(report);
        return writer.ToString();
    }

    private static StackReport StackOf(string name, long held) => new()
    {
        Name = name,
        Stages = [new("Gro", true, false, 100, 0), new("Tcp", true, false, 40, 0), new("Gso", false, true, 0, 30)],
        Drops = [new("TcpOldData", "TCP_OLD_DATA", 3)],
        Ledger = new LedgerReport(100, 90, 7, 0, 3, held, 50, 50, 0, 0),
        FramesLeaked = 0,
        Pipeline = "the picture",
        MemoryBudget = "",
    };
}
