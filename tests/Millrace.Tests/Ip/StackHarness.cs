using Millrace.Headers;
using Millrace.Ingress;
using Millrace.Ip;
using Millrace.Memory;
using Millrace.Nics;
using Millrace.Sockets;
using Millrace.Udp;

namespace Millrace.Tests.Ip;

/// <summary>
/// Ethernet, IPv4 and UDP joined by the plainest loop, with what every verdict asks for: packets go in as bytes, what the
/// stack sends comes out as bytes, and the books are checked.
/// </summary>
internal sealed class StackHarness : IDisposable
{
    public const long Second = 1_000_000_000;

    private readonly NetworkInterface[] interfaces;
    private EthernetStage<NicQueuesSettings> ethernet;
    private Ipv4Stage<Ipv4Settings, UntaggedSettings, RecordingHooks> ipv4;
    private UdpStage<UdpSettings, RecordingUdp> udp;
    private readonly Queue<Frame> forwarded = new();

    public StackHarness(Ipv4Options? options = null, int receive = 512, int reserve = 512, int sockets = 2048, bool promiscuous = false, MacAddress? mac = null,
        FakeNic? second = null, INetfilterHooks? hooks = null)
    {
        Nic = new FakeNic(mac ?? Wire.Own);
        interfaces = second is null ? [new NetworkInterface(0, "eth0", Nic)] : [new NetworkInterface(0, "eth0", Nic), new NetworkInterface(1, "eth1", second)];
        Arena = new Arena(receive, reserve, sockets);
        Ledger = new Ledger();
        Outbox = new Outbox(Arena, Ledger);
        Entropy = new Entropy(1, 2);
        ethernet = new EthernetStage<NicQueuesSettings>(new NicQueuesSettings(promiscuous), interfaces);
        ipv4 = new Ipv4Stage<Ipv4Settings, UntaggedSettings, RecordingHooks>(
            new Ipv4Settings(options ?? new Ipv4Options()), default, Arena, Ledger, Outbox, Errors, Entropy, interfaces, hooks: new RecordingHooks(hooks));
        Udp = new RecordingUdp([]);
        udp = new UdpStage<UdpSettings, RecordingUdp>(default, Udp, Arena, Outbox, ipv4.Layer);
        Time = Second;
        ipv4.PollStart(Time);
        udp.PollStart(Time);
    }

    public FakeNic Nic { get; }

    public NetworkInterface Interface => interfaces[0];

    public Arena Arena { get; }

    public Ledger Ledger { get; }

    public Outbox Outbox { get; }

    public Entropy Entropy { get; }

    public TransportErrors Errors { get; } = new();

    public RecordingUdp Udp { get; }

    public Ipv4Layer Layer => ipv4.Ipv4;

    public NetworkLayer Network => ipv4.Layer;

    public UdpSockets Sockets => udp.Sockets;

    public long Time { get; private set; }

    public long NextDeadline => ipv4.NextDeadline;

    public long HeldIngress => ipv4.HeldIngress;

    public long HeldEgress => ipv4.HeldEgress;

    /// <summary>The verdict on the packet that came last.</summary>
    public Verdict Last { get; private set; }

    /// <summary>Packets that went past UDP.</summary>
    public List<UnclaimedPacket> Unclaimed { get; } = [];

    public void Start() => ipv4.Start(Time);

    /// <summary>Moves time, and does what is due.</summary>
    public void AdvanceTo(long time)
    {
        Time = time;
        ipv4.PollStart(Time);
        udp.PollStart(Time);
        if (ipv4.NextDeadline <= Time)
        {
            ipv4.Advance(Time);
        }

        Assert.True(ipv4.NextDeadline > Time || HeldIngress > 0, "a deadline stays in the past");
    }

    public void Advance(double seconds) => AdvanceTo(Time + (long)(seconds * Second));

    /// <summary>Lets the stack see that the NIC has changed.</summary>
    public List<Sent> RefreshInterface()
    {
        Assert.True(Interface.Refresh());
        ipv4.InterfaceChanged(Interface, Time);
        return Flush();
    }

    public Frame Allocate(byte[] data, params int[] splits)
    {
        var head = Frame.None;
        var last = Frame.None;
        var at = 0;
        foreach (var end in splits.Append(data.Length))
        {
            Assert.True(Arena.TryAllocate(Share.Receive, Holders.Loop, out var frame));
            ref var metadata = ref Arena.Metadata(frame);
            metadata.DataLength = (ushort)(end - at);
            data.AsSpan(at, end - at).CopyTo(Arena.Data(frame));
            if (last.IsNone)
            {
                head = frame;
            }
            else
            {
                Arena.Metadata(last).NextFragment = frame;
            }

            last = frame;
            at = end;
        }

        Arena.Metadata(head).TotalLength = data.Length;
        return head;
    }

    public Verdict Receive(byte[] data, params int[] splits) => ReceiveFrame(Allocate(data, splits));

    public Verdict ReceiveOn(byte networkInterface, byte[] data)
    {
        var frame = Allocate(data);
        Arena.Metadata(frame).Interface = networkInterface;
        return ReceiveFrame(frame);
    }

    public Verdict ReceiveFrame(Frame frame)
    {
        var packet = new Packet(frame, ref Arena.Metadata(frame));
        Ledger.Received += packet.Metadata.WirePackets;
        var verdict = ethernet.Receive(ref packet);
        if (verdict.IsContinue)
        {
            verdict = ipv4.Receive(ref packet);
        }

        Last = Finish(ref packet, verdict);
        var last = Last;
        Resume();
        return last;
    }

    public void Resume()
    {
        while (ipv4.TryResumeIngress(out var resumed))
        {
            var packet = new Packet(resumed.Frame, ref Arena.Metadata(resumed.Frame), resumed.Offset)
            {
                EtherType = resumed.EtherType,
                Protocol = resumed.Protocol,
            };
            Last = Finish(ref packet, Verdict.Continue);
        }
    }

    /// <summary>Empties the outbox, and looks at what comes back by loopback.</summary>
    public List<Sent> Flush()
    {
        var sent = new List<Sent>();
        for (var isBusy = true; isBusy;)
        {
            isBusy = false;
            while (ipv4.TryResumeEgress(out var ready) || forwarded.TryDequeue(out ready))
            {
                Emit(ready, sent);
                isBusy = true;
            }

            if (Outbox.TryTake(out var outgoing))
            {
                isBusy = true;
                var packet = new Packet(outgoing.Frame, ref Arena.Metadata(outgoing.Frame));
                int wirePackets = packet.Metadata.WirePackets;
                LastTransmit = ipv4.Transmit(ref packet, in outgoing);
                switch (LastTransmit.Kind)
                {
                    case VerdictKind.Continue:
                        Assert.Equal(packet.Metadata.DataOffset, packet.Offset);
                        Emit(outgoing.Frame, sent);
                        break;
                    case VerdictKind.Drop:
                        Ledger.DropEgress(LastTransmit.Reason, wirePackets);
                        Arena.ReleaseChain(outgoing.Frame, Holders.Loop);
                        break;
                    case VerdictKind.Consumed:
                        Ledger.Transmitted += wirePackets;
                        Arena.ReleaseChain(outgoing.Frame, Holders.Loop);
                        break;
                }
            }

            if (HeldIngress > 0)
            {
                var before = HeldIngress;
                Resume();
                isBusy |= HeldIngress != before;
            }
        }

        AssertBalanced();
        return sent;
    }

    public Verdict LastTransmit { get; private set; }

    /// <summary>Sends one packet to this stack itself and looks no further.</summary>
    public void TransmitOnce(ref Packet packet, in Outgoing outgoing)
    {
        Assert.Equal(Verdict.Consumed, ipv4.Transmit(ref packet, in outgoing));
        Ledger.Transmitted += packet.Metadata.WirePackets;
        Arena.ReleaseChain(outgoing.Frame, Holders.Loop);
    }

    /// <summary>Sends bytes as one transport packet.</summary>
    public List<Sent> Send(Outgoing template, byte[] transport)
    {
        Commit(template, transport);
        return Flush();
    }

    public Frame Commit(Outgoing template, byte[] transport, int gsoSize = 0, int wirePackets = 1, Holders also = Holders.None)
    {
        var head = Frame.None;
        var last = Frame.None;
        for (var at = 0; at < transport.Length || head.IsNone;)
        {
            Assert.True(Outbox.TryReserve(out var frame));
            ref var metadata = ref Arena.Metadata(frame);
            var count = Math.Min(transport.Length - at, 1400);
            metadata.DataLength = (ushort)count;
            transport.AsSpan(at, count).CopyTo(Arena.Data(frame));
            if (last.IsNone)
            {
                head = frame;
            }
            else
            {
                Arena.Metadata(last).NextFragment = frame;
            }

            last = frame;
            at += count;
        }

        ref var first = ref Arena.Metadata(head);
        first.TotalLength = transport.Length;
        first.GsoSize = (ushort)gsoSize;
        first.WirePackets = (ushort)wirePackets;
        if (also != Holders.None)
        {
            Arena.HoldChain(head, also);
        }

        template.Frame = head;
        Assert.True(Outbox.TryCommit(in template));
        return head;
    }

    /// <summary>One packet in and whatever comes of it out, without looking at anything.</summary>
    public void ForwardOnce(byte[] data)
    {
        Assert.True(Arena.TryAllocate(Share.Receive, Holders.Loop, out var frame));
        ref var metadata = ref Arena.Metadata(frame);
        metadata.DataLength = (ushort)data.Length;
        metadata.TotalLength = data.Length;
        data.CopyTo(Arena.Data(frame));
        ReceiveFrame(frame);
        for (var isBusy = true; isBusy;)
        {
            isBusy = ipv4.TryResumeEgress(out var ready) || forwarded.TryDequeue(out ready);
            if (!isBusy && Outbox.TryTake(out var outgoing))
            {
                isBusy = true;
                ready = outgoing.Frame;
                var packet = new Packet(ready, ref Arena.Metadata(ready));
                Assert.True(ipv4.Transmit(ref packet, in outgoing).IsContinue);
            }

            if (isBusy)
            {
                Ledger.Transmitted += Arena.Metadata(ready).WirePackets;
                Arena.ReleaseChain(ready, Holders.Loop);
            }
        }
    }

    /// <summary>Tells the stack the peer's link address, as an answer to its request would.</summary>
    public void KnowPeer(string address = Wire.PeerAddress)
    {
        Assert.True(Sockets.TrySend(Wire.Endpoint(Wire.OwnAddress, 9), Wire.Endpoint(address, 9), []));
        Flush();
        Receive(Wire.Arp(2, Wire.Peer, address, Wire.Own, Wire.OwnAddress, Wire.Own));
        Flush();
    }

    /// <summary>The three ledgers: frames, ingress and egress.</summary>
    public void AssertBalanced()
    {
        Assert.Equal(HeldIngress, Ledger.IngressDue);
        Assert.Equal(HeldEgress + Outbox.HeldPackets, Ledger.EgressDue);
        var held = Arena.CountHeldBy(Holders.Reassembly | Holders.Neighbour | Holders.Loopback | Holders.Outbox | Holders.RetransmitQueue);
        Assert.Equal(Arena.Capacity, Arena.FreeCount + held);
        Assert.Equal(0, Arena.CountHeldBy(Holders.Loop));
    }

    public void Dispose()
    {
        AssertBalanced();
        Arena.Dispose();
    }

    private Verdict Finish(ref Packet packet, Verdict verdict)
    {
        int wirePackets = packet.Metadata.WirePackets;
        if (verdict.IsContinue)
        {
            verdict = udp.Receive(ref packet);
            if (verdict.IsContinue)
            {
                var header = Arena.Slot(packet.Frame)[packet.Metadata.NetworkOffset..packet.Offset].ToArray();
                Unclaimed.Add(new UnclaimedPacket(
                    packet.Protocol, Gather(packet.Frame, packet.Offset), wirePackets, packet.Metadata.Checksum, packet.Length, header));
                verdict = Verdict.Drop(DropReason.UnhandledProtocol);
            }
        }

        switch (verdict.Kind)
        {
            case VerdictKind.Drop:
                Ledger.DropIngress(verdict.Reason, wirePackets);
                Arena.ReleaseChain(packet.Frame, Holders.Loop);
                break;
            case VerdictKind.Deliver:
                Ledger.Delivered += wirePackets;
                Arena.ReleaseChain(packet.Frame, Holders.Loop);
                break;
            case VerdictKind.Consumed:
                Ledger.Consumed += wirePackets;
                Arena.ReleaseChain(packet.Frame, Holders.Loop);
                break;
            case VerdictKind.Transmit:
                Ledger.Forwarded += wirePackets;
                forwarded.Enqueue(packet.Frame);
                break;
            case VerdictKind.Held:
                break;
            default:
                Assert.Fail($"The verdict was {verdict}.");
                break;
        }

        return verdict;
    }

    private void Emit(Frame frame, List<Sent> sent)
    {
        Ledger.Transmitted += Arena.Metadata(frame).WirePackets;
        sent.Add(new Sent(Gather(frame, Arena.Metadata(frame).DataOffset)) { Interface = Arena.Metadata(frame).Interface, GsoSize = Arena.Metadata(frame).GsoSize });
        Arena.ReleaseChain(frame, Holders.Loop);
    }

    private byte[] Gather(Frame frame, int offset)
    {
        var bytes = new List<byte>();
        bytes.AddRange(Arena.Data(frame)[(offset - Arena.Metadata(frame).DataOffset)..]);
        for (var next = Arena.Metadata(frame).NextFragment; !next.IsNone; next = Arena.Metadata(next).NextFragment)
        {
            bytes.AddRange(Arena.Data(next));
        }

        return [.. bytes];
    }
}

/// <summary>A packet that went past UDP.</summary>
/// <param name="Data">Bytes from the cursor.</param>
/// <param name="Linear">Bytes of those in the first frame.</param>
/// <param name="Header">The network header before the cursor.</param>
internal sealed record UnclaimedPacket(IpProtocol Protocol, byte[] Data, int WirePackets, ChecksumState Checksum, int Linear, byte[] Header);
