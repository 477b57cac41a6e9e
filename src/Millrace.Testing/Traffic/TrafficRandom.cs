namespace Millrace.Testing.Traffic;

/// <summary>
/// Random numbers that are the same for a seed on every machine and every version of the runtime (SplitMix64, Steele, Lea and
/// Flood 2014), so that a printed seed replays what failed.
/// </summary>
public sealed class TrafficRandom(ulong seed)
{
    private ulong state = seed;

    public ulong Seed { get; } = seed;

    public ulong NextUInt64()
    {
        state += 0x9E37_79B9_7F4A_7C15;
        var mixed = state;
        mixed = (mixed ^ mixed >> 30) * 0xBF58_476D_1CE4_E5B9;
        mixed = (mixed ^ mixed >> 27) * 0x94D0_49BB_1331_11EB;
        return mixed ^ mixed >> 31;
    }

    public uint NextUInt32() => (uint)(NextUInt64() >> 32);

    /// <summary>From 0 up to but not including the bound.</summary>
    public int Next(int bound) => (int)((ulong)NextUInt32() * (uint)bound >> 32);

    /// <summary>Both ends included.</summary>
    public int Between(int minimum, int maximum) => minimum + Next(maximum - minimum + 1);

    public bool Chance(int percent) => Next(100) < percent;

    public T Pick<T>(IReadOnlyList<T> values) => values[Next(values.Count)];

    public byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        for (var i = 0; i < count; i++)
        {
            bytes[i] = (byte)(NextUInt64() >> 56);
        }

        return bytes;
    }

    public void Shuffle<T>(Span<T> values)
    {
        for (var i = values.Length - 1; i > 0; i--)
        {
            var other = Next(i + 1);
            (values[i], values[other]) = (values[other], values[i]);
        }
    }

    /// <summary>A generator of its own, so that one consumer's use does not shift another's numbers.</summary>
    public TrafficRandom Fork() => new(NextUInt64());
}
