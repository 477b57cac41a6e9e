using System.Text.RegularExpressions;
using Millrace.Memory;
using Millrace.Nics;
using Millrace.Sockets;

namespace Millrace.Stack.Tests.Bsd;

/// <summary>Settings by the kernel's names.</summary>
public sealed partial class SysctlTests : IDisposable
{
    private readonly IpNic nic = new();
    private readonly BsdStack stack;

    public SysctlTests() => stack = new BsdStack(new() { Nic = nic, Entropy = new Entropy(1, 2), Sockets = new BsdSockets(1) });

    [Fact]
    public void A_number_a_flag_a_list_and_a_unit_are_taken_as_the_kernel_writes_them()
    {
        var settings = stack.Settings;
        settings.Write("net.ipv4.tcp_syn_retries", "3\n");
        settings.Write("net.ipv4.tcp_sack", "0");
        settings.Write("net.ipv4.tcp_rmem", "4096\t87380 6291456");
        settings.Write("net.ipv4.ip_local_port_range", "40000 50000");
        settings.Write("net.ipv4.tcp_rto_min_us", "300000");
        settings.Write("net.ipv4.neigh.default.base_reachable_time_ms", "20000");
        settings.Write("net.core.rmem_max", "1000000");
        Assert.Equal(3, settings.Tcp.SynRetries);
        Assert.False(settings.Tcp.Sack);
        Assert.Equal(new MemoryLimits(4096, 87_380, 6_291_456), settings.SocketMemory.Rmem);
        Assert.Equal((40_000, 50_000), (settings.Tcp.LocalPortMinimum, settings.Tcp.LocalPortMaximum));
        Assert.Equal(300, settings.Tcp.RtoMinMilliseconds);
        Assert.Equal(20, settings.Ipv4.NeighbourReachableSeconds);
        Assert.Equal(1_000_000, settings.SocketMemory.RmemMax);
        Assert.Equal("40000\t50000", settings.Read("net.ipv4.ip_local_port_range"));
        Assert.Equal("300000", settings.Read("net.ipv4.tcp_rto_min_us"));
    }

    [Theory]
    [InlineData("0", false, false)]
    [InlineData("1", true, true)]
    [InlineData("2", true, false)]
    public void Timestamps_are_one_number_of_two_settings(string value, bool timestamps, bool offsets)
    {
        stack.Settings.Write("net.ipv4.tcp_timestamps", value);
        Assert.Equal(timestamps, stack.Settings.Tcp.Timestamps);
        Assert.Equal(offsets, stack.Settings.Tcp.TimestampOffsets);
        Assert.Equal(value, stack.Settings.Read("net.ipv4.tcp_timestamps"));
    }

    [Theory]
    [InlineData("net.ipv4.tcp_early_retrans", "4", "3")]
    [InlineData("net.ipv4.tcp_frto", "1", "2")]
    [InlineData("net.ipv4.tcp_notsent_lowat", "4294967295", "2147483647")]
    public void Numbers_that_mean_the_same_are_one_setting(string name, string value, string shown)
    {
        stack.Settings.Write(name, value);
        Assert.Equal(shown, stack.Settings.Read(name));
    }

    [Fact]
    public void Fewer_numbers_of_three_leave_the_rest()
    {
        var before = stack.Settings.SocketMemory.Wmem;
        stack.Settings.Write("net.ipv4.tcp_wmem", "8192");
        Assert.Equal(before with { Minimum = 8192 }, stack.Settings.SocketMemory.Wmem);
    }

    [Theory]
    [InlineData("net.ipv4.tcp_syn_retries", "")]
    [InlineData("net.ipv4.tcp_syn_retries", "many")]
    [InlineData("net.ipv4.tcp_syn_retries", "3 4")]
    [InlineData("net.ipv4.tcp_syn_retries", "128")]
    [InlineData("net.ipv4.tcp_syn_retries", "4294967299")]
    [InlineData("net.ipv4.tcp_recovery", "4")]
    [InlineData("net.ipv4.tcp_rto_min_us", "1500")]
    [InlineData("net.ipv4.tcp_rmem", "1 2 3 4")]
    [InlineData("net.ipv4.tcp_rmem", "5 4 3")]
    [InlineData("net.ipv4.ip_local_port_range", "5")]
    public void What_a_setting_does_not_take_is_refused_and_changes_nothing(string name, string value)
    {
        var before = stack.Settings.Read(name);
        Assert.ThrowsAny<ArgumentException>(() => stack.Settings.Write(name, value));
        Assert.Equal(before, stack.Settings.Read(name));
    }

    [Fact]
    public void A_name_that_is_not_known_is_refused_by_name() =>
        Assert.Contains(
            "net.ipv4.tcp_warp", Assert.Throws<KeyNotFoundException>(() => stack.Settings.Write("net.ipv4.tcp_warp", "1")).Message, StringComparison.Ordinal);

    [Fact]
    public void What_decides_a_capacity_can_be_read_and_not_written()
    {
        Assert.Equal("4096", stack.Settings.Read("net.core.somaxconn"));
        Assert.Throws<InvalidOperationException>(() => stack.Settings.Write("net.core.somaxconn", "1"));
    }

    /// <summary>
    /// Against the names of Linux 6.18, read under /proc/sys in the machine's first network namespace and kept in a file, because any
    /// other namespace shows fewer.
    /// </summary>
    [Fact]
    public void Every_name_is_one_of_the_kernel()
    {
        var folder = Millrace.Tests.Requires.RepositoryRoot;
        var generated = Directory.EnumerateFiles(Path.Combine(folder, "src", "Millrace", "Declaration"), "*.cs")
            .SelectMany(file => Sources().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value)).Distinct();
        var names = generated.Select(source => source.Contains('.', StringComparison.Ordinal) ? source
            : (source.StartsWith("tcp_", StringComparison.Ordinal) || source.StartsWith("ip_", StringComparison.Ordinal) ? "net.ipv4." : "net.core.") + source)
            .Where(IsKnown).ToArray();
        Assert.True(names.Length > 40, string.Join(", ", names));

        var kernel = File.ReadAllLines(Path.Combine(folder, "tests", "Millrace.Stack.Tests", "Bsd", "kernel-sysctls.txt")).ToHashSet();
        Assert.Empty(names.Except(kernel));

        bool IsKnown(string name)
        {
            try
            {
                stack.Settings.Read(name);
                return true;
            }
            catch (KeyNotFoundException)
            {
                return false;
            }
        }
    }

    public void Dispose()
    {
        stack.Dispose();
        nic.Dispose();
    }

    [GeneratedRegex("Source = \"([a-z0-9_.]+)(?: = \\d+)?\"")]
    private static partial Regex Sources();
}
