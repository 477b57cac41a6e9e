using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Globalization;
using SteeringLab.Reports;
using SteeringLab.Steering;
using SteeringLab.Traffic;

namespace SteeringLab;

/// <summary>The options, what they accept and what they say about themselves.</summary>
internal sealed class CommandLine
{
    private const double MaximumSeconds = 86_400;
    private const double MinimumChurn = 0.001;
    private const long MaximumLoad = 100_000_000;

    private readonly Option<int> flows = new("--flows")
    {
        Description = "Flows of the generator, 1 to 512; every eighth pair has eight times the traffic of the others.",
        HelpName = "N",
        CustomParser = result => (int)ParseWhole(result, 1, FlowBoard.MaximumFlows),
        DefaultValueFactory = _ => new LabOptions().Flows,
    };

    private readonly Option<FlowMix> mix = new("--mix")
    {
        Description = "What the flows are: tcp, udp or both by turns.",
        HelpName = "tcp|udp|both",
        CustomParser = ParseMix,
        DefaultValueFactory = _ => FlowMix.Both,
    };

    private readonly Option<int> workers = new("--workers")
    {
        Description = "Workers of the server, 1 or 2, each pinned to a processor; one has no RPS and no XPS.",
        HelpName = "N",
        CustomParser = result => (int)ParseWhole(result, 1, 2),
        DefaultValueFactory = _ => new LabOptions().Workers,
    };

    private readonly Option<long> load = new("--load")
    {
        Description = "Packets a second of all flows together; 0 is as many as the server takes.",
        HelpName = "N",
        CustomParser = result => ParseWhole(result, 0, MaximumLoad),
        DefaultValueFactory = _ => 0L,
    };

    private readonly Option<double> loss = new("--loss")
    {
        Description = "Probability from 0 to 0.5 that the wire loses a packet, which it counts.",
        HelpName = "P",
        CustomParser = ParseProbability,
    };

    private readonly Option<double> reorder = new("--reorder")
    {
        Description = "Probability from 0 to 0.5 that the wire itself reorders a packet, to see that the lab finds it; the exit code is then 1.",
        HelpName = "P",
        CustomParser = ParseProbability,
    };

    private readonly Option<double?> seconds = new("--seconds")
    {
        Description = "End the traffic after so many seconds; without it the key q does.",
        HelpName = "N",
        CustomParser = result => ParseNumber(result, 0, MaximumSeconds, "a number of seconds, such as 2 or 0.5"),
    };

    private readonly Option<LabScript?> script = new("--script")
    {
        Description = $"Changes at given times, such as \"1s:rss random;2500ms:rps 0x1\": {LabChange.Grammar}.",
        HelpName = "STEPS",
        CustomParser = ParseScript,
    };

    private readonly Option<double?> churn = new("--churn")
    {
        Description = "Change something by chance every so many seconds.",
        HelpName = "SECONDS",
        CustomParser = result => ParseNumber(result, MinimumChurn, MaximumSeconds, "a number of seconds from 0.001, such as 0.1"),
    };

    private readonly Option<ulong?> seed = new("--seed")
    {
        Description = "Seed of all that is random: ports, and with them hashes, and changes by chance.",
        HelpName = "N",
        CustomParser = ParseSeed,
    };

    private readonly Option<string?> json = new("--json")
    {
        Description = "Write everything the tables show to FILE for programs to read.",
        HelpName = "FILE",
        CustomParser = ParseFile,
    };

    /// <param name="run">Does what was asked for and returns the exit code.</param>
    public CommandLine(Func<LabOptions, int> run)
    {
        Root = new RootCommand(
            """
            Flows, queues, workers and processors as they move. A server of two workers, each with a queue of its NIC, gets
            numbered packets of many flows over a wire in memory, while keys change the RSS table, the RPS mask, the XPS map
            and busy polling, or stop and start the workers. No packet is ever out of order; the exit code is 1 if one was, if
            one was lost without a counted reason, or if a ledger does not balance. No privilege is needed.
            """);
        foreach (var option in new Option[] { flows, mix, workers, load, loss, reorder, seconds, script, churn, seed, json })
        {
            Root.Options.Add(option);
        }

        var help = Root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithSchema((HelpAction)help.Action!);
        Root.Validators.Add(Validate);
        Root.SetAction(result => run(Read(result)));
    }

    public RootCommand Root { get; }

    private LabOptions Read(ParseResult result) => new()
    {
        Flows = result.GetValue(flows),
        Mix = result.GetValue(mix),
        Workers = result.GetValue(workers),
        Load = result.GetValue(load),
        Loss = result.GetValue(loss),
        Reorder = result.GetValue(reorder),
        Seconds = result.GetValue(seconds),
        Script = result.GetValue(script),
        Churn = result.GetValue(churn),
        Seed = result.GetValue(seed),
        Json = result.GetValue(json),
    };

    /// <summary>Looks at words, not at values: asking for the value of an option that has an error throws.</summary>
    private void Validate(CommandResult result)
    {
        string? WordOf(Option option) => result.GetResult(option)?.Tokens.FirstOrDefault()?.Value;
        if (WordOf(script) is not { } text || LabScript.Parse(text, out _) is not { } given)
        {
            return;
        }

        var count = WordOf(workers) == "1" ? 1 : new LabOptions().Workers;
        foreach (var step in given.Steps.Where(step => !step.Change.IsFor(count)).Take(1))
        {
            result.AddError(count == 1
                ? $"--script asks for {step.Change.Kind}, which one worker has no use for: leave it out, or ask for --workers 2."
                : $"--script asks for {step.Change.Kind}, which two workers cannot do: queues are 0 and 1, masks 0x0 to 0x3.");
        }
    }

    private static FlowMix ParseMix(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        switch (text)
        {
            case "tcp":
                return FlowMix.Tcp;
            case "udp":
                return FlowMix.Udp;
            case "both":
                return FlowMix.Both;
            default:
                result.AddError($"'{text}' is no value for --mix: write tcp, udp or both.");
                return FlowMix.Both;
        }
    }

    private static LabScript? ParseScript(ArgumentResult result)
    {
        var script = LabScript.Parse(result.Tokens[0].Value, out var problem);
        if (problem is not null)
        {
            result.AddError($"--script: {problem}.");
        }

        return script;
    }

    private static string? ParseFile(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (text.Length == 0)
        {
            result.AddError($"'' is no value for {NameOf(result)}: write the name of a file.");
        }

        return text;
    }

    private static long ParseWhole(ArgumentResult result, long least, long most)
    {
        var text = result.Tokens[0].Value;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
        {
            return number;
        }

        result.AddError($"'{text}' is no value for {NameOf(result)}: write a whole number from {least} to {most}.");
        return least;
    }

    private static double? ParseNumber(ArgumentResult result, double least, double most, string expected)
    {
        var text = result.Tokens[0].Value;
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
        {
            return number;
        }

        result.AddError($"'{text}' is no value for {NameOf(result)}: write {expected}.");
        return null;
    }

    private static double ParseProbability(ArgumentResult result) => ParseNumber(result, 0, 0.5, "a probability from 0 to 0.5, such as 0.02") ?? 0;

    private static ulong? ParseSeed(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        result.AddError($"'{text}' is no value for --seed: write a whole number from 0 to {ulong.MaxValue}.");
        return null;
    }

    private static string NameOf(ArgumentResult result) => ((OptionResult)result.Parent!).IdentifierToken!.Value;

    /// <summary>The help, and behind it what the file of --json holds.</summary>
    private sealed class HelpWithSchema(HelpAction help) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            var code = help.Invoke(parseResult);
            parseResult.InvocationConfiguration.Output.WriteLine(JsonReport.Schema);
            return code;
        }
    }
}
