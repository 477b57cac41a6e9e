using Millrace.Memory;
using Millrace.Nics;
using Millrace.Testing;

namespace Millrace.Tests.Testing;

public sealed class VirtualTimeNetworkTests
{
    private const long Delay = 1_000_000;

    [Fact]
    public void A_frame_between_two_reflecting_stacks_crosses_once_a_delay()
    {
        using var network = new Pair();
        network.Start();
        var begin = network.Network.Now;
        network.Network.RunUntil(() => network.B.Ledger.Received == 5, TimeSpan.FromSeconds(1));

        // there, back, there, …: the fifth arrival at the far end is the ninth crossing
        Assert.Equal(9 * Delay, network.Network.Now - begin);
        Assert.Equal(4, network.A.Ledger.Received);
    }

    [Fact]
    public void The_same_run_twice_is_the_same_run()
    {
        long Run()
        {
            using var network = new Pair();
            network.Start();
            network.Network.RunFor(TimeSpan.FromMilliseconds(20));
            return network.Network.Polls;
        }

        Assert.Equal(Run(), Run());
    }

    [Fact]
    public void A_condition_that_does_not_come_true_is_an_account_of_the_stacks()
    {
        using var network = new Pair();
        network.Start();
        var error = Assert.Throws<VirtualTimeException>(
            () => network.Network.RunUntil(() => false, TimeSpan.FromMilliseconds(10)));
        Assert.Contains("stack 1 (Reflecting)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_to_do_ends_a_step_and_time_goes_on_all_the_same()
    {
        using var network = new Pair();
        Assert.False(network.Network.Step());
        var begin = network.Network.Now;
        network.Network.RunFor(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1_000_000, network.Network.Now - begin);
    }

    [Fact]
    public void A_leaked_frame_is_an_account_of_who_holds_what()
    {
        using var network = new Pair();
        LedgerAssert.Balanced(network.A);
        LedgerAssert.Empty(network.A);
        Assert.True(network.A.Arena.TryAllocate(Share.Receive, Holders.Stage, out var kept));
        LedgerAssert.Balanced(network.A);
        var error = Assert.Throws<LedgerException>(() => LedgerAssert.Empty(network.A));
        Assert.Contains("Stage 1", error.Message, StringComparison.Ordinal);
        network.A.Arena.Metadata(kept).Holders = Holders.None;
        error = Assert.Throws<LedgerException>(() => LedgerAssert.Balanced(network.A));
        Assert.Contains("frames", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_packet_that_is_not_accounted_for_is_an_error_of_its_ledger()
    {
        using var network = new Pair();
        network.A.Ledger.Received++;
        Assert.Contains("ingress: 0 packets are held, but 1 are due", Assert.Throws<LedgerException>(() => LedgerAssert.Balanced(network.A)).Message, StringComparison.Ordinal);
        network.A.Ledger.Consumed++;
        network.A.Ledger.Created++;
        Assert.Contains("egress: 0 packets are held, but 1 are due", Assert.Throws<LedgerException>(() => LedgerAssert.Balanced(network.A)).Message, StringComparison.Ordinal);
        network.A.Ledger.DropEgress(DropReason.FullRing, 1);
        LedgerAssert.Balanced(network.A);
    }

    private sealed class Pair : IDisposable
    {
        private readonly MemoryWire wire = new(new MemoryWireOptions { DelayNanoseconds = Delay });

        public Pair()
        {
            A = new TimedReflector(wire.A);
            B = new TimedReflector(wire.B);
            Network = new VirtualTimeNetwork(A, B) { CheckLedgers = true };
        }

        public TimedReflector A { get; }

        public TimedReflector B { get; }

        public VirtualTimeNetwork Network { get; }

        public void Start() => A.Send(Network.Now);

        public void Dispose()
        {
            A.Dispose();
            B.Dispose();
            wire.Dispose();
        }
    }

    /// <summary>Sends every frame back, and knows when its NIC has the next.</summary>
    private sealed class TimedReflector : INetworkStack
    {
        private readonly NicQueue queue;
        private readonly Frame[] burst = new Frame[8];

        public TimedReflector(Nic nic)
        {
            queue = nic.Open(0, Arena);
            Interfaces = [new NetworkInterface(0, "eth0", nic)];
            Refill();
        }

        public long NextDeadline => queue.NextEvent;

        public IReadOnlyList<NetworkInterface> Interfaces { get; }

        public Arena Arena { get; } = new(512, 0, 0);

        public Ledger Ledger { get; } = new();

        public PipelineDescription Pipeline { get; } = new("Reflecting", [], [], "", "", "");

        public long HeldIngress => 0;

        public long HeldEgress => 0;

        public void Send(long now)
        {
            Assert.True(Arena.TryAllocate(Share.Receive, Holders.TransmitRing, out var frame));
            ref var metadata = ref Arena.Metadata(frame);
            metadata.DataLength = 60;
            metadata.TotalLength = 60;
            Ledger.Created++;
            Ledger.Transmitted++;
            Assert.Equal(1, queue.Transmit([frame], now));
        }

        public int Poll(int networkInterface, int queueIndex, long now)
        {
            Advance(now);
            var count = queue.Receive(burst, now);
            for (var i = 0; i < count; i++)
            {
                Ledger.Received++;
                Ledger.Forwarded++;
                Ledger.Transmitted++;
                Arena.MoveChain(burst[i], Holders.Loop, Holders.TransmitRing);
            }

            Assert.Equal(count, queue.Transmit(burst.AsSpan(0, count), now));
            Refill();
            return count;
        }

        public void Advance(long now)
        {
            Span<Frame> done = stackalloc Frame[8];
            for (var count = queue.Reclaim(done, now); count > 0; count = queue.Reclaim(done, now))
            {
                for (var i = 0; i < count; i++)
                {
                    Arena.ReleaseChain(done[i], Holders.TransmitRing);
                }
            }
        }

        public void ReadStageCounters(Span<StageCounters> counters) => counters.Clear();

        public void Wake() => queue.Wake();

        public bool Wait(TimeSpan timeout) => queue.Wait(timeout);

        public void Dispose()
        {
            queue.Drain();
            Arena.Dispose();
        }

        private void Refill()
        {
            while (queue.Vacant > 0 && Arena.TryAllocate(Share.Receive, Holders.ReceiveRing, out var frame))
            {
                queue.Post([frame]);
            }
        }
    }
}
