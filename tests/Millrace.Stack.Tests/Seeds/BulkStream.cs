namespace Millrace.Stack.Tests.Seeds;

/// <summary>Bytes that depend on their position and on which stream they are of, so that a shift, a swap or a mix-up is seen.</summary>
internal static class BulkStream
{
    public static byte At(long position, int stream) =>
        (byte)((position * 31) ^ (position >> 8) ^ (position >> 16) * 7 ^ stream * 101);

    public static void Fill(Span<byte> destination, long position, int stream)
    {
        for (var i = 0; i < destination.Length; i++)
        {
            destination[i] = At(position + i, stream);
        }
    }

    /// <returns>The index of the first byte that is not the stream's, or -1.</returns>
    public static int FirstWrong(ReadOnlySpan<byte> data, long position, int stream)
    {
        for (var i = 0; i < data.Length; i++)
        {
            if (data[i] != At(position + i, stream))
            {
                return i;
            }
        }

        return -1;
    }
}
