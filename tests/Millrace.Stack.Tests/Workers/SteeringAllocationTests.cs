using Millrace.Headers;
using Millrace.Nics;
using Millrace.Stack.Tests.Twin;
using Millrace.Testing.Packets;
using Millrace.Workers;

namespace Millrace.Stack.Tests.Workers;

/// <summary>Packets that cross on their way in, and others that cross on their way out, allocate nothing on either side.</summary>
public sealed class SteeringAllocationTests
{
    private const int Rounds = 4000;

    [Fact]
    public void Steering_allocates_nothing_in_and_out()
    {
        // a vouching NIC looks at checksums by means that allocate
        var nic = new FanNic(TwinCase.Mac, 2, features: NicFeatures.None);
        var group = new WorkerGroup(4, nic);
        var log = new OrderLog(1);
        TwoQueuesOfFour[] stacks = [.. Enumerable.Range(0, 4).Select(worker => new TwoQueuesOfFour(
            new() { Nic = nic, Entropy = new Entropy(1, 1), Group = group, Worker = worker, Log = log }))];
        var path = TwinCase.Target.From(0);
        var frames = Enumerable.Range(0, 32).Select(flow => path.Frame(
            new UdpMessage { SourcePort = (ushort)(4000 + flow), DestinationPort = 54, Payload = new byte[100] })).ToArray();
        var remote = new InetEndpoint(InetAddress.FromIpv4(path.Source), 9000);
        var payload = new byte[100];
        long now = 1_000_000_000;
        Run(1);
        nic.Inject(path.ArpRequest());
        Run(200);
        var (steered, sent) = (stacks.Sum(stack => stack.Ledger.SteeredIn), nic.SentCount);

        Assert.Equal(0, Allocated.By(() => Run(Rounds)));
        Assert.True(stacks.Sum(stack => stack.Ledger.SteeredIn) - steered > Rounds * 16);
        Assert.True(nic.SentCount - sent > Rounds * 16);
        foreach (var stack in stacks)
        {
            stack.Dispose();
        }

        void Run(int rounds)
        {
            for (var round = 0; round < rounds; round++)
            {
                foreach (var frame in frames)
                {
                    nic.Inject(frame);
                }

                for (var worker = 0; worker < stacks.Length; worker++)
                {
                    for (var i = 0; i < 8; i++)
                    {
                        stacks[worker].Udp.TrySend(new InetEndpoint(default, (ushort)(6000 + i)), remote, payload);
                    }

                    stacks[worker].Poll(0, worker, now += 100_000);
                }
            }
        }
    }
}
