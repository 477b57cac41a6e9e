using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Millrace.Headers;

/// <summary>An IEEE 802 MAC address: 48 bits held as a host number, the first octet on the wire most significant.</summary>
public readonly record struct MacAddress(ulong Value)
{
    public const int Length = 6;

    public static MacAddress Broadcast => new(0xFFFF_FFFF_FFFF);

    /// <summary>The group bit: the least significant bit of the first octet.</summary>
    public bool IsMulticast => (Value & 0x0100_0000_0000) != 0;

    public bool IsBroadcast => Value == 0xFFFF_FFFF_FFFF;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static MacAddress Read(ReadOnlySpan<byte> source) =>
        new(((ulong)BinaryPrimitives.ReadUInt32BigEndian(source) << 16) | BinaryPrimitives.ReadUInt16BigEndian(source.Slice(4, 2)));

    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt16BigEndian(destination.Slice(4, 2), (ushort)Value);
        BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)(Value >> 16));
    }

    /// <exception cref="FormatException">The text is not six octets in hexadecimal.</exception>
    public static MacAddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var octets = text.Split(':', '-');
        ulong value = 0;
        foreach (var octet in octets)
        {
            if (octets.Length != Length || !byte.TryParse(octet, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var parsed))
            {
                throw new FormatException($"'{text}' is not a MAC address; write one as 02:00:00:00:00:01");
            }

            value = (value << 8) | parsed;
        }

        return new MacAddress(value);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{(byte)(Value >> 40):x2}:{(byte)(Value >> 32):x2}:{(byte)(Value >> 24):x2}:{(byte)(Value >> 16):x2}:{(byte)(Value >> 8):x2}:{(byte)Value:x2}");
}
