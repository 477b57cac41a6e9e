using System.Numerics;

namespace Millrace;

/// <summary>
/// The secret and the random numbers of a stack, all derived from a 128-bit seed that the host hands in: a stack asks no
/// operating system for entropy, so a run can be repeated. Hashes are SipHash-2-4 (Aumasson and Bernstein, 2012).
/// </summary>
public sealed class Entropy
{
    private readonly ulong key0;
    private readonly ulong key1;
    private ulong counter;

    public Entropy(ulong key0, ulong key1)
    {
        this.key0 = key0;
        this.key1 = key1;
    }

    /// <summary>A seed from the operating system, for hosts.</summary>
    public static Entropy FromOperatingSystem()
    {
        Span<byte> seed = stackalloc byte[16];
        System.Security.Cryptography.RandomNumberGenerator.Fill(seed);
        return new Entropy(BitConverter.ToUInt64(seed), BitConverter.ToUInt64(seed[8..]));
    }

    /// <summary>The same secret for one of several workers: hashes agree, and the numbers it draws are its own.</summary>
    public Entropy ForWorker(int worker) => new(key0, key1) { counter = (ulong)worker << 56 };

    /// <summary>The next number of the sequence.</summary>
    public ulong NextUInt64() => Hash(0x6D696C6C72616365, counter++, 0);

    public uint NextUInt32() => (uint)NextUInt64();

    /// <summary>A number from 0 up to but not including <paramref name="bound"/>.</summary>
    public int Next(int bound) => (int)((ulong)NextUInt32() * (uint)bound >> 32);

    /// <summary>The keyed hash of three words.</summary>
    public ulong Hash(ulong first, ulong second, ulong third)
    {
        var v0 = key0 ^ 0x736F6D6570736575;
        var v1 = key1 ^ 0x646F72616E646F6D;
        var v2 = key0 ^ 0x6C7967656E657261;
        var v3 = key1 ^ 0x7465646279746573;
        Absorb(first, ref v0, ref v1, ref v2, ref v3);
        Absorb(second, ref v0, ref v1, ref v2, ref v3);
        Absorb(third, ref v0, ref v1, ref v2, ref v3);
        return Finish(3, v0, v1, v2, v3);
    }

    /// <summary>The keyed hash of any number of words up to 31.</summary>
    public ulong Hash(params ReadOnlySpan<ulong> words)
    {
        var v0 = key0 ^ 0x736F6D6570736575;
        var v1 = key1 ^ 0x646F72616E646F6D;
        var v2 = key0 ^ 0x6C7967656E657261;
        var v3 = key1 ^ 0x7465646279746573;
        foreach (var word in words)
        {
            Absorb(word, ref v0, ref v1, ref v2, ref v3);
        }

        return Finish(words.Length, v0, v1, v2, v3);
    }

    private static ulong Finish(int words, ulong v0, ulong v1, ulong v2, ulong v3)
    {
        Absorb((ulong)(words * sizeof(ulong)) << 56, ref v0, ref v1, ref v2, ref v3);
        v2 ^= 0xFF;
        for (var i = 0; i < 4; i++)
        {
            Round(ref v0, ref v1, ref v2, ref v3);
        }

        return v0 ^ v1 ^ v2 ^ v3;
    }

    private static void Absorb(ulong word, ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v3 ^= word;
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= word;
    }

    private static void Round(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v0 += v1;
        v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
        v0 = BitOperations.RotateLeft(v0, 32);
        v2 += v3;
        v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
        v0 += v3;
        v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
        v2 += v1;
        v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
        v2 = BitOperations.RotateLeft(v2, 32);
    }
}
