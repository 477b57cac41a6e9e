using Millrace.Tests;

namespace Millrace.Stack.Tests.Hooks;

/// <summary>Forwarding and hooks between two Linux kernels over TAPs.</summary>
public sealed class KernelRouterTests
{
    [Fact]
    public void A_ping_through_the_router_passes_three_points_and_one_to_it_four()
    {
        Requires.Tap();
        Requires.Tool("ping");
        using var world = new KernelRouter();
        Assert.Contains(" 0% packet loss", world.Execute("ping", "-c", "3", "-i", "0.05", "-W", "5", KernelRouter.Right), StringComparison.Ordinal);
        Assert.Equal([0, 6, 0, 6], world.Journal.Counts[1..]);
        Assert.Contains(" 0% packet loss", world.Execute("ping", "-c", "3", "-i", "0.05", "-W", "5", "10.9.0.1"), StringComparison.Ordinal);
        Assert.Equal([3, 6, 3, 9], world.Journal.Counts[1..]);
        Assert.True(world.Journal.Counts[0] >= 9);
    }

    [Theory]
    [InlineData(0, KernelRouter.Right)]
    [InlineData(1, "10.9.0.1")]
    [InlineData(2, KernelRouter.Right)]
    [InlineData(3, "10.9.0.1")]
    [InlineData(4, KernelRouter.Right)]
    public void A_hook_that_drops_at_a_point_makes_the_kernels_ping_fail(int point, string address)
    {
        Requires.Tap();
        Requires.Tool("ping");
        using var world = new KernelRouter();
        world.Journal.Drops[point] = true;
        Assert.Contains("100% packet loss", world.Execute("ping", "-c", "2", "-i", "0.05", "-W", "1", address), StringComparison.Ordinal);
        Assert.Equal(world.Journal.Counts[point], world.Stack.Ledger.Dropped(DropReason.NetfilterDrop));
        Assert.True(world.Journal.Counts[point] >= 2);
    }

    [Fact]
    public void A_life_that_ends_at_the_router_is_told_as_traceroute_wants_it()
    {
        Requires.Tap();
        Requires.Tool("ping");
        using var world = new KernelRouter();
        Assert.Contains("From 10.9.0.1 icmp_seq=1 Time to live exceeded", world.Execute("ping", "-c", "1", "-t", "1", "-W", "5", KernelRouter.Right), StringComparison.Ordinal);
        var beyond = world.Execute("ping", "-c", "1", "-t", "2", "-W", "5", KernelRouter.Right);
        Assert.Contains(" 0% packet loss", beyond, StringComparison.Ordinal);
        Assert.Contains("ttl=63", beyond, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1472", 1500)]
    [InlineData("8000", 1500)]
    [InlineData("1472", 1280)]
    public void A_datagram_that_may_be_cut_arrives_whole(string length, int mtu)
    {
        Requires.Tap();
        Requires.Tool("ping");
        using var world = new KernelRouter(mtu);
        Assert.Contains(" 0% packet loss", world.Execute("ping", "-c", "3", "-i", "0.05", "-W", "5", "-M", "dont", "-s", length, KernelRouter.Right), StringComparison.Ordinal);
    }

    [Fact]
    public void A_packet_too_big_with_DF_tells_the_kernel_the_MTU()
    {
        Requires.Tap();
        Requires.Tool("ping");
        using var world = new KernelRouter(mtu: 1280);
        Assert.Contains("mtu = 1280", world.Execute("ping", "-c", "1", "-W", "2", "-M", "do", "-s", "1400", KernelRouter.Right), StringComparison.Ordinal);
        Assert.Contains("mtu=1280", world.Execute("ping", "-c", "1", "-W", "2", "-M", "do", "-s", "1400", KernelRouter.Right), StringComparison.Ordinal);
        Assert.Equal(1, world.Stack.Ledger.IngressDrops(DropReason.PacketTooBig));
    }

    [Theory]
    [InlineData(1500)]
    [InlineData(1280)]
    public void Curl_fetches_32_MiB_through_the_router_and_a_narrow_one_is_learnt(int mtu)
    {
        Requires.Tap();
        Requires.Tool("curl");
        const int Length = 32 << 20;
        using var world = new KernelRouter(mtu);
        using var server = world.Serve(8000, Length);
        var said = world.Execute("curl", "-s", "-S", "-o", "/dev/null", "-m", "50", "-w", "%{size_download}", $"http://{KernelRouter.Right}:8000/");
        Assert.Equal(Length.ToString(System.Globalization.CultureInfo.InvariantCulture), said);
        Assert.True(world.Stack.Ledger.Forwarded > Length / 1500);
        Assert.Equal(mtu == 1280, world.RouteOnTheRight().Contains("mtu 1280", StringComparison.Ordinal));
        Assert.Equal(mtu == 1280, world.Stack.Ledger.IngressDrops(DropReason.PacketTooBig) > 0);
    }

    [Fact]
    public void A_router_of_two_interfaces_passes_pings_and_tells_of_the_narrower_one()
    {
        Requires.Tap();
        Requires.Tool("ping");
        using var world = new KernelRouter(mtu: 1280, hasTwoArms: true);
        Assert.Contains(" 0% packet loss", world.Execute("ping", "-c", "3", "-i", "0.05", "-W", "5", KernelRouter.Right), StringComparison.Ordinal);
        Assert.Equal([0, 6, 0, 6], world.Journal.Counts[1..]);
        Assert.Contains(" 0% packet loss", world.Execute("ping", "-c", "3", "-i", "0.05", "-W", "5", "10.9.2.1"), StringComparison.Ordinal);
        Assert.Equal([3, 6, 3, 9], world.Journal.Counts[1..]);
        Assert.Contains("From 10.9.1.1 icmp_seq=1 Time to live exceeded", world.Execute("ping", "-c", "1", "-t", "1", "-W", "5", KernelRouter.Right), StringComparison.Ordinal);
        Assert.Contains(" 0% packet loss", world.Execute("ping", "-c", "2", "-i", "0.05", "-W", "5", "-M", "dont", "-s", "1400", KernelRouter.Right), StringComparison.Ordinal);
        Assert.Contains("mtu = 1280", world.Execute("ping", "-c", "1", "-W", "2", "-M", "do", "-s", "1400", KernelRouter.Right), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1500)]
    [InlineData(1280)]
    public void Curl_fetches_32_MiB_through_a_router_of_two_interfaces(int mtu)
    {
        Requires.Tap();
        Requires.Tool("curl");
        const int Length = 32 << 20;
        using var world = new KernelRouter(mtu, hasTwoArms: true);
        using var server = world.Serve(8000, Length);
        var said = world.Execute("curl", "-s", "-S", "-o", "/dev/null", "-m", "50", "-w", "%{size_download}", $"http://{KernelRouter.Right}:8000/");
        Assert.Equal(Length.ToString(System.Globalization.CultureInfo.InvariantCulture), said);
        Assert.True(world.Stack.Ledger.Forwarded > Length / 1500);
    }
}
