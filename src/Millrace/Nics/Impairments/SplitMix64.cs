namespace Millrace.Nics;

/// <summary>The generator of Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014), figure 17.</summary>
internal struct SplitMix64(ulong seed)
{
    private ulong state = seed;

    public ulong Next()
    {
        state += 0x9E37_79B9_7F4A_7C15;
        var mixed = (state ^ (state >> 30)) * 0xBF58_476D_1CE4_E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EB;
        return mixed ^ (mixed >> 31);
    }

    /// <summary>A number from 0 up to but not including <paramref name="bound"/>.</summary>
    public int Next(int bound) => (int)((Next() >> 32) * (uint)bound >> 32);

    /// <summary>A number from 0 up to but not including 1.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));
}
