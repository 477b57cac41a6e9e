using System.Numerics;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Millrace.Headers;

/// <summary>
/// The Toeplitz hash of receive-side scaling (Microsoft's RSS, Linux's <c>rss_key</c>): every bit of the input that is set adds the
/// 32 bits of the key that begin at its place. Addition has no carry, so what a byte adds depends on nothing but its value and its
/// place, and lies in a table that is made once a key; and the sum over a word is a carry-less product with the key, which some
/// processors have an instruction for.
/// </summary>
public sealed class Toeplitz
{
    /// <summary>Bytes of a key: enough for two IPv6 addresses, two ports and the 32 bits that follow the last place.</summary>
    public const int KeyLength = 40;

    private const int Places = 36;
    private const int Values = 256;
    private const int PortsBehindIpv4 = 8;
    private const int PortsBehindIpv6 = 32;

    private readonly byte[] key;

    /// <summary>64 bits of the key from the places of IPv4's words on, the last bit highest.</summary>
    private readonly ulong window0;
    private readonly ulong window4;
    private readonly ulong window8;

    /// <summary>By place and value, what a byte of the input adds.</summary>
    private readonly uint[] added = new uint[Places * Values];

    /// <param name="key">The bytes of the key, as ethtool -x shows them.</param>
    /// <exception cref="ArgumentException">The key is not of <see cref="KeyLength"/> bytes.</exception>
    public Toeplitz(ReadOnlySpan<byte> key)
    {
        if (key.Length != KeyLength)
        {
            throw new ArgumentException($"A key of receive-side scaling has {KeyLength} bytes; this one has {key.Length}.", nameof(key));
        }

        this.key = key.ToArray();
        window0 = ReversedWindow(key, 0);
        window4 = ReversedWindow(key, 4);
        window8 = ReversedWindow(key, PortsBehindIpv4);
        for (var place = 0; place < Places; place++)
        {
            // the 40 bits from this place on: a window of 32 for each of the eight bits
            var window = ((ulong)key[place] << 32) | ((ulong)key[place + 1] << 24) | ((ulong)key[place + 2] << 16)
                | ((ulong)key[place + 3] << 8) | key[place + 4];
            for (var value = 1; value < Values; value++)
            {
                var lowest = value & -value;
                var windowOfBit = (uint)(window >> (BitOperations.Log2((uint)lowest) + 1));
                added[(place * Values) + value] = added[(place * Values) + value - lowest] ^ windowOfBit;
            }
        }
    }

    /// <summary>
    /// The key of the published verification suite ("Verifying the RSS Hash Calculation", Windows driver documentation), which many
    /// drivers have by default. Whoever may be attacked through it draws one of his own.
    /// </summary>
    public static ReadOnlySpan<byte> PublishedKey =>
    [
        0x6D, 0x5A, 0x56, 0xDA, 0x25, 0x5B, 0x0E, 0xC2, 0x41, 0x67, 0x25, 0x3D, 0x43, 0xA3, 0x8F, 0xB0, 0xD0, 0xCA, 0x2B, 0xCB,
        0xAE, 0x7B, 0x30, 0xB4, 0x77, 0xCB, 0x2D, 0xA3, 0x80, 0x30, 0xF2, 0x0C, 0x6A, 0x42, 0xB7, 0x3B, 0xBE, 0xAC, 0x01, 0xFA,
    ];

    /// <summary>The hash by <see cref="PublishedKey"/>.</summary>
    public static Toeplitz Published { get; } = new(PublishedKey);

    public ReadOnlySpan<byte> Key => key;

    /// <summary>The hash of a pair of addresses; as IPv4 if both are, else as IPv6.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Hash(InetAddress source, InetAddress destination) =>
        source.IsIpv4 && destination.IsIpv4
            ? Pclmulqdq.IsSupported
                ? Folded(Product(source.Ipv4, window0) ^ Product(destination.Ipv4, window4))
                : HashByTable(source.Ipv4, destination.Ipv4)
            : HashIpv6(source, destination);

    /// <summary>The hash of a pair of addresses with the ports of TCP or UDP behind them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Hash(InetAddress source, InetAddress destination, ushort sourcePort, ushort destinationPort)
    {
        var ports = ((uint)sourcePort << 16) | destinationPort;
        return source.IsIpv4 && destination.IsIpv4
            ? Pclmulqdq.IsSupported
                ? Folded(Product(source.Ipv4, window0) ^ Product(destination.Ipv4, window4) ^ Product(ports, window8))
                : HashByTable(source.Ipv4, destination.Ipv4) ^ Word(PortsBehindIpv4, ports)
            : HashIpv6(source, destination) ^ Word(PortsBehindIpv6, ports);
    }

    /// <summary>Two words of the input by the table, for processors that cannot multiply without carry.</summary>
    internal uint HashByTable(uint first, uint second) => Word(0, first) ^ Word(4, second);

    /// <summary>
    /// A word of the input times the 64 bits of the key from its place on, as polynomials over GF(2): that is the sum of the key's
    /// windows. Word and window lie with their first bit highest, where the product wants it lowest; a product of reversed factors is the
    /// reversed product, so the key is reversed once and the result in <see cref="Folded"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Product(uint word, ulong reversedWindow) =>
        Pclmulqdq.CarrylessMultiply(Vector128.CreateScalar((ulong)word), Vector128.CreateScalar(reversedWindow), 0);

    /// <summary>The hash is bits 62 down to 31 of the sum of products.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Folded(Vector128<ulong> sum) => Reversed((uint)(sum.ToScalar() >> 31));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Reversed(uint bits)
    {
        bits = ((bits >> 1) & 0x5555_5555) | ((bits & 0x5555_5555) << 1);
        bits = ((bits >> 2) & 0x3333_3333) | ((bits & 0x3333_3333) << 2);
        bits = ((bits >> 4) & 0x0F0F_0F0F) | ((bits & 0x0F0F_0F0F) << 4);
        return BinaryPrimitives.ReverseEndianness(bits);
    }

    private static ulong ReversedWindow(ReadOnlySpan<byte> key, int place)
    {
        var window = BinaryPrimitives.ReadUInt64BigEndian(key.Slice(place, sizeof(ulong)));
        return ((ulong)Reversed((uint)window) << 32) | Reversed((uint)(window >> 32));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private uint HashIpv6(InetAddress source, InetAddress destination) =>
        Address(0, source) ^ Address(16, destination);

    private uint Address(int place, InetAddress address) =>
        Word(place, (uint)(address.Upper >> 32)) ^ Word(place + 4, (uint)address.Upper)
        ^ Word(place + 8, (uint)(address.Lower >> 32)) ^ Word(place + 12, (uint)address.Lower);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint Word(int place, uint word)
    {
        var four = added.AsSpan(place * Values, 4 * Values);
        return four[(int)(word >> 24)] ^ four[Values + (byte)(word >> 16)]
            ^ four[(2 * Values) + (byte)(word >> 8)] ^ four[(3 * Values) + (byte)word];
    }
}
