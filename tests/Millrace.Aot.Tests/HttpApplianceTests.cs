using System.Text.Json;

namespace Millrace.Aot.Tests;

public sealed class HttpApplianceTests(HttpAppliancePublication published) : IClassFixture<HttpAppliancePublication>
{
    [Fact]
    public void The_published_appliance_transfers_its_file_intact()
    {
        var report = Path.GetTempFileName();
        var (exitCode, output) = NativePublication.Run(
            published.Program, ["--bytes", "16777216", "--json", report], TimeSpan.FromMinutes(2));
        Assert.True(exitCode == 0, output);
        using var document = JsonDocument.Parse(File.ReadAllText(report));
        Assert.True(document.RootElement.GetProperty("verified").GetBoolean(), output);
        Assert.Equal(0, document.RootElement.GetProperty("framesLeaked").GetInt64());
    }

    [Fact]
    public void Its_map_names_what_it_declares() =>
        Assert.Contains(published.MapNames, name => name.Contains("Millrace_Tcp", StringComparison.Ordinal));
}
