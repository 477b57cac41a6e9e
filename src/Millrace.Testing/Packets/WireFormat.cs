using System.Globalization;

namespace Millrace.Testing.Packets;

/// <summary>
/// Numbers and addresses of the wire, byte by byte. Nothing in this folder uses <c>Millrace.Headers</c>: what builds and
/// reads packets here is the judge of what builds and reads them there.
/// </summary>
public static class WireFormat
{
    public static ushort Get16(ReadOnlySpan<byte> data, int offset) => (ushort)(data[offset] << 8 | data[offset + 1]);

    public static uint Get32(ReadOnlySpan<byte> data, int offset) => (uint)Get16(data, offset) << 16 | Get16(data, offset + 2);

    public static ulong Get48(ReadOnlySpan<byte> data, int offset) => (ulong)Get32(data, offset) << 16 | Get16(data, offset + 4);

    public static void Put16(Span<byte> data, int offset, ushort value)
    {
        data[offset] = (byte)(value >> 8);
        data[offset + 1] = (byte)value;
    }

    public static void Put32(Span<byte> data, int offset, uint value)
    {
        Put16(data, offset, (ushort)(value >> 16));
        Put16(data, offset + 2, (ushort)value);
    }

    public static void Put48(Span<byte> data, int offset, ulong value)
    {
        Put32(data, offset, (uint)(value >> 16));
        Put16(data, offset + 4, (ushort)value);
    }

    /// <summary>An IPv4 address as a host number: <c>10.0.0.1</c> is 0x0A000001.</summary>
    /// <exception cref="FormatException">The text is not four decimal octets.</exception>
    public static uint Address(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var octets = text.Split('.');
        uint value = 0;
        foreach (var octet in octets)
        {
            if (octets.Length != 4 || !byte.TryParse(octet, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed))
            {
                throw new FormatException($"'{text}' is not an IPv4 address; write one as 10.0.0.1");
            }

            value = value << 8 | parsed;
        }

        return value;
    }

    public static string Address(uint value) =>
        string.Create(CultureInfo.InvariantCulture, $"{value >> 24}.{value >> 16 & 0xFF}.{value >> 8 & 0xFF}.{value & 0xFF}");

    /// <summary>A MAC address as a host number of 48 bits.</summary>
    /// <exception cref="FormatException">The text is not six octets in hexadecimal.</exception>
    public static ulong Mac(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var octets = text.Split(':');
        ulong value = 0;
        foreach (var octet in octets)
        {
            if (octets.Length != 6 || !byte.TryParse(octet, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var parsed))
            {
                throw new FormatException($"'{text}' is not a MAC address; write one as 02:00:00:00:00:01");
            }

            value = value << 8 | parsed;
        }

        return value;
    }

    public static string Mac(ulong value)
    {
        var octets = new string[6];
        for (var i = 0; i < octets.Length; i++)
        {
            octets[i] = ((byte)(value >> 40 - 8 * i)).ToString("x2", CultureInfo.InvariantCulture);
        }

        return string.Join(':', octets);
    }
}
