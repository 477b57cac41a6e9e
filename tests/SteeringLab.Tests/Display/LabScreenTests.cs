using Millrace;
using Millrace.Headers;
using Spectre.Console;
using SteeringLab.Display;
using SteeringLab.Runs;

namespace SteeringLab.Tests.Display;

public sealed class LabScreenTests
{
    [Theory]
    [InlineData(120, 40)]
    [InlineData(200, 60)]
    [InlineData(80, 24)]
    [InlineData(60, 16)]
    public async Task The_screen_fits_the_terminal(int width, int height)
    {
        var options = new LabOptions { Flows = 64, Load = 20_000, Seed = 1, Seconds = 0.6 };
        var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Interactive = InteractionSupport.No, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = width;
        await using (var run = new LabRun(options))
        {
            run.Start();
            await new LabControl(run, options, new ConsoleKeys()).RunAsync(
                rates =>
                {
                    text.GetStringBuilder().Clear();
                    console.Write(LabScreen.Render(rates, width, height));
                },
                TestContext.Current.CancellationToken);
            Assert.True((await run.FinishAsync()).IsGood);
        }

        var lines = text.ToString().TrimEnd('\n').Split('\n');
        Assert.All(lines, line => Assert.True(line.TrimEnd().Length <= width, line));
        Assert.True(lines.Length <= height, $"{lines.Length} lines:\n{text}");
        Assert.Contains("reordered 0", lines[0], StringComparison.Ordinal);
        var strip = lines.Skip(1).TakeWhile(line => !line.StartsWith("RPS", StringComparison.Ordinal)).Select(line => line.TrimEnd()[4..]);
        Assert.Equal(128, string.Concat(strip).Count(cell => cell is '0' or '1'));

        // the busiest flow has the last line that is left, and may be of either protocol
        Assert.Contains(lines, line => line.Contains("TCP", StringComparison.Ordinal) || line.Contains("UDP", StringComparison.Ordinal));
        Assert.Contains("q quit", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Every_key_of_the_legend_does_something()
    {
        Assert.All("rte01mxbs", key => Assert.NotNull(KeyMap.Find(key)));
        Assert.True(KeyMap.IsQuit('q'));
        Assert.Null(KeyMap.Find('z'));
    }
}
