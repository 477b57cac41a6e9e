using BenchmarkDotNet.Attributes;
using Millrace.Headers;

namespace Millrace.Benchmarks.Headers;

public class VlanTags
{
    private readonly byte[] tags = HeaderBatch.Make((random, tag) => VlanHeader.Write(tag, VlanProtocol.Ieee8021Q, VlanHeader.ToTci(random.Next(4096), random.Next(8))));

    [Benchmark(OperationsPerInvoke = HeaderBatch.Count)]
    public int Read()
    {
        var sum = 0;
        for (var i = 0; i < HeaderBatch.Count; i++)
        {
            var tag = HeaderBatch.At(tags, i);
            sum += VlanHeader.Id(VlanHeader.Tci(tag)) + (int)VlanHeader.Type(tag);
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = HeaderBatch.Count)]
    public byte Write()
    {
        for (var i = 0; i < HeaderBatch.Count; i++)
        {
            VlanHeader.Write(HeaderBatch.At(tags, i), VlanProtocol.Ieee8021Q, VlanHeader.ToTci(i, i & 7));
        }

        return tags[0];
    }
}
