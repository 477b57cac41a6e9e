using System.Buffers.Binary;
using Millrace.Headers;
using Millrace.Memory;
using Millrace.Nics;
using Millrace.Sockets;
using Millrace.Stack.Tests.Seeds;
using Millrace.Tcp;
using Millrace.Testing;
using Millrace.Testing.Packets;
using Millrace.Testing.Traffic;
using TcpOption = Millrace.Testing.Packets.TcpOption;

namespace Millrace.Stack.Tests.Attacks;

/// <summary>
/// A server, a client with a transfer both ways that is to come to its end with every byte right, and an attacker who can put any frame on the
/// server's wire, all in virtual time.
/// </summary>
internal sealed class AttackWorld : IDisposable
{
    private const ushort TargetPort = 81;
    private const uint AttackerNetwork = 0xC612_0000;

    private readonly MemoryWire wire;
    private readonly SpoofingNic nic;
    private readonly BulkPlan up;
    private readonly BulkPlan down;
    private readonly VictimStack client;
    private readonly Dictionary<(uint, ushort), TcpFlow> flows = [];
    private readonly long reserved;

    /// <param name="length">Bytes the victim moves each way.</param>
    /// <param name="bandwidth">Bits a second.</param>
    /// <param name="delay">Milliseconds one way.</param>
    public AttackWorld(int length = 400_000, long bandwidth = 20_000_000, int delay = 1)
    {
        wire = new MemoryWire(new MemoryWireOptions { Mode = WireMode.Copying, DelayNanoseconds = delay * 1_000_000L, BandwidthBitsPerSecond = bandwidth });
        nic = new SpoofingNic(wire.A);
        up = new BulkPlan { SendLength = length, ReceiveLength = length, SendStream = 1, ReceiveStream = 2 };
        down = new BulkPlan { SendLength = length, ReceiveLength = length, SendStream = 2, ReceiveStream = 1 };
        Server = new AttackedStack(new() { Nic = nic, Entropy = new Entropy(1, 1), Plan = down, Target = Target });
        client = new VictimStack(new() { Nic = wire.B, Entropy = new Entropy(1, 2), Plan = up });
        Network = new VirtualTimeNetwork(client, Server);
        Network.Settle();
        reserved = Server.Tcp.ReservedBytes;
        nic.Sent = frame => See(frame);
        Assert.Equal(TcpConnectResult.Opening, client.Tcp.Connect(0, new InetEndpoint(InetAddress.Parse("10.0.0.1"), 80), out var id));
        VictimId = id;
        Network.RunUntil(() => up.Connected == 1 && down.Received > 20_000, TimeSpan.FromSeconds(10));
    }

    public Target Target { get; } = new();

    public AttackedStack Server { get; }

    public VirtualTimeNetwork Network { get; }

    public TcpCounters Counters => Server.Tcp.Counters;

    public TcpSocketId VictimId { get; }

    public bool VictimIsDone => up.Closed == 1 && down.Closed == 1;

    /// <summary>The last segment that the server sent to the victim.</summary>
    public TcpSegment ToVictim { get; private set; } = new();

    /// <summary>Where the text begins that the server sends on the flow that was opened last.</summary>
    public uint FirstByte { get; private set; }

    /// <summary>The way of a packet that pretends to come from the victim.</summary>
    public PacketPath AsVictim => Path(WireFormat.Address("10.0.0.2"));

    /// <summary>A connection of the attacker's own; established when it returns.</summary>
    public TcpFlow Open(uint number = 1, ushort port = 4000, bool sack = true, bool timestamps = false, byte scale = 7, ushort mss = 1460, ushort window = 512)
    {
        var flow = new TcpFlow(Path(AttackerNetwork + number), port, TargetPort, 1000, timestamps, sack, scale) { Window = window };
        flows[(AttackerNetwork + number, port)] = flow;
        var syn = flow.Open(Network.Now);
        if (mss != 1460)
        {
            var asked = Dissection.Of(syn).Tcp!;
            syn = flow.Path.Frame(asked with { Options = [.. TcpOption.Mss(mss), .. asked.Options[4..]], Checksum = null });
        }

        Send(syn);

        // the wire may have others' packets to carry first
        Network.RunUntil(() => flow.IsEstablished, TimeSpan.FromSeconds(2));
        FirstByte = flow.RcvNxt;
        Send(flow.Path.Frame(flow.Segment(flow.SndNxt, [], SegmentFlags.None, Network.Now)));
        return flow;
    }

    /// <summary>A frame that arrives now, and what the server does about it.</summary>
    public void Send(byte[] frame)
    {
        nic.Inject(frame);
        Network.Settle();
    }

    public void Send(TcpFlow flow, uint sequence, byte[] payload, SegmentFlags flags = SegmentFlags.None, byte[]? options = null) =>
        Send(flow.Path.Frame(flow.Segment(sequence, payload, flags, Network.Now, options)));

    public PacketPath Path(uint source) => new(0x0200_0000_00AA, source, nic.Address.Value, WireFormat.Address("10.0.0.1"));

    public void Run(double milliseconds) => Network.RunFor(TimeSpan.FromMilliseconds(milliseconds));

    /// <summary>SYNs of strangers that come as fast as the server takes them.</summary>
    /// <returns>Bytes that the loop allocated meanwhile.</returns>
    public long FloodWithSyns(int count, ushort port = TargetPort)
    {
        var sent = nic.Sent;
        nic.Sent = null;
        var frame = Path(1).Frame(new TcpSegment { SourcePort = 1, DestinationPort = port, Sequence = 1, Flags = SegmentFlags.Syn, Options = TcpOption.Mss(1460) });
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < count;)
        {
            for (var burst = Math.Min(nic.Room, count - i); burst > 0; burst--, i++)
            {
                WriteSource(frame, 0xC800_0000 + ((uint)i & 0xFF_FFFF), (ushort)(1024 + (i % 50_000)), (uint)i * 2654435761);
                nic.Inject(frame);
            }

            Run(0.1);
        }

        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        nic.Sent = sent;
        return allocated;
    }

    /// <summary>The transfer comes to its end with every byte right, and nothing is left of it.</summary>
    public void VictimLives()
    {
        Network.RunUntil(() => VictimIsDone, TimeSpan.FromMinutes(5));
        Assert.Null(up.Problem ?? down.Problem);
        Assert.Equal((1, 1), (up.Finished, down.Finished));
        IsBounded();
    }

    /// <summary>Nothing has grown that was sized at the start, and sockets hold no more than they were declared to.</summary>
    public void IsBounded()
    {
        Assert.Equal(reserved, Server.Tcp.ReservedBytes);
        Assert.InRange(Server.Arena.Used(Share.Sockets), 0, Server.Arena.Quota(Share.Sockets));
        LedgerAssert.Balanced(Server);
    }

    public void Dispose()
    {
        client.Dispose();
        Server.Dispose();
        wire.Dispose();
    }

    /// <summary>Writes another source into a frame, and its checksums anew.</summary>
    private static void WriteSource(Span<byte> frame, uint source, ushort port, uint sequence)
    {
        const int Ip = EthernetHeader.Length;
        const int Tcp = Ip + 20;
        BinaryPrimitives.WriteUInt32BigEndian(frame[(Ip + 12)..], source);
        BinaryPrimitives.WriteUInt16BigEndian(frame[(Ip + 10)..], 0);
        BinaryPrimitives.WriteUInt16BigEndian(frame[(Ip + 10)..], InternetChecksum.Compute(frame.Slice(Ip, 20)));
        var segment = frame[Tcp..];
        BinaryPrimitives.WriteUInt16BigEndian(segment, port);
        BinaryPrimitives.WriteUInt32BigEndian(segment[4..], sequence);
        var sum = NetworkHeader.PseudoHeaderSum(InetAddress.FromIpv4(source), InetAddress.FromIpv4(0x0A00_0001), IpProtocol.Tcp, segment.Length);
        TcpHeader.WriteChecksum(segment, 0);
        TcpHeader.WriteChecksum(segment, InternetChecksum.Compute(segment, sum));
    }

    private void See(ReadOnlySpan<byte> frame)
    {
        if (Dissection.Of(frame) is not { Ip: { } ip, Tcp: { } segment })
        {
            return;
        }

        if (ip.Destination == WireFormat.Address("10.0.0.2"))
        {
            ToVictim = segment;
        }
        else if (flows.TryGetValue((ip.Destination, segment.DestinationPort), out var flow))
        {
            flow.Observe(segment);
        }
    }
}
