using BenchmarkDotNet.Attributes;
using Millrace.Headers;

namespace Millrace.Benchmarks.Headers;

public class EthernetHeaders
{
    private static readonly MacAddress Local = MacAddress.Parse("02:00:00:00:00:02");

    // every third is for another station
    private readonly byte[] headers = HeaderBatch.Make((random, header) =>
        EthernetHeader.Write(header, random.Next(3) == 0 ? new MacAddress((ulong)random.NextInt64(1L << 48)) : Local, new MacAddress(2), random.Next(8) == 0 ? EtherType.Arp : EtherType.Ipv4));

    /// <summary>Whether a frame is for this station, and what it carries.</summary>
    [Benchmark(OperationsPerInvoke = HeaderBatch.Count)]
    public int Read()
    {
        var sum = 0;
        for (var i = 0; i < HeaderBatch.Count; i++)
        {
            var header = HeaderBatch.At(headers, i);
            var destination = EthernetHeader.Destination(header);
            sum += destination == Local || destination.IsMulticast ? (int)EthernetHeader.Type(header) : 1;
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = HeaderBatch.Count)]
    public byte Write()
    {
        for (var i = 0; i < HeaderBatch.Count; i++)
        {
            EthernetHeader.Write(HeaderBatch.At(headers, i), new MacAddress((ulong)i), Local, EtherType.Ipv4);
        }

        return headers[^1];
    }
}
