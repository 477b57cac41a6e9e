using BenchmarkDotNet.Attributes;
using Millrace.Headers;

namespace Millrace.Benchmarks.Headers;

public class UdpHeaders
{
    // some without a checksum, some that claim more than the 64 bytes there are
    private readonly byte[] headers = HeaderBatch.Make(static (random, header) =>
    {
        UdpHeader.Write(header, (ushort)random.Next(65_536), (ushort)random.Next(1, 1024), random.Next(8, 80));
        UdpHeader.WriteChecksum(header, (ushort)(random.Next(4) == 0 ? 0 : 1));
    });

    [Benchmark(OperationsPerInvoke = HeaderBatch.Count)]
    public int Read()
    {
        var sum = 0;
        for (var i = 0; i < HeaderBatch.Count; i++)
        {
            var header = HeaderBatch.At(headers, i);
            var length = UdpHeader.DatagramLength(header);
            if (length >= UdpHeader.Length && length <= header.Length)
            {
                sum += UdpHeader.SourcePort(header) + UdpHeader.DestinationPort(header) + (UdpHeader.Checksum(header) == 0 ? 0 : length);
            }
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = HeaderBatch.Count)]
    public byte Write()
    {
        for (var i = 0; i < HeaderBatch.Count; i++)
        {
            UdpHeader.Write(HeaderBatch.At(headers, i), 53, (ushort)i, 8 + i);
        }

        return headers[3];
    }
}
