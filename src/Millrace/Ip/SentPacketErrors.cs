using System.Buffers.Binary;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Ip;

/// <summary>Turns what is left of a packet this stack had sent into a report to its transport.</summary>
internal sealed class SentPacketErrors(Arena arena, TransportErrors errors)
{
    // the ports, and the sequence number of TCP behind them, are in the first eight bytes of the transport header
    private const int PortsLength = 4;
    private const int QuotedLength = 8;

    /// <summary>Reports a packet that has its network header.</summary>
    public void Report(TransportErrorKind kind, Frame packet, int mtu)
    {
        ref var metadata = ref arena.Metadata(packet);
        var slot = Arena.Slot(ref metadata);
        var header = slot.Slice(metadata.NetworkOffset, Ipv4Header.Length);
        if (metadata.DataOffset + metadata.DataLength < metadata.TransportOffset)
        {
            return;
        }

        Report(kind, Ipv4Header.Protocol(header), Ipv4Header.Source(header), Ipv4Header.Destination(header),
            slot.Slice(metadata.TransportOffset, metadata.DataOffset + metadata.DataLength - metadata.TransportOffset), mtu);
    }

    /// <param name="transport">As much of the transport header as there is.</param>
    public void Report(TransportErrorKind kind, IpProtocol protocol, uint source, uint destination, ReadOnlySpan<byte> transport, int mtu)
    {
        if (protocol is not (IpProtocol.Tcp or IpProtocol.Udp) || transport.Length < PortsLength)
        {
            return;
        }

        var local = new InetEndpoint(InetAddress.FromIpv4(source), BinaryPrimitives.ReadUInt16BigEndian(transport));
        var remote = new InetEndpoint(InetAddress.FromIpv4(destination), BinaryPrimitives.ReadUInt16BigEndian(transport.Slice(2, 2)));
        var sequence = protocol == IpProtocol.Tcp && transport.Length >= QuotedLength
            ? BinaryPrimitives.ReadUInt32BigEndian(transport.Slice(PortsLength, 4))
            : 0;
        errors.Report(new TransportError(kind, protocol, local, remote, sequence, mtu));
    }
}
