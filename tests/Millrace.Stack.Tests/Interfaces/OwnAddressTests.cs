using Millrace.Headers;
using Millrace.Nics;
using Millrace.Stack.Tests.Seeds;
using Millrace.Tcp;
using Millrace.Testing;

namespace Millrace.Stack.Tests.Interfaces;

public sealed class OwnAddressTests
{
    private const int Length = 500_000;

    [Fact]
    public void A_stack_transfers_to_its_own_address_and_nothing_of_it_is_on_the_wire()
    {
        using var wire = new MemoryWire();
        var plan = new BulkPlan { SendLength = Length, ReceiveLength = Length, SendStream = 1, ReceiveStream = 1 };
        using var stack = new BulkServer(new() { Nic = wire.A, Entropy = new Entropy(1, 1), Plan = plan });
        using var neighbour = new BulkClient(new() { Nic = wire.B, Entropy = new Entropy(1, 2), Plan = plan });
        var network = new VirtualTimeNetwork(stack, neighbour) { CheckLedgers = true };
        network.Settle();
        var announced = wire.A.Counters.Sent;
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(TcpConnectResult.Opening, stack.Tcp.Connect(0, new InetEndpoint(InetAddress.Parse("10.0.0.1"), 80), out _));
        }

        network.RunUntil(() => plan.Closed == 6, TimeSpan.FromMinutes(5));
        Assert.Null(plan.Problem);
        Assert.Equal(6, plan.Finished);
        Assert.Equal(6L * Length, plan.Received);
        Assert.Equal(announced, wire.A.Counters.Sent);
        network.RunFor(TimeSpan.FromMinutes(3));
        LedgerAssert.Empty(stack);
    }
}
