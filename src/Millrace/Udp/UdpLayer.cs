using Millrace.Headers;
using Millrace.Ip;
using Millrace.Memory;
using Millrace.Sockets;

namespace Millrace.Udp;

/// <summary>User Datagram Protocol (RFC 768, RFC 1122 §4.1).</summary>
internal sealed class UdpLayer<TSettings, TApplications> : UdpSockets
    where TSettings : struct, IUdpSettings
    where TApplications : struct, IUdpApplications
{
    private const int MaxLength = 65535;

    private readonly Arena arena;
    private readonly Outbox outbox;
    private readonly NetworkLayer network;
    private readonly PortTable ports;
    private readonly byte[] scratch = new byte[MaxLength];
    private TSettings settings;
    private TApplications applications;

    public UdpLayer(TSettings settings, TApplications applications, Arena arena, Outbox outbox, NetworkLayer network)
    {
        ArgumentNullException.ThrowIfNull(arena);
        ArgumentNullException.ThrowIfNull(outbox);
        ArgumentNullException.ThrowIfNull(network);
        this.settings = settings;
        this.applications = applications;
        this.arena = arena;
        this.outbox = outbox;
        this.network = network;
        ports = new PortTable(applications.Count);
        for (var i = 0; i < applications.Count; i++)
        {
            var port = applications.Port(i);
            if (port is < 0 or > ushort.MaxValue)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(applications), port, "A UDP handler listens on a port from 1 to 65535, or on 0 if it binds ports itself.");
            }

            if (port != 0 && !ports.TryAdd((ushort)port, i))
            {
                throw new ArgumentException($"Two UDP handlers listen on port {port}; give each a port of its own.", nameof(applications));
            }
        }
    }

    internal long Now { get; set; }

    /// <param name="offset">Of the UDP header, in bytes from the start of the slot.</param>
    /// <param name="length">Bytes from there to the end of the packet.</param>
    public Verdict Receive(Frame frame, int offset, int length, ref FrameMetadata metadata)
    {
        if (length < UdpHeader.Length)
        {
            return Verdict.Drop(DropReason.PacketTooSmall);
        }

        var datagram = Linear(frame, offset, length, ref metadata);
        var declared = UdpHeader.DatagramLength(datagram);
        if (declared < UdpHeader.Length || declared > length)
        {
            return Verdict.Drop(DropReason.PacketTooSmall);
        }

        datagram = datagram.Slice(0, declared);
        ReadOnlySpan<byte> networkHeader = Arena.Slot(ref metadata).Slice(metadata.NetworkOffset);
        if (!IsChecksumRight(networkHeader, datagram, metadata.Checksum))
        {
            return Verdict.Drop(DropReason.UdpChecksum);
        }

        var application = ports.Find(UdpHeader.DestinationPort(datagram));
        if (application < 0)
        {
            network.Reject(frame, RejectReason.PortUnreachable, Now);
            return Verdict.Drop(DropReason.NoSocket);
        }

        var source = new InetEndpoint(NetworkHeader.Source(networkHeader), UdpHeader.SourcePort(datagram));
        var destination = new InetEndpoint(NetworkHeader.Destination(networkHeader), UdpHeader.DestinationPort(datagram));
        applications.Received(application, new UdpDatagram(this, datagram.Slice(UdpHeader.Length), source, destination));
        return Verdict.Deliver;
    }

    public override bool TryBind(int application, ushort port)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)application, (uint)applications.Count);
        ArgumentOutOfRangeException.ThrowIfZero(port);
        return ports.TryAdd(port, application);
    }

    public override void Unbind(ushort port) => ports.Remove(port);

    public override bool TrySend(InetEndpoint local, InetEndpoint remote, ReadOnlySpan<byte> payload)
    {
        var headers = network.HeaderLength(remote.Address) + UdpHeader.Length;
        if (payload.Length > MaxLength - headers)
        {
            throw new ArgumentOutOfRangeException(
                nameof(payload), payload.Length, $"A datagram to {remote.Address} carries at most {MaxLength - headers} bytes; send less at once.");
        }

        if (!network.TryRoute(remote.Address, out var route))
        {
            return false;
        }

        // a handler that answers a broadcast gives the group as its own address, which nobody may send from
        var source = !local.Address.IsUnspecified && network.IsLocal(local.Address) ? local.Address : route.Source;
        if (!TryWrite(source, local.Port, remote, payload, out var frame))
        {
            return false;
        }

        var packet = new Outgoing
        {
            Frame = frame,
            Source = source,
            Destination = remote.Address,
            Protocol = IpProtocol.Udp,
            // as Linux does with IP_PMTUDISC_WANT (ip_output.c, __ip_make_skb)
            DontFragment = payload.Length + headers <= route.Mtu,
        };
        if (outbox.TryCommit(in packet))
        {
            return true;
        }

        outbox.Discard(frame);
        return false;
    }

    private ReadOnlySpan<byte> Linear(Frame frame, int offset, int length, ref FrameMetadata metadata)
    {
        if (metadata.NextFragment.IsNone)
        {
            return Arena.Slot(ref metadata).Slice(offset, length);
        }

        var linear = scratch.AsSpan(0, Math.Min(length, scratch.Length));
        PacketBytes.CopyTo(arena, frame, offset, linear);
        return linear;
    }

    private static bool IsChecksumRight(ReadOnlySpan<byte> networkHeader, ReadOnlySpan<byte> datagram, ChecksumState state)
    {
        if (UdpHeader.Checksum(datagram) == 0)
        {
            return NetworkHeader.MayLackUdpChecksum(networkHeader);
        }

        if (state != ChecksumState.None)
        {
            return true;
        }

        var pseudo = NetworkHeader.PseudoHeaderSum(
            NetworkHeader.Source(networkHeader), NetworkHeader.Destination(networkHeader), IpProtocol.Udp, datagram.Length);
        return InternetChecksum.Sum(datagram, pseudo) == 0xFFFF;
    }

    /// <summary>Writes header and payload into reserved frames, as many as they need.</summary>
    private bool TryWrite(InetAddress source, ushort port, InetEndpoint remote, ReadOnlySpan<byte> payload, out Frame head)
    {
        head = Frame.None;
        if (!outbox.TryReserve(out var frame))
        {
            return false;
        }

        head = frame;
        var length = payload.Length + UdpHeader.Length;
        arena.Metadata(head).TotalLength = length;
        var header = arena.Slot(head).Slice(Arena.Headroom, UdpHeader.Length);
        UdpHeader.Write(header, port, remote.Port, length);
        ulong sum = NetworkHeader.PseudoHeaderSum(source, remote.Address, IpProtocol.Udp, length);
        sum += InternetChecksum.Sum(header);
        for (var written = UdpHeader.Length; ; written = 0)
        {
            ref var metadata = ref arena.Metadata(frame);
            // an even number of bytes a frame, so that the sums of the frames can be added as they are
            var count = Math.Min(payload.Length, Arena.Stride - Arena.Headroom - written);
            var destination = Arena.Slot(ref metadata).Slice(metadata.DataOffset + written, count);
            sum += InternetChecksum.CopyAndSum(payload.Slice(0, count), destination);
            metadata.DataLength = (ushort)(written + count);
            payload = payload.Slice(count);
            if (payload.Length == 0)
            {
                break;
            }

            if (!outbox.TryReserve(out frame))
            {
                outbox.Discard(head);
                head = Frame.None;
                return false;
            }

            metadata.NextFragment = frame;
        }

        if (settings.TransmitChecksum || !NetworkHeader.MayLackUdpChecksum(source))
        {
            var checksum = (ushort)~InternetChecksum.Fold(sum);
            UdpHeader.WriteChecksum(header, checksum == 0 ? (ushort)0xFFFF : checksum);
        }

        return true;
    }
}
