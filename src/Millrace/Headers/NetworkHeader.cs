using System.Runtime.CompilerServices;

namespace Millrace.Headers;

/// <summary>
/// What transports read of the network header below them, whatever its family: they do not name it. The header must have
/// been checked by the network stage.
/// </summary>
public static class NetworkHeader
{
    private const int Ipv4TrafficClassOffset = 1;
    private const int Ipv4ProtocolOffset = 9;
    private const int Ipv4SourceOffset = 12;
    private const int Ipv4DestinationOffset = 16;

    public static IpProtocol Protocol(ReadOnlySpan<byte> header) => (IpProtocol)header[Ipv4ProtocolOffset];

    /// <summary>DSCP and ECN.</summary>
    public static byte TrafficClass(ReadOnlySpan<byte> header) => header[Ipv4TrafficClassOffset];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static InetAddress Source(ReadOnlySpan<byte> header) => InetAddress.ReadIpv4(header.Slice(Ipv4SourceOffset, 4));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static InetAddress Destination(ReadOnlySpan<byte> header) => InetAddress.ReadIpv4(header.Slice(Ipv4DestinationOffset, 4));

    /// <summary>Whether a UDP checksum of 0 under this header means that there is none (RFC 768), or is an error (RFC 8200 §8.1).</summary>
    public static bool MayLackUdpChecksum(ReadOnlySpan<byte> header) => header[0] >> 4 == 4;

    /// <summary>Whether a datagram from this address may be sent without a UDP checksum.</summary>
    public static bool MayLackUdpChecksum(InetAddress source) => source.IsIpv4;

    /// <summary>The sum over the pseudo-header of RFC 9293 §3.1 and RFC 768.</summary>
    /// <param name="length">Bytes of transport header and payload.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint PseudoHeaderSum(InetAddress source, InetAddress destination, IpProtocol protocol, int length)
    {
        // the mapped prefix of an IPv4 address is no part of its pseudo-header; an IPv6 address counts whole (RFC 8200 §8.1)
        var sum = (source.Ipv4 >> 16) + (source.Ipv4 & 0xFFFF) + (destination.Ipv4 >> 16) + (destination.Ipv4 & 0xFFFF)
            + (uint)protocol + ((uint)length >> 16) + ((uint)length & 0xFFFF);
        return source.IsIpv4 ? sum : sum + Words(source.Upper) + Words(source.Lower >> 32) + Words(destination.Upper) + Words(destination.Lower >> 32);
    }

    private static uint Words(ulong value) =>
        (uint)((value >> 48) + ((value >> 32) & 0xFFFF) + ((value >> 16) & 0xFFFF) + (value & 0xFFFF));
}
