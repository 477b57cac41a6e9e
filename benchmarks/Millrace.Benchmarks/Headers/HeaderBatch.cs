namespace Millrace.Benchmarks.Headers;

/// <summary>
/// Headers drawn from a seed, a cache line each and small enough together for the first-level cache: so many that a branch
/// predictor cannot know the next one, as it would a single header that is read again and again.
/// </summary>
public static class HeaderBatch
{
    public const int Count = 256;

    private const int Stride = 64;

    public delegate void Draw(Random random, Span<byte> header);

    public static byte[] Make(Draw draw)
    {
        var random = new Random(1);
        var batch = new byte[Count * Stride];
        random.NextBytes(batch);
        for (var i = 0; i < Count; i++)
        {
            draw(random, At(batch, i));
        }

        return batch;
    }

    public static Span<byte> At(byte[] batch, int index) => batch.AsSpan(index * Stride, Stride);
}
