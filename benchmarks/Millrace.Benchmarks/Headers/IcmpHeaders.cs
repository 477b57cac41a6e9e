using BenchmarkDotNet.Attributes;
using Millrace.Headers;

namespace Millrace.Benchmarks.Headers;

public class IcmpHeaders
{
    private readonly byte[] headers = HeaderBatch.Make(static (random, header) =>
    {
        IcmpHeader.Write(header, random.Next(3) == 0 ? IcmpType.DestinationUnreachable : IcmpType.EchoRequest, (byte)random.Next(5));
        IcmpHeader.WriteNextHopMtu(header, random.Next(552, 1500));
    });

    /// <summary>An echo, or an error with the MTU of the next hop (RFC 1191).</summary>
    [Benchmark(OperationsPerInvoke = HeaderBatch.Count)]
    public int Read()
    {
        var sum = 0;
        for (var i = 0; i < HeaderBatch.Count; i++)
        {
            var header = HeaderBatch.At(headers, i);
            sum += IcmpHeader.Type(header) == IcmpType.DestinationUnreachable && IcmpHeader.Code(header) == IcmpUnreachable.FragmentationNeeded
                ? IcmpHeader.NextHopMtu(header)
                : IcmpHeader.Checksum(header);
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = HeaderBatch.Count)]
    public byte Write()
    {
        for (var i = 0; i < HeaderBatch.Count; i++)
        {
            var header = HeaderBatch.At(headers, i);
            IcmpHeader.Write(header, IcmpType.DestinationUnreachable, IcmpUnreachable.FragmentationNeeded);
            IcmpHeader.WriteNextHopMtu(header, 552 + i);
            IcmpHeader.WriteChecksum(header, (ushort)i);
        }

        return headers[3];
    }
}
