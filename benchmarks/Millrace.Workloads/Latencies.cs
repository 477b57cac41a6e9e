namespace Millrace.Workloads;

/// <summary>Times of L1, counted by the nanosecond up to a bound and in eighths of a power of two beyond.</summary>
public sealed class Latencies
{
    private const int Exact = 1 << 16;
    private const int Steps = 8;

    private readonly long[] exact = new long[Exact];
    private readonly long[] coarse = new long[64 * Steps];
    private long count;
    private long most;

    public void Add(long nanoseconds)
    {
        count++;
        most = Math.Max(most, nanoseconds);
        if (nanoseconds < Exact)
        {
            exact[Math.Max(nanoseconds, 0)]++;
        }
        else
        {
            coarse[PlaceOf(nanoseconds)]++;
        }
    }

    public void Clear()
    {
        Array.Clear(exact);
        Array.Clear(coarse);
        (count, most) = (0, 0);
    }

    /// <summary>The figures of L1.</summary>
    /// <param name="prefix">"f1" or "w2".</param>
    public IEnumerable<Reading> Readings(string prefix, bool isValid, string note)
    {
        foreach (var (name, part) in new[] { ("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("p99.99", 0.9999) })
        {
            yield return new Reading($"{prefix}-{name}", "ns", At(part), null, isValid, note);
        }

        yield return new Reading($"{prefix}-max", "ns", most, null, isValid, note);
    }

    /// <summary>The least time that so large a part did not exceed.</summary>
    private double At(double part)
    {
        var left = (long)Math.Ceiling(part * count);
        for (var i = 0; i < exact.Length; i++)
        {
            left -= exact[i];
            if (left <= 0)
            {
                return i;
            }
        }

        for (var place = 0; place < coarse.Length; place++)
        {
            left -= coarse[place];
            if (left <= 0)
            {
                var power = place / Steps;
                return Math.Min(most, (1L << power) + ((1L << power) / Steps * ((place % Steps) + 1)));
            }
        }

        return most;
    }

    private static int PlaceOf(long nanoseconds)
    {
        var power = long.Log2(nanoseconds);
        return (int)((power * Steps) + (((nanoseconds - (1L << (int)power)) * Steps) >> (int)power));
    }
}
