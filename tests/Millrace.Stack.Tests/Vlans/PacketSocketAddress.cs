using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Millrace.Stack.Tests.Vlans;

/// <summary>The interface that a packet socket sends by (packet(7), struct sockaddr_ll).</summary>
internal sealed class PacketSocketAddress(int interfaceIndex) : EndPoint
{
    private const int Length = 20;
    private const int ProtocolOffset = 2;
    private const int InterfaceOffset = 4;
    private const ushort AllProtocols = 3;

    public override AddressFamily AddressFamily => AddressFamily.Packet;

    public override SocketAddress Serialize()
    {
        var address = new SocketAddress(AddressFamily.Packet, Length);
        BinaryPrimitives.WriteUInt16BigEndian(address.Buffer.Span[ProtocolOffset..], AllProtocols);
        BitConverter.TryWriteBytes(address.Buffer.Span[InterfaceOffset..], interfaceIndex);
        return address;
    }
}
