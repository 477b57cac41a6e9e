using Millrace.Headers;
using Millrace.Ingress;
using Millrace.Ip;
using Millrace.Memory;
using Millrace.Nics;
using Millrace.Sockets;
using Millrace.Udp;

namespace Millrace.Tests.Ip;

public sealed class IpAllocationTests
{
    [Fact]
    public void Nothing_is_allocated_for_packets_fragments_errors_or_neighbours()
    {
        var network = new NetworkInterface(0, "eth0", new FakeNic(Wire.Own));
        using var arena = new Arena(256, 512, 512);
        var ledger = new Ledger();
        var outbox = new Outbox(arena, ledger);
        var errors = new TransportErrors();
        var ethernet = new EthernetStage<NicQueuesSettings>(default, [network]);
        var ipv4 = new Ipv4Stage<Ipv4Settings, UntaggedSettings, NoHooks>(
            new Ipv4Settings(new Ipv4Options()), default, arena, ledger, outbox, errors, new Entropy(1, 2), [network]);
        var udp = new UdpStage<UdpSettings, Echo>(default, default, arena, outbox, ipv4.Layer);
        byte[][] frames =
        [
            Wire.Arp(1, Wire.Peer, Wire.PeerAddress, default, Wire.OwnAddress),
            Wire.Ethernet(Wire.Ipv4(Wire.Udp(Wire.Bytes(1400), 4000, 7))),
            Wire.Ethernet(Wire.Ipv4(Wire.Udp(Wire.Bytes(100), 4000, 99))),
            Wire.Ethernet(Wire.Ipv4(Wire.Icmp(8, 0, 1, Wire.Bytes(1000)), protocol: 1)),
            Wire.Ethernet(Wire.Ipv4(Wire.Bytes(1480), protocol: 17, fragment: 0x2000)),
            Wire.Ethernet(Wire.Ipv4(Wire.Bytes(40), protocol: 17, fragment: 185)),
            Wire.Ethernet(Wire.Ipv4(Wire.Bytes(40), protocol: 17, fragment: 0x2001, id: 9)),
            Wire.Ethernet(Wire.Ipv4(Wire.Bytes(40), options: [1, 1, 1, 0])),
        ];
        var far = Wire.Endpoint("10.0.0.44", 9);
        var near = Wire.Endpoint(Wire.PeerAddress, 9);
        var own = Wire.Endpoint(Wire.OwnAddress, 7);
        var closed = Wire.Endpoint(Wire.OwnAddress, 9);
        var payload = Wire.Bytes(4000);
        var time = 0L;

        void Round()
        {
            time += 700_000_000;
            ipv4.PollStart(time);
            udp.PollStart(time);
            ipv4.Advance(time);
            foreach (var bytes in frames)
            {
                arena.TryAllocate(Share.Receive, Holders.Loop, out var frame);
                ref var metadata = ref arena.Metadata(frame);
                metadata.DataLength = (ushort)bytes.Length;
                metadata.TotalLength = bytes.Length;
                bytes.CopyTo(Arena.Data(ref metadata));
                var packet = new Packet(frame, ref metadata);
                var verdict = ethernet.Receive(ref packet);
                verdict = verdict.IsContinue ? ipv4.Receive(ref packet) : verdict;
                verdict = verdict.IsContinue ? udp.Receive(ref packet) : verdict;
                Release(verdict, frame);
            }

            udp.Sockets.TrySend(own, far, payload);
            udp.Sockets.TrySend(own, near, payload);
            udp.Sockets.TrySend(own, closed, payload);
            while (ipv4.TryResumeIngress(out var resumed))
            {
                var packet = new Packet(resumed.Frame, ref arena.Metadata(resumed.Frame), resumed.Offset) { Protocol = resumed.Protocol };
                Release(udp.Receive(ref packet), resumed.Frame);
            }

            while (outbox.TryTake(out var outgoing))
            {
                var packet = new Packet(outgoing.Frame, ref arena.Metadata(outgoing.Frame));
                Release(ipv4.Transmit(ref packet, in outgoing), outgoing.Frame);
            }

            while (ipv4.TryResumeEgress(out var frame))
            {
                arena.ReleaseChain(frame, Holders.Loop);
            }

            while (errors.TryTake(out _))
            {
            }
        }

        void Release(Verdict verdict, Frame frame)
        {
            if (verdict.Kind != VerdictKind.Held)
            {
                arena.ReleaseChain(frame, Holders.Loop);
            }
        }

        for (var i = 0; i < 50; i++)
        {
            Round();
        }

        Assert.Equal(0, Allocated.Least(() =>
        {
            for (var i = 0; i < 100; i++)
            {
                Round();
            }
        }));
        Assert.True(ledger.EgressDrops(DropReason.NeighbourFailed) > 0);
        Assert.True(ledger.IngressDrops(DropReason.FragmentReassemblyTimeout) > 0);
    }

    private readonly struct Echo : IUdpApplications
    {
        public int Count => 1;

        public int Port(int application) => 7;

        public void Received(int application, UdpDatagram datagram) => datagram.Reply(datagram.Data);
    }
}
