using BenchmarkDotNet.Attributes;
using Millrace.Headers;

namespace Millrace.Benchmarks.Headers;

/// <summary>The option of RFC 7413 behind the others of a SYN: with a cookie, asking for one, in its experimental form, or not there.</summary>
public class FastOpenOptions
{
    private readonly int[] lengths = new int[HeaderBatch.Count];
    private readonly byte[] syns;

    public FastOpenOptions()
    {
        var next = 0;
        syns = HeaderBatch.Make((random, options) =>
        {
            var length = new TcpOptions { MaximumSegmentSize = 1460, HasWindowScale = true, WindowScale = 7 }.WriteSyn(options);
            var kind = random.Next(4);
            var option = new FastOpenOption { Cookie = kind == 1 ? default : new FastOpenCookie((ulong)random.NextInt64()), IsExperimental = kind == 2 };
            lengths[next++] = kind == 0 ? length : length + option.Write(options[length..]);
        });
    }

    [Benchmark(OperationsPerInvoke = HeaderBatch.Count)]
    public int Read()
    {
        var sum = 0;
        for (var i = 0; i < HeaderBatch.Count; i++)
        {
            sum += FastOpenOption.TryRead(HeaderBatch.At(syns, i)[..lengths[i]], out var option) ? option.Cookie.Length + 1 : 0;
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = HeaderBatch.Count)]
    public int Write()
    {
        var sum = 0;
        for (var i = 0; i < HeaderBatch.Count; i++)
        {
            sum += new FastOpenOption { Cookie = new FastOpenCookie((ulong)i), IsExperimental = (i & 3) == 0 }.Write(HeaderBatch.At(syns, i));
        }

        return sum;
    }
}
