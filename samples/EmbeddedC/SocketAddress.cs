using System.Buffers.Binary;
using Millrace.Headers;
using Millrace.Sockets;

namespace EmbeddedC;

/// <summary>struct sockaddr_in as bytes: family in the machine's order, port and address in the network's.</summary>
internal static class SocketAddress
{
    public const int Length = 16;
    private const int Unspecified = 0;

    /// <summary>Whether the address asks to dissolve a connection (AF_UNSPEC).</summary>
    public static bool IsUnspecified(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= sizeof(ushort) && BinaryPrimitives.ReadUInt16LittleEndian(bytes) == Unspecified;

    /// <returns>0, or EINVAL if it is too short, or EAFNOSUPPORT, negated.</returns>
    public static int Read(ReadOnlySpan<byte> bytes, out InetEndpoint endpoint)
    {
        endpoint = default;
        if (bytes.Length < Length)
        {
            return -(int)Errno.EINVAL;
        }

        if (BinaryPrimitives.ReadUInt16LittleEndian(bytes) != SocketConstant.Inet)
        {
            return -(int)Errno.EAFNOSUPPORT;
        }

        endpoint = new InetEndpoint(InetAddress.ReadIpv4(bytes[4..]), BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]));
        return 0;
    }

    public static void Write(Span<byte> bytes, InetEndpoint endpoint)
    {
        bytes.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, SocketConstant.Inet);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], endpoint.Port);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[4..], endpoint.Address.Ipv4);
    }
}
