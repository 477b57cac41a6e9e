using Millrace.Headers;

namespace HttpAppliance.Tests;

public sealed class CommandLineTests
{
    [Fact]
    public void Without_options_256_MiB_are_fetched_over_a_perfect_wire()
    {
        var options = Parse();
        Assert.Equal(256L << 20, options.Bytes);
        Assert.False(options.IsImpaired);
        Assert.Null(options.Seed);
        Assert.Null(options.Tap);
    }

    [Fact]
    public void Every_option_arrives()
    {
        var options = Parse("--bytes", "3MiB", "--loss", "0.02", "--delay", "1.5", "--seed", "7", "--json", "r.json");
        Assert.Equal(new ApplianceOptions { Bytes = 3 << 20, Loss = 0.02, Delay = 1.5, Seed = 7, Json = "r.json" }, options);
        Assert.Equal(new ApplianceOptions { Tap = "mr0", Address = "192.168.7.2/24" }, Parse("--tap", "mr0", "--address", "192.168.7.2/24"));
        Assert.Equal(new ApplianceOptions { Pcap = "a.pcap" }, Parse("--pcap", "a.pcap"));
    }

    [Theory]
    [InlineData("--what", "Unrecognized command or argument '--what'.")]
    [InlineData("--tap", "Required argument missing for option: '--tap'.")]
    [InlineData("--bytes ten", "'ten' is no value for --bytes: write a number of bytes, such as 1048576 or 256MiB.")]
    [InlineData("--bytes -1", "'-1' is no value for --bytes: write a number of bytes, such as 1048576 or 256MiB.")]
    [InlineData("--bytes 9999999999GiB", "'9999999999GiB' is no value for --bytes: write a number of bytes, such as 1048576 or 256MiB.")]
    [InlineData("--loss 2", "'2' is no value for --loss: write a probability from 0 to 0.5, such as 0.02.")]
    [InlineData("--loss NaN", "'NaN' is no value for --loss: write a probability from 0 to 0.5, such as 0.02.")]
    [InlineData("--delay -3", "'-3' is no value for --delay: write a number of milliseconds from 0 to 10000.")]
    [InlineData("--seed x", "'x' is no value for --seed: write a whole number from 0 to 18446744073709551615.")]
    [InlineData("--tap ", "'' is no value for --tap: write the name of an interface, 1 to 15 characters without space, slash or colon, such as millrace0.")]
    [InlineData("--tap a/b", "'a/b' is no value for --tap: write the name of an interface, 1 to 15 characters without space, slash or colon, such as millrace0.")]
    [InlineData("--tap millrace01234567", "'millrace01234567' is no value for --tap: write the name of an interface, 1 to 15 characters without space, slash or colon, such as millrace0.")]
    [InlineData("--tap ..", "'..' is no value for --tap: write the name of an interface, 1 to 15 characters without space, slash or colon, such as millrace0.")]
    [InlineData("--pcap ", "'' is no value for --pcap: write the name of a file.")]
    [InlineData("--json ", "'' is no value for --json: write the name of a file.")]
    [InlineData("--tap a --pcap b", "--tap and --pcap exclude each other: a run has one source of packets.")]
    [InlineData("--address 10.0.0.2/24", "--address needs --tap or --pcap: the run in memory uses the declared addresses.")]
    [InlineData("--tap a --bytes 5", "--bytes belongs to the run in memory; over --tap ask for /bytes/N instead.")]
    [InlineData("--tap a --delay 5", "--delay belongs to the run in memory; over --tap use tc-netem of the kernel.")]
    [InlineData("--pcap a --loss 0.1", "--loss and --delay have no wire to act on with --pcap.")]
    [InlineData("--tap a --address 10.0.0.2", "'10.0.0.2' is no value for --address: write an IPv4 address of a host and its prefix, such as 10.0.0.2/24.")]
    public void A_wrong_option_gets_one_sentence(string arguments, string message)
    {
        var errors = new CommandLine(_ => 0).Root.Parse(arguments.Split(' ')).Errors;
        Assert.Equal(message, errors[0].Message);
    }

    [Theory]
    [InlineData("10.0.0.2/24", true)]
    [InlineData("192.168.255.254/16", true)]
    [InlineData("10.0.0.1/30", true)]
    [InlineData("10.0.0.0/24", false)]
    [InlineData("10.0.0.255/24", false)]
    [InlineData("10.0.0.2/31", false)]
    [InlineData("10.0.0.2/0", false)]
    [InlineData("10.0.0.2/", false)]
    [InlineData("10.2/24", false)]
    [InlineData("127.0.0.1/8", false)]
    [InlineData("224.0.0.1/24", false)]
    [InlineData("fe80::1/64", false)]
    [InlineData("/24", false)]
    public void An_address_is_that_of_a_host_with_its_prefix(string text, bool isRight) =>
        Assert.Equal(isRight, AddressText.TryParse(text, out _, out _));

    [Theory]
    [InlineData("10.0.0.2/24", "10.0.0.1")]
    [InlineData("10.0.0.1/24", "10.0.0.2")]
    [InlineData("10.0.7.9/16", "10.0.0.1")]
    public void The_kernels_end_gets_another_address_of_the_same_network(string text, string neighbour)
    {
        Assert.True(AddressText.TryParse(text, out var address, out var prefixLength));
        Assert.Equal(InetAddress.Parse(neighbour), AddressText.NeighbourOf(address, prefixLength));
    }

    private static ApplianceOptions Parse(params string[] arguments)
    {
        ApplianceOptions? options = null;
        var result = new CommandLine(given =>
        {
            options = given;
            return 0;
        }).Root.Parse(arguments);
        Assert.Empty(result.Errors);
        result.Invoke();
        return options!;
    }
}
