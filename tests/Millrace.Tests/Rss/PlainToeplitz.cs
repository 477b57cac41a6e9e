namespace Millrace.Tests.Rss;

/// <summary>The definition of the Toeplitz hash, a bit at a time.</summary>
internal static class PlainToeplitz
{
    public static uint Hash(ReadOnlySpan<byte> key, ReadOnlySpan<byte> input)
    {
        uint hash = 0;
        for (var bit = 0; bit < input.Length * 8; bit++)
        {
            if (!Bit(input, bit))
            {
                continue;
            }

            for (var i = 0; i < 32; i++)
            {
                hash ^= Bit(key, bit + i) ? 1u << (31 - i) : 0;
            }
        }

        return hash;
    }

    private static bool Bit(ReadOnlySpan<byte> bytes, int bit) => (bytes[bit / 8] & (0x80 >> (bit % 8))) != 0;
}
