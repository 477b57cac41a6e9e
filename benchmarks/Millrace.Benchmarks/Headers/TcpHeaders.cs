using BenchmarkDotNet.Attributes;
using Millrace.Headers;

namespace Millrace.Benchmarks.Headers;

public class TcpHeaders
{
    // with and without options, one in sixteen longer than the segment
    private readonly byte[] headers = HeaderBatch.Make(static (random, header) => TcpHeader.Write(
        header, (ushort)random.Next(65_536), 80, new SequenceNumber((uint)random.Next()), new SequenceNumber((uint)random.Next()),
        random.Next(16) == 0 ? 4 : 20 + (random.Next(2) * 12), random.Next(4) == 0 ? TcpFlags.Ack | TcpFlags.Psh : TcpFlags.Ack, (ushort)random.Next(65_536)));

    /// <summary>Every field that a connection looks at, once the length is right.</summary>
    [Benchmark(OperationsPerInvoke = HeaderBatch.Count)]
    public uint Read()
    {
        var sum = 0u;
        for (var i = 0; i < HeaderBatch.Count; i++)
        {
            var header = HeaderBatch.At(headers, i);
            var length = TcpHeader.HeaderLength(header);
            if (length >= TcpHeader.MinimumLength && length <= header.Length)
            {
                sum += (uint)(TcpHeader.SourcePort(header) + TcpHeader.DestinationPort(header) + TcpHeader.Window(header)) + TcpHeader.Sequence(header).Value
                    + TcpHeader.Acknowledgment(header).Value + (uint)TcpHeader.Flags(header);
            }
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = HeaderBatch.Count)]
    public byte Write()
    {
        for (var i = 0; i < HeaderBatch.Count; i++)
        {
            TcpHeader.Write(HeaderBatch.At(headers, i), 80, (ushort)i, new SequenceNumber((uint)i), new SequenceNumber((uint)i), 20, TcpFlags.Ack, 65_535);
        }

        return headers[3];
    }
}
