using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Millrace.Peers.Systems;

namespace Millrace.Peers;

/// <summary>The options, what they accept and what they say about themselves.</summary>
internal sealed class CommandLine
{
    private readonly Option<string[]> only = ListOf("--only", "W1,F2,…", $"Workloads: {string.Join(", ", Catalogue.Workloads.Select(w => w.Name))} [default: all].", Catalogue.Workloads.Select(w => w.Name));

    private readonly Option<string[]> systems = ListOf("--systems", "NAME,…", $"Systems: {string.Join(", ", SystemNames.All)} [default: all].", SystemNames.All);

    private readonly Option<string[]> variants = ListOf("--variants", "NAME,…", "Variants as benchmarks/WORKLOADS.md names them, points of plots too [default: the workloads' own].", Catalogue.Workloads.SelectMany(w => w.AllVariants));

    private readonly Option<int?> runs = new("--runs")
    {
        Description = "Rounds; in each every system runs once [default: 5, with --quick or --plots 3].",
        HelpName = "N",
        CustomParser = result => ParseNumber(result, 1, 1000, "a number from 1 to 1000"),
    };

    private readonly Option<int?> cpu = new("--cpu")
    {
        Description = "The processor that all programs are pinned to [default: the last one].",
        HelpName = "N",
        CustomParser = result => ParseNumber(result, 0, 4095, "the number of a processor"),
    };

    private readonly Option<bool> quick = new("--quick") { Description = "A usable answer for a workload within a minute: its main variants, short runs, NativeAOT only where it is built or named." };

    private readonly Option<bool> isShort = new("--short") { Description = "The whole record by short runs: all variants, everything built and five rounds; kept as the whole is." };

    private readonly Option<bool> plots = new("--plots") { Description = "Measure the points of all plots (or of --only), by short runs, and draw them (SVG) into benchmarks/results/<cpu>/plots." };

    private readonly Option<bool> install = new("--install") { Description = "Install Debian packages that peers need and that are missing (as root)." };

    private readonly Option<string?> json = new("--json")
    {
        Description = "Write the figures to FILE for programs to read.",
        HelpName = "FILE",
        CustomParser = ParseFile,
    };

    /// <param name="run">Does what was asked for and returns the exit code.</param>
    public CommandLine(Func<DriverOptions, CancellationToken, Task<int>> run)
    {
        Root = new RootCommand(
            """
            Builds Millrace's and its peers' benchmark programs, runs them in turns, each pinned to one processor, and prints one table.
            What each workload is: benchmarks/WORKLOADS.md. Exit code 0; 1 if a result was wrong or a program failed; 2 for a bad command line.
            """);
        foreach (var option in new Option[] { only, systems, variants, runs, quick, isShort, json, plots, install, cpu })
        {
            Root.Options.Add(option);
        }

        Root.SetAction(async (result, cancellation) =>
        {
            var options = Read(result);
            if (Refusal(options) is not { } why)
            {
                return await run(options, cancellation);
            }

            await Console.Error.WriteLineAsync(why);
            return 2;
        });
    }

    public RootCommand Root { get; }

    private DriverOptions Read(ParseResult result) => new()
    {
        Only = result.GetValue(only) ?? [],
        Systems = result.GetValue(systems) ?? [],
        Variants = result.GetValue(variants) ?? [],
        Runs = result.GetValue(runs),
        Quick = result.GetValue(quick),
        IsShort = result.GetValue(isShort),
        Json = result.GetValue(json),
        Plots = result.GetValue(plots),
        Install = result.GetValue(install),
        Cpu = result.GetValue(cpu),
    };

    /// <summary>What cannot go together, said to the user; null if all can.</summary>
    internal static string? Refusal(DriverOptions options)
    {
        var stray = options.Variants.FirstOrDefault(v => options.Only.Count > 0 && !Catalogue.Workloads.Any(w => options.Only.Contains(w.Name) && w.AllVariants.Contains(v)));
        return stray is not null ? $"'{stray}' is no variant of {string.Join(" or ", options.Only)}: leave --only away, or name the workload that has it."
            : options is { Quick: true, IsShort: true } ? "--quick gives an answer within a minute, --short a record: write one of them."
            : options.Install && !Environment.IsPrivilegedProcess ? "--install calls apt-get and needs root: run as root, or install the packages that the table names yourself."
            : null;
    }

    /// <summary>Names divided by commas (or given as several arguments), in any case, each of them known.</summary>
    private static Option<string[]> ListOf(string name, string help, string description, IEnumerable<string> known) => new(name)
    {
        Description = description,
        HelpName = help,
        AllowMultipleArgumentsPerToken = true,
        CustomParser = result =>
        {
            var names = new List<string>();
            foreach (var text in result.Tokens.SelectMany(t => t.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)))
            {
                if (known.FirstOrDefault(k => k.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } match)
                {
                    names.Add(match);
                }
                else
                {
                    result.AddError($"'{text}' is no value for {name}: write some of {string.Join(", ", known.Distinct())}.");
                }
            }

            if (names.Count == 0 && !result.Errors.Any())
            {
                result.AddError($"{name} is empty: write some of {string.Join(", ", known.Distinct())}, or leave it away for all.");
            }

            return [.. names.Distinct()];
        },
    };

    private static int? ParseNumber(ArgumentResult result, int least, int most, string wanted)
    {
        var text = result.Tokens[0].Value;
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < least || number > most)
        {
            result.AddError($"'{text}' is no value for {((OptionResult)result.Parent!).IdentifierToken!.Value}: write {wanted}.");
        }

        return number;
    }

    private static string? ParseFile(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (text.Length == 0 || Directory.Exists(text))
        {
            result.AddError($"'{text}' is no value for --json: write the name of a file.");
        }
        else if (Path.GetDirectoryName(Path.GetFullPath(text)) is { } folder && !Directory.Exists(folder))
        {
            result.AddError($"--json {text}: there is no folder {folder}.");
        }

        return text;
    }
}
