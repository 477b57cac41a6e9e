namespace Millrace.Testing.Packets;

/// <summary>
/// The Internet checksum as RFC 1071 §4.1 words it, 16 bits at a time: slow and plain, so that it can judge the fast one.
/// </summary>
public static class WireChecksum
{
    /// <summary>The checksum of the bytes, as a host number to be written in network order.</summary>
    public static ushort Of(ReadOnlySpan<byte> data, uint initial = 0) => (ushort)~Sum(data, initial);

    /// <summary>The folded one's complement sum of the bytes, an odd last one padded with zero, and of an earlier sum.</summary>
    public static ushort Sum(ReadOnlySpan<byte> data, uint initial = 0)
    {
        var sum = initial;
        for (var i = 0; i < data.Length; i++)
        {
            sum += i % 2 == 0 ? (uint)data[i] << 8 : data[i];
            if (sum > 0xFFFF)
            {
                sum = (sum & 0xFFFF) + (sum >> 16);
            }
        }

        return (ushort)((sum & 0xFFFF) + (sum >> 16));
    }

    /// <summary>The sum of the IPv4 pseudo-header (RFC 9293 §3.1, RFC 768).</summary>
    public static ushort PseudoHeader(uint source, uint destination, byte protocol, int length)
    {
        Span<byte> header = stackalloc byte[12];
        WireFormat.Put32(header, 0, source);
        WireFormat.Put32(header, 4, destination);
        header[9] = protocol;
        WireFormat.Put16(header, 10, (ushort)length);
        return Sum(header);
    }

    /// <summary>A checksum after one 16-bit word under it changed (RFC 1624 §3, equation 3).</summary>
    public static ushort Update(ushort checksum, ushort before, ushort after)
    {
        var sum = (uint)(ushort)~checksum + (ushort)~before + after;
        sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)~((sum & 0xFFFF) + (sum >> 16));
    }
}
