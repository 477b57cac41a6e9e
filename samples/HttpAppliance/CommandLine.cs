using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace HttpAppliance;

/// <summary>The options, what they accept and what they say about themselves.</summary>
internal sealed class CommandLine
{
    private const double MaximumDelay = 10_000;

    /// <summary>IFNAMSIZ without its closing zero.</summary>
    private const int MaximumNameLength = 15;

    private readonly Option<string?> tap = new("--tap")
    {
        Description = "Serve this machine's kernel over the TAP device NAME until Ctrl-C (needs root or CAP_NET_ADMIN).",
        HelpName = "NAME",
        CustomParser = ParseTap,
    };

    private readonly Option<string?> pcap = new("--pcap")
    {
        Description = "Replay the capture FILE through the server's stack and report what it did with it.",
        HelpName = "FILE",
        CustomParser = ParseFile,
    };

    private readonly Option<string?> address = new("--address")
    {
        Description = "The stack's address with --tap or --pcap, as ADDRESS/PREFIX [default: 10.0.0.2/24; with --pcap the one that most packets go to].",
        HelpName = "CIDR",
        CustomParser = ParseAddress,
    };

    private readonly Option<long> bytes = new("--bytes")
    {
        Description = "Size of the file that is fetched in memory, a number perhaps with KiB, MiB or GiB.",
        HelpName = "N",
        CustomParser = ParseBytes,
        DefaultValueFactory = _ => new ApplianceOptions().Bytes,
    };

    private readonly Option<double> loss = new("--loss")
    {
        Description = "Probability from 0 to 0.5 that the wire loses a frame (above 0.2 few connections survive); the run in memory is then in virtual time.",
        HelpName = "P",
        CustomParser = result => ParseNumber(result, 0.5, "a probability from 0 to 0.5, such as 0.02"),
    };

    private readonly Option<double> delay = new("--delay")
    {
        Description = "Milliseconds a frame is on the wire, each way; the run in memory is then in virtual time.",
        HelpName = "MS",
        CustomParser = result => ParseNumber(result, MaximumDelay, "a number of milliseconds from 0 to 10000"),
    };

    private readonly Option<ulong?> seed = new("--seed")
    {
        Description = "Seed of all that is random, so that a run can be repeated.",
        HelpName = "N",
        CustomParser = ParseSeed,
    };

    private readonly Option<string?> json = new("--json")
    {
        Description = "Write the report to FILE for programs to read.",
        HelpName = "FILE",
        CustomParser = ParseFile,
    };

    /// <param name="run">Does what was asked for and returns the exit code.</param>
    public CommandLine(Func<ApplianceOptions, int> run)
    {
        Root = new RootCommand(
            """
            An HTTP server on a network stack that is declared as attributes of a class and compiled to one loop.
            Without options two stacks on a wire in memory fetch a page and a file from each other, every byte is
            compared, and a report says what each stage did. No privilege is needed for that.
            """);
        foreach (var option in new Option[] { tap, address, pcap, bytes, loss, delay, seed, json })
        {
            Root.Options.Add(option);
        }

        Root.Validators.Add(Validate);
        Root.SetAction(result => run(Read(result)));
    }

    public RootCommand Root { get; }

    private ApplianceOptions Read(ParseResult result) => new()
    {
        Tap = result.GetValue(tap),
        Pcap = result.GetValue(pcap),
        Address = result.GetValue(address),
        Bytes = result.GetValue(bytes),
        Loss = result.GetValue(loss),
        Delay = result.GetValue(delay),
        Seed = result.GetValue(seed),
        Json = result.GetValue(json),
    };

    private void Validate(CommandResult result)
    {
        bool Given(Option option) => result.GetResult(option) is { Implicit: false };
        if (Given(tap) && Given(pcap))
        {
            result.AddError("--tap and --pcap exclude each other: a run has one source of packets.");
        }
        else if (Given(address) && !Given(tap) && !Given(pcap))
        {
            result.AddError("--address needs --tap or --pcap: the run in memory uses the declared addresses.");
        }
        else if (Given(bytes) && (Given(tap) || Given(pcap)))
        {
            result.AddError("--bytes belongs to the run in memory; over --tap ask for /bytes/N instead.");
        }
        else if (Given(tap) && Given(delay))
        {
            result.AddError("--delay belongs to the run in memory; over --tap use tc-netem of the kernel.");
        }
        else if (Given(pcap) && (Given(loss) || Given(delay)))
        {
            result.AddError("--loss and --delay have no wire to act on with --pcap.");
        }
    }

    private static string? ParseTap(ArgumentResult result)
    {
        // What the kernel takes for a name (net/core/dev.c, dev_valid_name), without the characters nobody can type or see.
        var text = result.Tokens[0].Value;
        if (text.Length is 0 or > MaximumNameLength || text is "." or ".." || text.Any(c => c is <= ' ' or '/' or ':' or > '~'))
        {
            result.AddError($"'{text}' is no value for --tap: write the name of an interface, 1 to {MaximumNameLength} characters without space, slash or colon, such as millrace0.");
        }

        return text;
    }

    private static string? ParseFile(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (text.Length == 0)
        {
            result.AddError($"'' is no value for {((OptionResult)result.Parent!).IdentifierToken!.Value}: write the name of a file.");
        }

        return text;
    }

    private static string? ParseAddress(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (!AddressText.TryParse(text, out _, out _))
        {
            result.AddError($"'{text}' is no value for --address: write an IPv4 address of a host and its prefix, such as 10.0.0.2/24.");
        }

        return text;
    }

    private static long ParseBytes(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        var shift = text switch
        {
            _ when text.EndsWith("KiB", StringComparison.Ordinal) => 10,
            _ when text.EndsWith("MiB", StringComparison.Ordinal) => 20,
            _ when text.EndsWith("GiB", StringComparison.Ordinal) => 30,
            _ => 0,
        };
        var digits = shift == 0 ? text : text[..^3];
        if (long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= Http.HttpRoute.MaximumCount >> shift)
        {
            return number << shift;
        }

        result.AddError($"'{text}' is no value for --bytes: write a number of bytes, such as 1048576 or 256MiB.");
        return 0;
    }

    private static double ParseNumber(ArgumentResult result, double maximum, string expected)
    {
        var text = result.Tokens[0].Value;
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number <= maximum)
        {
            return number;
        }

        result.AddError($"'{text}' is no value for {((OptionResult)result.Parent!).IdentifierToken!.Value}: write {expected}.");
        return 0;
    }

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
}
