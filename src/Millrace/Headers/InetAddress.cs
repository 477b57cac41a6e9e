using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Millrace.Headers;

/// <summary>
/// An internet address of either family in 16 bytes, network order; an IPv4 address is held in its IPv4-mapped form
/// (RFC 4291 §2.5.5.2), so that transports, sockets and flow tables need no family in their types.
/// </summary>
public readonly struct InetAddress(ulong upper, ulong lower) : IEquatable<InetAddress>
{
    private const ulong MappedPrefix = 0x0000_FFFF_0000_0000;

    /// <summary>The most significant 64 bits, as a host number.</summary>
    public ulong Upper { get; } = upper;

    /// <summary>The least significant 64 bits, as a host number.</summary>
    public ulong Lower { get; } = lower;

    /// <summary>The keyed hash of two addresses as they stand in a packet's header, one behind the other.</summary>
    public static ulong HashOfBytes(Entropy key, InetAddress first, InetAddress second)
    {
        ArgumentNullException.ThrowIfNull(key);

        // SipHash's words are of its bytes in little endian
        return first.IsIpv4
            ? key.Hash(Reverse(((ulong)first.Ipv4 << 32) | second.Ipv4))
            : key.Hash(Reverse(first.Upper), Reverse(first.Lower), Reverse(second.Upper), Reverse(second.Lower));

        static ulong Reverse(ulong word) => System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(word);
    }

    /// <summary>Whether this is an IPv4 address in mapped form.</summary>
    public bool IsIpv4 => Upper == 0 && Lower >> 32 == MappedPrefix >> 32;

    /// <summary>Whether no address is set (<c>::</c> or <c>0.0.0.0</c>).</summary>
    public bool IsUnspecified => Upper == 0 && (Lower == 0 || Lower == MappedPrefix);

    /// <summary>The IPv4 address as a host number (<c>10.0.0.1</c> is 0x0A000001); meaningful if <see cref="IsIpv4"/>.</summary>
    public uint Ipv4 => (uint)Lower;

    /// <summary>A group (RFC 1112, RFC 4291 §2.7).</summary>
    public bool IsMulticast => IsIpv4 ? Ipv4 >> 28 == 0xE : Upper >> 56 == 0xFF;

    /// <summary>Everybody on the link (255.255.255.255); there is none in IPv6.</summary>
    public bool IsLimitedBroadcast => IsIpv4 && Ipv4 == uint.MaxValue;

    /// <summary>This host's own address in the address's family (127.0.0.1, ::1).</summary>
    public InetAddress Loopback => IsIpv4 ? FromIpv4(0x7F00_0001) : new InetAddress(0, 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static InetAddress FromIpv4(uint address) => new(0, MappedPrefix | address);

    /// <summary>Reads four bytes in network order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static InetAddress ReadIpv4(ReadOnlySpan<byte> source) => FromIpv4(BinaryPrimitives.ReadUInt32BigEndian(source));

    /// <exception cref="FormatException">The text is not an address.</exception>
    public static InetAddress Parse(string text) =>
        TryParse(text, out var address) ? address : throw new FormatException($"'{text}' is not an IP address; write one as 10.0.0.1");

    public static bool TryParse(string? text, out InetAddress address)
    {
        address = default;
        if (!IPAddress.TryParse(text, out var parsed))
        {
            return false;
        }

        address = From(parsed);
        return true;
    }

    public static InetAddress From(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var written);
        return written == 4
            ? ReadIpv4(bytes)
            : new InetAddress(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));
    }

    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        if (IsIpv4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, Ipv4);
            return new IPAddress(bytes[..4]);
        }

        BinaryPrimitives.WriteUInt64BigEndian(bytes, Upper);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Lower);
        return new IPAddress(bytes);
    }

    public AddressFamily Family => IsIpv4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Equals(InetAddress other) => ((Upper ^ other.Upper) | (Lower ^ other.Lower)) == 0;

    public override bool Equals(object? obj) => obj is InetAddress other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(Upper, Lower);

    public override string ToString() => ToIPAddress().ToString();

    public static bool operator ==(InetAddress left, InetAddress right) => left.Equals(right);

    public static bool operator !=(InetAddress left, InetAddress right) => !left.Equals(right);
}
