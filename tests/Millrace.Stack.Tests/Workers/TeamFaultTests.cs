using System.Net;
using System.Net.Sockets;
using Millrace.Nics;
using Millrace.Sockets;
using Millrace.Stack.Tests.Sockets;
using Millrace.Workers;

namespace Millrace.Stack.Tests.Workers;

/// <summary>A worker that faults or stands still, and what it means to the others, to the team and to its sockets.</summary>
public sealed class TeamFaultTests : IAsyncDisposable
{
    private static readonly IPEndPoint Right = new(IPAddress.Parse("10.0.0.2"), 80);

    private readonly MemoryWire wire = new(new MemoryWireOptions { Concurrent = true });
    private readonly WorkerTeam<TwoWorkersLeft> team;
    private readonly RightStack peer;
    private readonly Worker peerWorker;
    private readonly TeamSockets sockets;

    public TeamFaultTests()
    {
        var group = new WorkerGroup(2, wire.A);
        team = new WorkerTeam<TwoWorkersLeft>(
            group, worker => new TwoWorkersLeft(new() { Nic = wire.A, Entropy = new Entropy(1, 2), Group = group, Worker = worker }));
        sockets = new TeamSockets(team.Stacks);
        peer = new RightStack(new() { Nic = wire.B, Entropy = new Entropy(3, 4) });
        peerWorker = new Worker(peer);
        peerWorker.Start();
        team.Start();
    }

    [Fact]
    public async Task A_fault_of_one_worker_is_the_teams_and_the_others_go_on()
    {
        using var listener = peer.Sockets.Listen(80);
        await listener.Listening;
        await using var lost = await team.Stacks[1].Sockets.ConnectAsync(Right).AsTask().WaitAsync(AsyncStacks.Patience);
        await using var lostPeer = await listener.AcceptAsync().AsTask().WaitAsync(AsyncStacks.Patience);
        var reading = lost.ReadAsync(new byte[1]).AsTask();
        team.Workers[1].Post(() => throw new TimeZoneNotFoundException("a handler's"));

        var fault = await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => team.Completion.WaitAsync(AsyncStacks.Patience));
        Assert.Equal("a handler's", fault.Message);
        Assert.Equal((true, false, true), (team.Faulted, team.Workers[0].Faulted, team.Workers[1].Faulted));
        var error = await Assert.ThrowsAsync<SocketException>(() => reading.WaitAsync(AsyncStacks.Patience));
        Assert.Equal(SocketError.NetworkDown, error.SocketErrorCode);

        // more than the rings and what may be lent hold: the other worker drops what is the lost one's, and serves its own
        var flood = Task.Run(async () => await lostPeer.GetStream(ownsConnection: false).WriteAsync(new byte[1 << 20]));
        for (var i = 0; i < 4; i++)
        {
            await ExchangeOne(await sockets.ConnectAsync(Right).AsTask().WaitAsync(AsyncStacks.Patience), listener);
        }

        Assert.Equal(0, team.Stacks[0].Workers.LentFrames);
        Assert.True(team.Stacks[0].Ledger.Dropped(DropReason.CpuBacklog) > 0);
        await team.StopAsync().WaitAsync(AsyncStacks.Patience);
        var refused = Assert.Throws<InvalidOperationException>(team.Start);
        Assert.Same(fault, refused.InnerException);
        lostPeer.Abort();
        await Assert.ThrowsAnyAsync<IOException>(() => flood.WaitAsync(AsyncStacks.Patience));
    }

    [Fact]
    public async Task A_worker_without_which_the_other_has_no_queue_faults_and_the_other_times_out_rather_than_hangs()
    {
        team.Workers[0].Post(() => throw new TimeZoneNotFoundException("a handler's"));
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => team.Completion.WaitAsync(AsyncStacks.Patience));
        var error = await Assert.ThrowsAsync<SocketException>(() => sockets.ConnectAsync(Right).AsTask().WaitAsync(AsyncStacks.Patience));
        Assert.Equal(SocketError.HostUnreachable, error.SocketErrorCode);
        await team.DisposeAsync().AsTask().WaitAsync(AsyncStacks.Patience);
        Assert.True(team.Completion.IsFaulted);
    }

    [Fact]
    public async Task A_worker_that_stands_still_takes_no_more_frames_than_may_be_lent_and_all_arrives_when_it_goes_on()
    {
        using var listener = peer.Sockets.Listen(80);
        await listener.Listening;
        var slow = new List<(AsyncTcpConnection Ours, AsyncTcpConnection Peer)>();
        for (var i = 0; i < 16; i++)
        {
            var ours = await team.Stacks[1].Sockets.ConnectAsync(Right).AsTask().WaitAsync(AsyncStacks.Patience);
            slow.Add((ours, await listener.AcceptAsync().AsTask().WaitAsync(AsyncStacks.Patience)));
        }

        using var release = new ManualResetEventSlim();
        team.Workers[1].Post(release.Wait);
        var sending = slow.ConvertAll(pair => Task.Run(() => AsyncStackTests.Send(pair.Peer, 5, 1 << 20)));
        for (var i = 0; i < 8; i++)
        {
            await ExchangeOne(await team.Stacks[0].Sockets.ConnectAsync(Right).AsTask().WaitAsync(AsyncStacks.Patience), listener);
        }

        release.Set();
        foreach (var (pair, sent) in slow.Zip(sending))
        {
            Assert.Equal(await AsyncStackTests.Receive(pair.Ours).WaitAsync(AsyncStacks.Patience), await sent.WaitAsync(AsyncStacks.Patience));
            await pair.Ours.DisposeAsync();
            await pair.Peer.DisposeAsync();
        }
    }

    [Fact]
    public async Task One_front_listens_at_all_workers_and_stops_at_all()
    {
        using var listener = sockets.Listen(80);
        await listener.Listening.WaitAsync(AsyncStacks.Patience);
        var taken = Assert.Throws<SocketException>(() => sockets.Listen(80));
        Assert.Equal(SocketError.AddressAlreadyInUse, taken.SocketErrorCode);

        var waiting = listener.AcceptAsync().AsTask();
        await using var client = await peer.Sockets.ConnectAsync(new IPEndPoint(IPAddress.Parse("10.0.0.1"), 80)).AsTask().WaitAsync(AsyncStacks.Patience);
        await using var server = await waiting.WaitAsync(AsyncStacks.Patience);
        var sent = AsyncStackTests.Send(client, 1, 300_000);
        Assert.Equal(await AsyncStackTests.Receive(server).WaitAsync(AsyncStacks.Patience), await sent);

        // one that nobody accepts is reset by the stop, and those who wait hear of it
        await using var untaken = await peer.Sockets.ConnectAsync(new IPEndPoint(IPAddress.Parse("10.0.0.1"), 80)).AsTask().WaitAsync(AsyncStacks.Patience);
        var read = untaken.ReadAsync(new byte[1]).AsTask();
        listener.Stop();
        var reset = await Assert.ThrowsAsync<SocketException>(() => read.WaitAsync(AsyncStacks.Patience));
        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => listener.AcceptAsync().AsTask());
        using var again = sockets.Listen(80);
        await again.Listening.WaitAsync(AsyncStacks.Patience);
        var ended = again.AcceptAsync().AsTask();
        again.Stop();
        var aborted = await Assert.ThrowsAsync<SocketException>(() => ended.WaitAsync(AsyncStacks.Patience));
        Assert.Equal(SocketError.OperationAborted, aborted.SocketErrorCode);
    }

    [Fact]
    public async Task Connections_are_opened_by_the_workers_in_turn_from_many_threads()
    {
        using var listener = peer.Sockets.Listen(80);
        await listener.Listening;
        var opening = Enumerable.Range(0, 20).Select(_ => Task.Run(async () => await sockets.ConnectAsync(Right))).ToArray();
        var opened = await Task.WhenAll(opening).WaitAsync(AsyncStacks.Patience);
        Assert.Equal(20, opened.Select(connection => connection.LocalEndPoint.ToString()).Distinct().Count());
        var flows = new int[2];
        team.Group.Owners.CountFlows(flows);
        Assert.Equal([10, 10], flows);
        Array.ForEach(opened, connection => connection.Abort());
    }

    [Fact]
    public async Task Workers_are_named_and_pinned_to_processors_that_there_are()
    {
        Assert.Equal(
            ["millrace-0", "millrace-1"],
            await Task.WhenAll(team.Workers.Select(worker => worker.InvokeAsync(() => Thread.CurrentThread.Name ?? ""))));
        Assert.All(team.Workers, worker => Assert.True(!OperatingSystem.IsLinux() || worker.Pinning.StartsWith("CPU ", StringComparison.Ordinal), worker.Pinning));
    }

    [Fact]
    public async Task A_team_refuses_to_be_stopped_by_its_own_worker_and_may_be_disposed_by_several_threads_while_it_runs()
    {
        var refused = await team.Workers[0].InvokeAsync(() => Record.Exception(team.Dispose));
        Assert.IsType<InvalidOperationException>(refused);
        Assert.True(team.IsRunning);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(team.Dispose))).WaitAsync(AsyncStacks.Patience);
        await team.Completion.WaitAsync(AsyncStacks.Patience);
        Assert.Throws<ObjectDisposedException>(team.Start);
    }

    public async ValueTask DisposeAsync()
    {
        await team.DisposeAsync();
        await peerWorker.DisposeAsync();
        peer.Dispose();
        wire.Dispose();
    }

    private static async Task ExchangeOne(AsyncTcpConnection ours, AsyncTcpListener listener)
    {
        await using var client = ours;
        await using var server = await listener.AcceptAsync().AsTask().WaitAsync(AsyncStacks.Patience);
        var sent = AsyncStackTests.Send(server, 9, 500_000);
        Assert.Equal(await AsyncStackTests.Receive(client).WaitAsync(AsyncStacks.Patience), await sent.WaitAsync(AsyncStacks.Patience));
    }
}
