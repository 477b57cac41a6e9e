namespace SteeringLab.Traffic;

/// <summary>
/// The bytes of every flow, by their position. They repeat after a prime number of bytes, so no whole number of segments that
/// is lost, doubled or exchanged shifts a stream unseen; and flows begin at different places, so none can pass for another.
/// </summary>
internal static class StreamPattern
{
    /// <summary>Bytes that <see cref="At"/> can show at once.</summary>
    public const int MaximumLength = 16_384;

    private const int Period = 65_521;
    private const int FlowDistance = 127;
    private const int Multiplier = 16_777_619;

    private static readonly byte[] Bytes = Make();

    /// <summary>The bytes of a flow from a position on.</summary>
    /// <param name="length">At most <see cref="MaximumLength"/>.</param>
    public static ReadOnlySpan<byte> At(int flow, long position, int length) =>
        Bytes.AsSpan((int)((position + ((long)flow * FlowDistance)) % Period), length);

    public static bool IsRight(ReadOnlySpan<byte> piece, int flow, long position)
    {
        while (piece.Length > 0)
        {
            var length = Math.Min(piece.Length, MaximumLength);
            if (!piece[..length].SequenceEqual(At(flow, position, length)))
            {
                return false;
            }

            piece = piece[length..];
            position += length;
        }

        return true;
    }

    private static byte[] Make()
    {
        var bytes = new byte[Period + MaximumLength];
        var state = 1u;
        for (var i = 0; i < bytes.Length; i++)
        {
            state = unchecked((state ^ (uint)(i % Period)) * Multiplier);
            bytes[i] = i < Period ? (byte)(state >> 24) : bytes[i - Period];
        }

        return bytes;
    }
}
