using System.Net;
using System.Net.Sockets;
using Millrace.Sockets;
using Millrace.Stack.Tests.Sockets;
using Millrace.Testing;
using Millrace.Tests;

namespace Millrace.Stack.Tests.Workers;

/// <summary>Several workers with threads of their own against Linux.</summary>
public sealed class TapTeamTests
{
    private static readonly DropReason[] SaidAgain = [DropReason.TcpTimeWait, DropReason.TcpOldData, DropReason.TcpOldSequence];

    private const int Length = 100_000;

    [Fact]
    public async Task Hundreds_of_connections_of_the_kernel_are_spread_over_both_workers_and_none_is_lost()
    {
        const int Connections = 500;
        Requires.Tap();
        await using var world = TwoQueues();
        using var listener = world.Sockets.Listen(80);
        await listener.Listening;
        var serving = Serve(listener, Connections);
        await InParallel(Connections, 50, async i =>
        {
            var kernel = await world.ConnectFromKernel(80);
            await Upload(kernel, seed: i, Length);
        });
        await serving.WaitAsync(AsyncStacks.Patience);
        await world.UntilAllFramesAreHome();
        await world.StopAndBalance();
        Assert.All(world.Team.Stacks, stack => Assert.True(stack.Ledger.Received > 1000, world.Describe()));
        Assert.Equal(0, listener.Overflows);
        AssertNothingWasReset(world);
    }

    /// <summary>A queue is forgotten with its flow after three seconds (TUN_FLOW_EXPIRE of drivers/net/tun.c), and the hash decides.</summary>
    [Fact]
    public async Task Flows_that_the_kernel_steers_elsewhere_after_a_silence_are_strays_and_cross()
    {
        const int Connections = 24;
        Requires.Tap();
        await using var world = TwoQueues();
        using var listener = world.KernelListener(80);
        var pairs = new List<(Socket Kernel, AsyncTcpConnection Ours)>();
        for (var i = 0; i < Connections; i++)
        {
            var ours = await world.Sockets.ConnectAsync(TapTeam<TwoQueueTapStack>.Port(80)).AsTask().WaitAsync(AsyncStacks.Patience);
            pairs.Add((await listener.AcceptSocketAsync().WaitAsync(AsyncStacks.Patience), ours));
        }

        var flows = new int[2];
        world.Group.Owners.CountFlows(flows);
        Assert.Equal([Connections / 2, Connections / 2], flows);
        await Task.Delay(TimeSpan.FromSeconds(8));
        foreach (var (kernel, ours) in pairs)
        {
            var buffer = new byte[1000];
            await kernel.SendAsync(new byte[1000]);
            await ours.ReadAsync(buffer).AsTask().WaitAsync(AsyncStacks.Patience);
        }

        await Task.WhenAll(pairs.Select((pair, i) => Exchanges.Both(pair.Kernel, pair.Ours, i * 2, Length)));
        await world.UntilAllFramesAreHome();
        await world.StopAndBalance();
        Assert.All(world.Team.Stacks, stack => Assert.True(stack.Ledger.SteeredIn > 0, world.Describe()));
        AssertNothingWasReset(world);
    }

    [Fact]
    public async Task Hundreds_of_connections_opened_by_both_workers_at_once_get_ports_of_their_own_and_their_answers()
    {
        const int Each = 200;
        Requires.Tap();
        await using var world = TwoQueues();
        await OpenFromBoth(world, Each);
        await world.StopAndBalance();
        AssertNothingWasReset(world);
    }

    [Fact]
    public async Task A_worker_without_a_queue_opens_connections_to_the_kernel_and_large_packets_cross_both_ways()
    {
        Requires.Tap();
        await using var world = OneQueue();
        using var listener = world.KernelListener(80);
        var pairs = new List<Task>();
        for (var i = 0; i < 8; i++)
        {
            var accept = listener.AcceptSocketAsync();
            var ours = await world.Team.Stacks[1].Sockets.ConnectAsync(TapTeam<OneQueueTapStack>.Port(80)).AsTask().WaitAsync(AsyncStacks.Patience);
            var kernel = await accept.WaitAsync(AsyncStacks.Patience);
            Assert.Equal(kernel.RemoteEndPoint, ours.LocalEndPoint);
            pairs.Add(Exchanges.Both(kernel, ours, i * 2, 4 << 20));
        }

        await Task.WhenAll(pairs);
        await world.UntilAllFramesAreHome();
        await world.StopAndBalance();
        Assert.Equal(0, world.Team.Stacks[1].Ledger.Received);
        Assert.True(world.Team.Stacks[1].Ledger.SteeredIn > 100, world.Describe());
        AssertNothingWasReset(world);
        Assert.Equal(0, BadSegments(world.Space));
    }

    [Fact]
    public async Task Both_workers_open_connections_by_one_queue()
    {
        Requires.Tap();
        await using var world = OneQueue();
        await OpenFromBoth(world, 100);
        await world.StopAndBalance();
        AssertNothingWasReset(world);
    }

    [Fact]
    public async Task Stops_and_starts_of_the_team_during_transfers_lose_nothing()
    {
        Requires.Tap();
        await using var world = TwoQueues();
        await UnderTransfers(world, async () =>
        {
            await world.StopAndBalance();
            await Task.Delay(20);
            world.Team.Start();
        });
    }

    [Fact]
    public async Task Neighbours_that_are_forgotten_and_learnt_again_break_no_transfer()
    {
        Requires.Tap();
        await using var world = TwoQueues();
        await UnderTransfers(world, async () =>
        {
            await Task.Delay(50);
            world.Space.Execute("ip", "neigh", "flush", "dev", world.Interface);
        });
    }

    [Fact]
    public async Task A_kernel_that_changes_its_link_address_is_found_again_by_every_worker()
    {
        Requires.Tap();
        await using var world = OneQueue();
        var round = 0;
        await UnderTransfers(world, async () =>
        {
            await Task.Delay(50);
            world.Space.Execute("ip", "link", "set", world.Interface, "address", $"02:00:00:00:77:0{++round}");
        });
    }

    [Fact]
    public async Task A_link_that_goes_down_and_up_breaks_no_transfer()
    {
        Requires.Tap();
        await using var world = TwoQueues();
        await UnderTransfers(world, async () =>
        {
            await Task.Delay(50);
            world.Space.Execute("ip", "link", "set", world.Interface, "down");
            await Task.Delay(150);
            world.Space.Execute("ip", "link", "set", world.Interface, "up");
        });
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(576)]
    public async Task An_MTU_that_shrinks_during_transfers_breaks_none(int mtu)
    {
        Requires.Tap();
        await using var world = OneQueue();
        await UnderTransfers(world, async () =>
        {
            await Task.Delay(50);
            world.Space.Execute("ip", "link", "set", world.Interface, "mtu", $"{mtu}");
        });
    }

    private static TapTeam<TwoQueueTapStack> TwoQueues() => new(
        2, (nic, group, worker) => new TwoQueueTapStack(new() { Nic = nic, Entropy = Entropy.FromOperatingSystem(), Group = group, Worker = worker }));

    private static TapTeam<OneQueueTapStack> OneQueue() => new(
        1, (nic, group, worker) => new OneQueueTapStack(new() { Nic = nic, Entropy = Entropy.FromOperatingSystem(), Group = group, Worker = worker }));

    /// <summary>Transfers in both directions, opened by both sides, while something is done again and again.</summary>
    private static async Task UnderTransfers<TStack>(TapTeam<TStack> world, Func<Task> disturb)
        where TStack : class, IAsyncNetworkStack
    {
        using var listener = world.Sockets.Listen(80);
        await listener.Listening;
        using var kernelListener = world.KernelListener(81);
        var transfers = new List<Task>();
        for (var i = 0; i < 6; i++)
        {
            var kernel = await world.ConnectFromKernel(80);
            transfers.Add(Exchanges.Both(kernel, await listener.AcceptAsync().AsTask().WaitAsync(AsyncStacks.Patience), i * 4, 8 << 20));
            var ours = await world.Sockets.ConnectAsync(TapTeam<TStack>.Port(81)).AsTask().WaitAsync(AsyncStacks.Patience);
            transfers.Add(Exchanges.Both(await kernelListener.AcceptSocketAsync().WaitAsync(AsyncStacks.Patience), ours, (i * 4) + 2, 8 << 20));
        }

        var all = Task.WhenAll(transfers);
        for (var round = 0; round < 3 && !all.IsCompleted; round++)
        {
            await disturb();
        }

        try
        {
            await all;
        }
        catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
        {
            await world.Team.StopAsync();
            throw new InvalidOperationException(world.Describe(), exception);
        }

        await world.StopAndBalance();
        AssertNothingWasReset(world);
    }

    private static async Task OpenFromBoth<TStack>(TapTeam<TStack> world, int each)
        where TStack : class, IAsyncNetworkStack
    {
        using var listener = world.KernelListener(80);
        var accepting = Task.Run(async () =>
        {
            var ends = new List<EndPoint>();
            var transfers = new List<Task>();
            for (var i = 0; i < each * 2; i++)
            {
                var kernel = await listener.AcceptSocketAsync();
                ends.Add(kernel.RemoteEndPoint!);
                transfers.Add(Echo(kernel));
            }

            await Task.WhenAll(transfers);
            return ends;
        });
        var opened = await Task.WhenAll(world.Team.Stacks.Select((stack, worker) => Task.Run(async () =>
        {
            var ends = new List<EndPoint>();
            await InParallel(each, 25, async i =>
            {
                await using var ours = await stack.Sockets.ConnectAsync(TapTeam<TStack>.Port(80));
                lock (ends)
                {
                    ends.Add(ours.LocalEndPoint);
                }

                var sent = AsyncStackTests.Send(ours, (worker * 1000) + i, 20_000);
                Assert.Equal(await AsyncStackTests.Receive(ours), await sent);
            });
            return ends;
        }))).WaitAsync(AsyncStacks.Patience);
        var seen = await accepting.WaitAsync(AsyncStacks.Patience);
        Assert.Equal(each * 2, seen.Distinct().Count());
        Assert.Equal(opened.SelectMany(ends => ends).Select(end => end.ToString()).Order(), seen.Select(end => end.ToString()).Order());
    }

    private static async Task Echo(Socket kernel)
    {
        await using var stream = new NetworkStream(kernel, ownsSocket: true);
        await stream.CopyToAsync(stream);
        kernel.Shutdown(SocketShutdown.Send);
    }

    private static async Task Serve(TeamTcpListener listener, int count)
    {
        var serving = new List<Task>();
        for (var i = 0; i < count; i++)
        {
            serving.Add(AsyncStackTests.Echo(await listener.AcceptAsync().AsTask().WaitAsync(AsyncStacks.Patience)));
        }

        await Task.WhenAll(serving);
    }

    /// <summary>Sends to a server that sends it back, and compares.</summary>
    private static async Task Upload(Socket kernel, int seed, int length)
    {
        await using var stream = new NetworkStream(kernel, ownsSocket: true);
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        var sending = Task.Run(async () =>
        {
            await stream.WriteAsync(bytes);
            kernel.Shutdown(SocketShutdown.Send);
        });
        using var back = new MemoryStream();
        await stream.CopyToAsync(back).WaitAsync(AsyncStacks.Patience);
        await sending;
        Assert.True(bytes.AsSpan().SequenceEqual(back.ToArray()), $"connection {seed} got other bytes back");
    }

    private static async Task InParallel(int count, int atOnce, Func<int, Task> action) =>
        await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = atOnce }, async (i, _) => await action(i))
            .WaitAsync(AsyncStacks.Patience);

    /// <summary>
    /// No connection ended by a reset. What came a second time is acknowledged again, and that acknowledgment may reach a kernel whose
    /// socket the one before it had closed, which resets it: a FIN or the data before it, sent again because a busy machine answered late.
    /// </summary>
    private static void AssertNothingWasReset<TStack>(TapTeam<TStack> world)
        where TStack : class, IAsyncNetworkStack
    {
        Assert.Equal(0, Counter(world.Space, "Tcp:", "EstabResets"));
        var repeated = world.Team.Stacks.Sum(stack => SaidAgain.Sum(stack.Ledger.Dropped));
        Assert.InRange(Counter(world.Space, "Tcp:", "OutRsts"), 0, repeated);
    }

    /// <summary>Segments that the kernel found to be bad, as by their checksum.</summary>
    private static long BadSegments(NetworkNamespace space) => Counter(space, "Tcp:", "InErrs") + Counter(space, "Tcp:", "InCsumErrors");

    private static long Counter(NetworkNamespace space, string group, string name)
    {
        var lines = space.Execute("cat", "/proc/net/snmp").Split('\n').Where(line => line.StartsWith(group, StringComparison.Ordinal)).ToArray();
        var place = Array.IndexOf(lines[0].Split(' '), name);
        return long.Parse(lines[1].Split(' ')[place], System.Globalization.CultureInfo.InvariantCulture);
    }
}
