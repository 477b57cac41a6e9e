using System.Text.RegularExpressions;
using Millrace.Peers.Systems;

namespace Millrace.Peers.Tests;

public sealed partial class CatalogueTests
{
    private static readonly string page = File.ReadAllText(Path.Combine(Repository.Root, "benchmarks", "WORKLOADS.md"));

    [Fact]
    public void The_page_names_every_variant()
    {
        // The figures of hand-over are those of copying "likewise".
        var named = InBackticks().Matches(page).Select(m => m.Groups["name"].Value).ToHashSet();
        Assert.All(Catalogue.Workloads.SelectMany(w => w.AllVariants).Where(v => !v.StartsWith("handover-64-", StringComparison.Ordinal)), variant => Assert.Contains(variant, named));
    }

    [Fact]
    public void The_page_names_every_system() => Assert.All(SystemNames.All, name => Assert.Contains($"| `{name}` |", page, StringComparison.Ordinal));

    [Fact]
    public void The_page_has_the_sums_of_next_hops() =>
        Assert.All(Catalogue.Hops, pair => Assert.Contains($"| {pair.Key["routes-".Length..]} | {pair.Value} |", page, StringComparison.Ordinal));

    [Fact]
    public void Without_names_all_workloads_run_but_no_points_of_plots()
    {
        var chosen = Catalogue.Choose(new DriverOptions()).ToArray();
        Assert.Equal(["W1", "W2", "W3", "W4", "F1", "F2", "F4", "L1"], chosen.Select(c => c.Workload.Name));
        Assert.DoesNotContain("size-64", chosen.SelectMany(c => c.Variants));
    }

    [Fact]
    public void Plots_run_their_points_in_place_of_the_main_variants() =>
        Assert.Equal(
            ["routes-1", "routes-10", "routes-100", "routes-1000", "routes-10000", "routes-100000", "routes-500000"],
            Assert.Single(Catalogue.Choose(new DriverOptions { Only = ["F2"], Plots = true })).Variants);

    [Fact]
    public void A_variant_runs_in_every_workload_that_has_it() =>
        Assert.Equal(["F1", "F4"], Catalogue.Choose(new DriverOptions { Variants = ["size-64"] }).Select(c => c.Workload.Name));

    [GeneratedRegex("`(?<name>[^`]+)`")]
    private static partial Regex InBackticks();
}
