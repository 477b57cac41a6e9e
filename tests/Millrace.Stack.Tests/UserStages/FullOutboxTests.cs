using Millrace.Headers;
using Millrace.Memory;
using Millrace.Nics;
using Millrace.Stack.Tests.Seeds;
using Millrace.Tcp;
using Millrace.Testing;

namespace Millrace.Stack.Tests.UserStages;

/// <summary>Fills the outbox by its timer, before anybody else is asked.</summary>
public struct FloodStage(Outbox outbox, Arena arena) : IIngressStage, ITimed
{
    private const int FrameLength = 60;

    public long Sent { get; private set; }

    public long NextDeadline { get; private set; }

    public readonly Verdict Receive(ref Packet packet) => Verdict.Continue;

    public void Advance(long now)
    {
        NextDeadline = now + 1;
        while (outbox.TryReserve(out var frame))
        {
            ref var metadata = ref arena.Metadata(frame);
            metadata.DataLength = FrameLength;
            metadata.TotalLength = FrameLength;
            EthernetHeader.Write(arena.Data(frame), new MacAddress(2), new MacAddress(1), (EtherType)0x88B5);
            outbox.TryCommit(new Outgoing { Frame = frame, IsLinkFrame = true });
            Sent++;
        }
    }
}

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.2/24")]
[Tcp]
[SocketMemory]
[Stage<FloodStage>]
[TcpHandler<BulkHandler>(80, Connections = 8)]
internal sealed partial class FloodingStack;

[TwinOf<FloodingStack>]
internal sealed partial class FloodingTwin;

public sealed class FullOutboxTests
{
    private const int Connections = 4;
    private const int Length = 100_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_stage_that_fills_the_outbox_first_does_not_keep_TCP_from_sending(bool asTwin)
    {
        using var wire = new MemoryWire(new MemoryWireOptions { RingSize = 1024, FlowControl = true });
        var (near, far) = (Plan(1, 2), Plan(2, 1));
        using INetworkStack flooding = asTwin
            ? new FloodingTwin(new() { Nic = wire.A, Entropy = new Entropy(1, 2), Plan = near })
            : new FloodingStack(new() { Nic = wire.A, Entropy = new Entropy(1, 2), Plan = near });
        using var peer = new PlainServer(new() { Nic = wire.B, Entropy = new Entropy(3, 4), Plan = far });
        long now = 1_000_000_000;
        for (var round = 0; round < 40_000 && far.Closed < Connections; round++)
        {
            now += 10_000;
            while (peer.Poll(0, 0, now) > 0)
            {
            }

            flooding.Poll(0, 0, now);
            if (round < Connections)
            {
                Assert.Equal(TcpConnectResult.Opening, peer.Tcp.Connect(0, new InetEndpoint(InetAddress.Parse("10.0.0.2"), 80), out _));
            }
        }

        Assert.Null(near.Problem ?? far.Problem);
        Assert.Equal(Connections, far.Finished);
        LedgerAssert.Balanced(flooding);
        Assert.True(peer.Ledger.IngressDropped > 2_000, "the flood was no flood");
    }

    private static BulkPlan Plan(int send, int receive) =>
        new() { SendLength = Length, ReceiveLength = Length, SendStream = send, ReceiveStream = receive };
}
