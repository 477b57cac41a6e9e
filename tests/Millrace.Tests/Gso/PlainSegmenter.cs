using System.Buffers.Binary;
using Millrace.Tests.Gro;

namespace Millrace.Tests.Gso;

/// <summary>Segmentation over byte arrays, written from the kernel's rules: the oracle of the stage.</summary>
internal static class PlainSegmenter
{
    /// <param name="whole">A TCP packet over Ethernet and IPv4, complete but for its checksums.</param>
    public static List<byte[]> Cut(byte[] whole, int gsoSize, bool fixedId)
    {
        var network = (whole[14] & 15) * 4;
        var transport = 14 + network;
        var headers = transport + (whole[transport + 12] >> 4) * 4;
        var count = (whole.Length - headers + gsoSize - 1) / gsoSize;
        List<byte[]> segments = [];
        for (var i = 0; i < count; i++)
        {
            var from = headers + (i * gsoSize);
            byte[] segment = [.. whole[..headers], .. whole[from..Math.Min(from + gsoSize, whole.Length)]];
            BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(16), (ushort)(segment.Length - 14));
            var id = BinaryPrimitives.ReadUInt16BigEndian(whole.AsSpan(18));
            BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(18), (ushort)(id + (fixedId ? 0 : i)));
            var sequence = BinaryPrimitives.ReadUInt32BigEndian(whole.AsSpan(transport + 4));
            BinaryPrimitives.WriteUInt32BigEndian(segment.AsSpan(transport + 4), sequence + (uint)(i * gsoSize));
            if (i < count - 1)
            {
                segment[transport + 13] &= 0xFF ^ (TcpPacket.Fin | TcpPacket.Psh);
            }

            if (i > 0)
            {
                segment[transport + 13] &= 0xFF ^ TcpPacket.Cwr;
            }

            TcpPacket.Finish(segment);
            segments.Add(segment);
        }

        return segments;
    }
}
