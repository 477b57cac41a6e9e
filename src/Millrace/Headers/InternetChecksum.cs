using System.Buffers.Binary;

namespace Millrace.Headers;

/// <summary>
/// The Internet checksum (RFC 1071). A "sum" here is the folded one's complement sum of big-endian 16-bit words as a host
/// number; a "checksum" is its complement, ready to be written in network order.
/// </summary>
public static class InternetChecksum
{
    /// <summary>The sum of the bytes (an odd last one padded with zero) and of an earlier sum.</summary>
    public static ushort Sum(ReadOnlySpan<byte> data, uint initial = 0)
    {
        ulong sum = initial;
        while (data.Length >= 4)
        {
            sum += BinaryPrimitives.ReadUInt32BigEndian(data);
            data = data.Slice(4, data.Length - 4);
        }

        if (data.Length >= 2)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(data);
            data = data.Slice(2, data.Length - 2);
        }

        if (data.Length == 1)
        {
            sum += (uint)data[0] << 8;
        }

        return Fold(sum);
    }

    /// <summary>The checksum to write in network order.</summary>
    public static ushort Compute(ReadOnlySpan<byte> data, uint initial = 0) => (ushort)~Sum(data, initial);

    /// <summary>The sum of a block that starts an odd number of bytes after the start of the whole (RFC 1071 §2 (B)).</summary>
    public static ushort SwapForOddOffset(ushort sum) => BinaryPrimitives.ReverseEndianness(sum);

    public static ushort Fold(ulong sum)
    {
        sum = (sum & 0xFFFF_FFFF) + (sum >> 32);
        sum = (sum & 0xFFFF_FFFF) + (sum >> 32);
        sum = (sum & 0xFFFF) + (sum >> 16);
        sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)sum;
    }
}
