using BenchmarkDotNet.Attributes;
using Millrace.Headers;

namespace Millrace.Benchmarks.Headers;

/// <summary>The Internet checksum over bytes in the first-level cache, beside a copy of as many.</summary>
public class Checksums
{
    private readonly byte[] source = new byte[2048];
    private readonly byte[] destination = new byte[2048];

    [Params(20, 64, 1460)]
    public int Length { get; set; }

    [GlobalSetup]
    public void Setup() => new Random(1).NextBytes(source);

    [Benchmark(Baseline = true)]
    public ushort Sum() => InternetChecksum.Sum(source.AsSpan(0, Length));

    [Benchmark]
    public ushort CopyAndSum() => InternetChecksum.CopyAndSum(source.AsSpan(0, Length), destination);

    [Benchmark]
    public void Copy() => source.AsSpan(0, Length).CopyTo(destination);

    /// <summary>As RFC 1071 §4.1 writes it.</summary>
    [Benchmark]
    public ushort PlainLoop()
    {
        uint sum = 0;
        var data = source.AsSpan(0, Length);
        for (var i = 0; i + 1 < data.Length; i += 2)
        {
            sum += (uint)((data[i] << 8) | data[i + 1]);
        }

        return InternetChecksum.Fold(sum);
    }
}
