namespace Millrace.Nics;

/// <summary>A stream read forwards through a buffer, with the place where it stands.</summary>
internal sealed class CaptureInput(Stream stream, bool leaveOpen) : IDisposable
{
    private readonly byte[] buffer = new byte[1 << 16];
    private int start;
    private int end;

    /// <summary>Bytes from where the stream stood at first.</summary>
    public long Position { get; private set; }

    /// <summary>Fills the destination, but for the end of the stream.</summary>
    /// <returns>Bytes written.</returns>
    public int Read(Span<byte> destination)
    {
        var total = 0;
        while (total < destination.Length && Fill())
        {
            var count = Math.Min(end - start, destination.Length - total);
            buffer.AsSpan(start, count).CopyTo(destination[total..]);
            start += count;
            total += count;
        }

        Position += total;
        return total;
    }

    /// <returns>Bytes passed over.</returns>
    public long Skip(long length)
    {
        long total = 0;
        while (total < length && Fill())
        {
            var count = (int)Math.Min(end - start, length - total);
            start += count;
            total += count;
        }

        Position += total;
        return total;
    }

    public void Dispose()
    {
        if (!leaveOpen)
        {
            stream.Dispose();
        }
    }

    private bool Fill()
    {
        if (start == end)
        {
            start = 0;
            end = stream.Read(buffer);
        }

        return end > start;
    }
}
