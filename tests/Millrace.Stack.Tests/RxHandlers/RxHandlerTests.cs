using Millrace.Headers;
using Millrace.Testing;
using Millrace.Testing.Packets;
using Millrace.Testing.Traffic;

namespace Millrace.Stack.Tests.RxHandlers;

/// <summary>The four results of a handler, in the compiled loop and in the interpreted one.</summary>
public sealed class RxHandlerTests
{
    private const byte A = 0, B = 1, C = 2;

    private readonly ScriptedNic[] nics = [.. Enumerable.Range(0, 3).Select(Nic)];
    private readonly InterfaceCounts tap = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Pass_goes_on_to_the_protocols(bool twin)
    {
        using var stack = Make(twin);
        Receive(stack, A, (Step.Pass, 0));
        Receive(stack, B, (Step.Pass, 0));
        Receive(stack, C, (Step.Refuse, 0));
        Expect(stack, delivered: 3, counts: [3, 3, 1, 1, 1, 2]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Consumed_ends_a_packet_as_its_verdict_says(bool twin)
    {
        using var stack = Make(twin);
        Receive(stack, A, (Step.UseUp, 0));
        Receive(stack, A, (Step.Refuse, 0));
        Receive(stack, B, (Step.Transmit, C));
        var ledger = stack.Ledger;
        Assert.Equal((1L, 1L, 1L), (ledger.Consumed, ledger.IngressDrops(DropReason.StagePolicy), ledger.Forwarded));
        Assert.Equal((0L, 0L, 1L), (nics[A].SentCount, nics[B].SentCount, nics[C].SentCount));
        Expect(stack, delivered: 0, counts: [3, 3, 2, 1, 0, 0]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Another_is_received_once_more_by_the_interface_that_was_chosen(bool twin)
    {
        using var stack = Make(twin);

        // to an interface without a handler, to one whose handler passes it, and back again to the first
        Receive(stack, A, (Step.Another, C));
        Receive(stack, A, (Step.Another, B), (Step.Pass, 0));
        Receive(stack, A, (Step.Another, B), (Step.Another, A), (Step.Pass, 0));
        Expect(stack, delivered: 3, counts: [7, 7, 4, 2, 1, 2]);
        Assert.Equal([4L, 2L, 1L], tap.Received[..3]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rounds_have_a_bound(bool twin)
    {
        using var stack = Make(twin);
        Receive(stack, A, (Step.AnotherForEver, A));
        Assert.Equal(1, stack.Ledger.IngressDrops(DropReason.RecursionLimit));
        Expect(stack, delivered: 0, counts: [9, 9, 9, 0, 0, 0]);

        // the next packet has all its rounds again
        Receive(stack, A, (Step.Another, A), (Step.Another, A), (Step.Another, A), (Step.Another, A), (Step.Another, A), (Step.Another, A), (Step.Another, A), (Step.Another, A), (Step.Pass, 0));
        Expect(stack, delivered: 1, counts: [18, 18, 18, 0, 1, 0]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Exact_is_for_stages_of_the_interface_alone(bool twin)
    {
        using var stack = Make(twin);
        Receive(stack, A, (Step.Exact, 0));
        Expect(stack, delivered: 1, counts: [1, 1, 1, 0, 1, 0]);
        Receive(stack, B, (Step.Exact, 0));
        Assert.Equal(1, stack.Ledger.IngressDrops(DropReason.UnhandledProtocol));
        Receive(stack, B, (Step.Another, A), (Step.Exact, 0));
        Expect(stack, delivered: 2, counts: [4, 4, 2, 2, 2, 0]);

        // a frame buffer that held such a packet knows nothing of it any more
        for (var i = 0; i < 2_000; i++)
        {
            Receive(stack, C, (Step.Pass, 0));
        }

        Assert.Equal(2_002, stack.Ledger.Delivered);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void With_one_interface_exact_is_for_stages_that_name_it(bool twin)
    {
        using INetworkStack stack = twin
            ? new LoneHandlerTwin(new() { Nic = nics[0], Entropy = new Entropy(1, 1) })
            : new LoneHandler(new() { Nic = nics[0], Entropy = new Entropy(1, 1) });
        Receive(stack, 0, (Step.Exact, 0));
        Assert.Equal([1, 1, 0, 1], Counts(stack, 4));
        Receive(stack, 0, (Step.Pass, 0));
        Assert.Equal([2, 2, 1, 1], Counts(stack, 4));
        Assert.Equal(2, stack.Ledger.Delivered);
    }

    [Fact]
    public void An_interface_that_is_not_there_is_named()
    {
        using var stack = Make(twin: false);
        var thrown = Assert.Throws<InvalidOperationException>(() => Receive(stack, A, (Step.Another, 3)));
        Assert.Equal("A handler passed a packet to interface 3: write an index from 0 to 2 into its metadata.", thrown.Message);
    }

    [Fact]
    public void Consumed_with_no_end_is_refused() => Assert.Contains(
        "RxHandlerResult.Pass", Assert.Throws<InvalidOperationException>(() => RxHandlerResult.Consumed(Verdict.Continue)).Message, StringComparison.Ordinal);

    [Fact]
    public void Results_allocate_nothing()
    {
        using var stack = Make(twin: false);
        byte[][] frames =
        [
            Frame((Step.Pass, 0)), Frame((Step.Another, B), (Step.Another, C)), Frame((Step.Exact, 0)), Frame((Step.UseUp, 0)), Frame((Step.Refuse, 0)),
            Frame((Step.Transmit, B)), Frame((Step.AnotherForEver, A)),
        ];
        Run(700);
        Assert.Equal(0, Allocated.By(() => Run(70_000)));

        void Run(int count)
        {
            for (var i = 0; i < count; i++)
            {
                nics[A].Inject(frames[i % frames.Length]);
                stack.Poll(A, 0, i);
            }
        }
    }

    private static ScriptedNic Nic(int number) => new(new MacAddress(0x0200_0000_0001UL + (ulong)number));

    private static byte[] Frame(params (Step Step, byte Interface)[] script)
    {
        var payload = new byte[46];
        for (var i = 0; i < script.Length; i++)
        {
            (payload[1 + (2 * i)], payload[2 + (2 * i)]) = ((byte)script[i].Step, script[i].Interface);
        }

        return new EthernetFrame { Source = 0x0200_0000_1000, Destination = 0x0200_0000_2000, EtherType = FollowsScript.EtherType, Payload = payload }.ToBytes();
    }

    private static long[] Counts(INetworkStack stack, int stages)
    {
        var counters = new StageCounters[stages];
        stack.ReadStageCounters(counters);
        return [.. counters.Select(counter => counter.Received)];
    }

    private INetworkStack Make(bool twin) => twin
        ? new ScriptedHandlersTwin(new() { ANic = nics[A], BNic = nics[B], CNic = nics[C], Entropy = new Entropy(1, 1), TapSink = tap })
        : new ScriptedHandlers(new() { ANic = nics[A], BNic = nics[B], CNic = nics[C], Entropy = new Entropy(1, 1), TapSink = tap });

    private void Receive(INetworkStack stack, byte port, params (Step Step, byte Interface)[] script)
    {
        nics[port].Inject(Frame(script));
        stack.Poll(port, 0, 1_000);
    }

    /// <param name="counts">Packets that the watching stage, the tap, the two handlers and the two protocols have seen.</param>
    private static void Expect(INetworkStack stack, long delivered, long[] counts)
    {
        Assert.Equal(delivered, stack.Ledger.Delivered);
        Assert.Equal(counts, Counts(stack, 7)[1..]);
        LedgerAssert.Balanced(stack);
    }
}
