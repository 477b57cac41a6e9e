using System.Buffers.Binary;
using Millrace.Headers;
using Millrace.Memory;
using Millrace.Sockets;
using Millrace.Tcp;
using Millrace.Tests.Checksum;

namespace Millrace.Tests.Tcp;

/// <summary>
/// One TCP with everything around it that a generated loop would be: it takes packets in as bytes, does what the verdict
/// says, and empties the outbox into bytes. Offloads of the way out are done here by the plainest means.
/// </summary>
public class TcpHost<TControl> : IDisposable
    where TControl : unmanaged, ICongestionControl
{
    public const int NetworkHeaderLength = 20;
    private const int NetworkOffset = 64;

    private readonly List<Frame> inRing = [];
    private readonly byte[] scratch = new byte[70_000];
    private readonly bool sumsPayloads;

    public TcpHost(InetAddress address, ulong seed, TcpChoice? choice = null, params TestApplication[] applications)
    {
        choice ??= new TcpChoice();
        Address = address;
        Applications = applications.Length > 0 ? applications : [new TestApplication { Port = 80, Connections = choice.Connections }];
        Arena = new Arena(512, 512, choice.SocketFrames);
        Ledger = new Ledger();
        Outbox = new Outbox(Arena, Ledger, choice.OutboxCapacity);
        Network = new TestNetwork(address, choice.Mtu);
        Tcp = new Tcp<TestTcpSettings, TestSocketMemory, TestSmallQueues, TestApplications, TControl>(
            new TestTcpSettings(choice), new TestSocketMemory(choice), new TestSmallQueues(choice), Arena, Ledger, Outbox, new Entropy(seed, ~seed), Network,
            new TestApplications(Applications), sumsPayloads: choice.SumsPayloads);
        sumsPayloads = choice.SumsPayloads;
    }

    public InetAddress Address { get; }

    public TestApplication[] Applications { get; }

    public TestApplication Application => Applications[0];

    public Arena Arena { get; }

    public Ledger Ledger { get; }

    public Outbox Outbox { get; }

    public TestNetwork Network { get; }

    public Tcp<TestTcpSettings, TestSocketMemory, TestSmallQueues, TestApplications, TControl> Tcp { get; }

    /// <summary>Keeps packets in the transmit ring until <see cref="Complete"/>, as a slow NIC does.</summary>
    public bool HoldsTransmits { get; set; }

    /// <summary>A holder that packets taken in have beside the loop.</summary>
    public Holders AlsoHeldBy { get; set; }

    /// <summary>TCP verifies checksums by itself, where otherwise a stage below has found the right ones; then it predicts no segment.</summary>
    public bool LeavesChecksums { get; set; }

    public Verdict LastVerdict { get; private set; }

    public long Now { get; private set; }

    public TcpSocket Socket(TcpSocketId id) => Tcp.TryGet(id, out var socket) ? socket : throw new InvalidOperationException("The connection is gone.");

    public TcpSocket Socket() => Socket(Application.Last);

    public void Begin(long now)
    {
        Now = now;
        Tcp.PollStart(now);
    }

    /// <summary>Takes in a packet: an IPv4 header and what follows, in frames of at most <paramref name="fragment"/> bytes.</summary>
    public Verdict Take(ReadOnlySpan<byte> packet, int gsoSize = 0, int wirePackets = 1, int fragment = 1536, ChecksumState checksum = ChecksumState.None)
    {
        var head = Frame.None;
        var last = Frame.None;
        for (var rest = packet; !rest.IsEmpty;)
        {
            var piece = rest[..Math.Min(rest.Length, fragment)];
            rest = rest[piece.Length..];
            Assert.True(Arena.TryAllocate(Share.Receive, Holders.Loop, out var frame), "the receive share is empty");
            ref var metadata = ref Arena.Metadata(frame);
            metadata.DataOffset = NetworkOffset;
            metadata.DataLength = (ushort)piece.Length;
            metadata.Holders |= AlsoHeldBy;
            piece.CopyTo(Arena.Data(ref metadata));
            if (head.IsNone)
            {
                head = frame;
            }
            else
            {
                Arena.Metadata(last).NextFragment = frame;
            }

            last = frame;
        }

        ref var first = ref Arena.Metadata(head);
        first.TotalLength = packet.Length;
        first.NetworkOffset = NetworkOffset;
        first.TransportOffset = NetworkOffset + NetworkHeaderLength;
        first.GsoSize = (ushort)gsoSize;
        first.WirePackets = (ushort)wirePackets;
        first.Checksum = checksum == ChecksumState.None && !LeavesChecksums && IsRight(packet) ? ChecksumState.Unnecessary : checksum;
        return Judge(head, wirePackets, packet.Length - NetworkHeaderLength, ref first);
    }

    private static bool IsRight(ReadOnlySpan<byte> packet)
    {
        if (packet.Length < NetworkHeaderLength + TcpHeader.MinimumLength)
        {
            return false;
        }

        var length = packet.Length - NetworkHeaderLength;
        var pseudoHeader = InternetChecksum.Fold(NetworkHeader.PseudoHeaderSum(NetworkHeader.Source(packet), NetworkHeader.Destination(packet), IpProtocol.Tcp, length));
        return PlainChecksum.Sum(packet[NetworkHeaderLength..], pseudoHeader) == 0xFFFF;
    }

    private Verdict Judge(Frame head, int wirePackets, int length, ref FrameMetadata metadata)
    {
        Ledger.Received += wirePackets;
        LastVerdict = Tcp.Receive(head, NetworkOffset, NetworkOffset + NetworkHeaderLength, length, ref metadata);
        switch (LastVerdict.Kind)
        {
            case VerdictKind.Queued:
                Ledger.Delivered += wirePackets;
                break;
            case VerdictKind.Deliver:
                Ledger.Delivered += wirePackets;
                Arena.ReleaseChain(head, Holders.Loop);
                break;
            case VerdictKind.Consumed:
                Ledger.Consumed += wirePackets;
                Arena.ReleaseChain(head, Holders.Loop);
                break;
            case VerdictKind.Drop:
                Ledger.DropIngress(LastVerdict.Reason, wirePackets);
                Arena.ReleaseChain(head, Holders.Loop);
                break;
            default:
                Assert.Fail($"TCP gave {LastVerdict}");
                break;
        }

        return LastVerdict;
    }

    /// <summary>Empties the outbox; each segment is given as a packet of the wire, checksum finished.</summary>
    public void End(Action<ReadOnlyMemory<byte>> transmit)
    {
        bool more;
        do
        {
            more = Tcp.FillOutbox(Now);
            while (Outbox.TryTake(out var packet))
            {
                Emit(in packet, transmit);
            }
        }
        while (more);
    }

    private void Emit(in Outgoing packet, Action<ReadOnlyMemory<byte>> transmit)
    {
        ref var head = ref Arena.Metadata(packet.Frame);
        Assert.Equal(head.DataOffset, head.TransportOffset);
        Assert.Equal(head.DataOffset, head.ChecksumStart);
        Assert.Equal(TcpHeader.ChecksumOffset, head.ChecksumOffset);
        Assert.True(head.DataOffset >= 40, "no room for the headers below");
        var length = 0;
        for (var frame = packet.Frame; !frame.IsNone; frame = Arena.Metadata(frame).NextFragment)
        {
            Arena.Data(frame).CopyTo(scratch.AsSpan(length));
            length += Arena.Metadata(frame).DataLength;
        }

        Assert.Equal(head.TotalLength, length);
        LeavePartial(in packet, scratch.AsSpan(0, length), ref head);
        Ledger.Transmitted += head.WirePackets;
        Cut(in packet, length, head.GsoSize, head.WirePackets, transmit);
        Arena.MoveChain(packet.Frame, Holders.Loop, Holders.TransmitRing);
        inRing.Add(packet.Frame);
        if (!HoldsTransmits)
        {
            Complete();
        }
    }

    /// <summary>A checksum that TCP has finished is what a plain sum over all bytes says; it is unfinished again, so that the rest is one way.</summary>
    private void LeavePartial(in Outgoing packet, Span<byte> segment, ref FrameMetadata head)
    {
        var pseudoHeader = InternetChecksum.Fold(NetworkHeader.PseudoHeaderSum(packet.Source, packet.Destination, IpProtocol.Tcp, segment.Length));
        if (head.Checksum == ChecksumState.None)
        {
            Assert.True(sumsPayloads, "nobody asked for finished checksums");
            Assert.Equal(0xFFFF, PlainChecksum.Sum(segment, pseudoHeader));
            TcpHeader.WriteChecksum(segment, pseudoHeader);
            return;
        }

        Assert.Equal(ChecksumState.Partial, head.Checksum);
        Assert.Equal(pseudoHeader, TcpHeader.Checksum(segment));
    }

    /// <summary>Cuts a packet into the segments a device would make of it, and finishes their checksums.</summary>
    private void Cut(in Outgoing packet, int length, int gsoSize, int wirePackets, Action<ReadOnlyMemory<byte>> transmit)
    {
        var headerLength = TcpHeader.HeaderLength(scratch);
        var flags = TcpHeader.Flags(scratch);
        var payload = length - headerLength;
        var size = gsoSize == 0 ? Math.Max(payload, 1) : gsoSize;
        var count = 0;
        for (var start = 0; start < payload || start == 0; start += size)
        {
            var part = Math.Min(size, payload - start);
            var wire = new byte[NetworkHeaderLength + headerLength + part];
            var segment = wire.AsSpan(NetworkHeaderLength);
            scratch.AsSpan(0, headerLength).CopyTo(segment);
            scratch.AsSpan(headerLength + start, part).CopyTo(segment[headerLength..]);
            TcpHeader.WriteSequence(segment, TcpHeader.Sequence(scratch) + start);
            var isLast = start + part == payload;
            TcpHeader.WriteFlags(segment, isLast ? flags : flags & ~(TcpFlags.Fin | TcpFlags.Psh));
            if (start > 0)
            {
                TcpHeader.WriteFlags(segment, TcpHeader.Flags(segment) & ~TcpFlags.Cwr);
            }

            if (gsoSize != 0)
            {
                var sum = NetworkHeader.PseudoHeaderSum(packet.Source, packet.Destination, IpProtocol.Tcp, segment.Length);
                TcpHeader.WriteChecksum(segment, InternetChecksum.Fold(sum));
            }

            TcpHeader.WriteChecksum(segment, InternetChecksum.Compute(segment));
            WriteNetworkHeader(wire, packet.Source, packet.Destination, packet.TrafficClass);
            transmit(wire);
            count++;
        }

        Assert.Equal(wirePackets, count);
    }

    public static void WriteNetworkHeader(Span<byte> packet, InetAddress source, InetAddress destination, byte trafficClass = 0)
    {
        packet[0] = 0x45;
        packet[1] = trafficClass;
        BinaryPrimitives.WriteUInt16BigEndian(packet.Slice(2, 2), (ushort)packet.Length);
        packet[9] = (byte)IpProtocol.Tcp;
        BinaryPrimitives.WriteUInt32BigEndian(packet.Slice(12, 4), source.Ipv4);
        BinaryPrimitives.WriteUInt32BigEndian(packet.Slice(16, 4), destination.Ipv4);
    }

    /// <summary>The NIC is done with the oldest packets it has, or with all.</summary>
    public void Complete(int count = int.MaxValue)
    {
        count = Math.Min(count, inRing.Count);
        foreach (var frame in inRing.Take(count))
        {
            Tcp.Transmitted(frame);
            Arena.ReleaseChain(frame, Holders.TransmitRing);
        }

        inRing.RemoveRange(0, count);
    }

    /// <summary>Nothing is held and nothing is charged: the accounts are balanced.</summary>
    public void AssertEmpty()
    {
        Complete();
        Assert.Equal(Arena.Capacity, Arena.FreeCount);
        Assert.Equal(0, Arena.Used(Share.Receive) + Arena.Used(Share.Reserve) + Arena.Used(Share.Sockets));
        AssertLedgers();
    }

    public void AssertLedgers()
    {
        Assert.Equal(0, Ledger.IngressDue);
        Assert.Equal(Outbox.HeldPackets, Ledger.EgressDue);
    }

    public void Dispose()
    {
        Arena.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>The same with the default algorithm.</summary>
public sealed class TcpHost(InetAddress address, ulong seed, TcpChoice? choice = null, params TestApplication[] applications)
    : TcpHost<Cubic>(address, seed, choice, applications);
