namespace Millrace.Taps;

/// <summary>
/// A ring of bytes from the one thread that runs the stack to whoever writes them away. What is written is seen by the reader
/// at <see cref="Flush"/>, so that it never sees half a block; whoever writes has looked for room before.
/// </summary>
internal sealed class TapBuffer(int length) : Stream
{
    private readonly byte[] ring = new byte[length];
    private readonly Lock reading = new();
    private long written;
    private long published;
    private long read;

    /// <summary>Bytes that can be written.</summary>
    public int Room => ring.Length - (int)(written - Volatile.Read(ref read));

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (buffer.Length > Room)
        {
            throw new InvalidOperationException("The buffer of a tap has less room than was looked for.");
        }

        var start = (int)(written % ring.Length);
        var first = Math.Min(buffer.Length, ring.Length - start);
        buffer[..first].CopyTo(ring.AsSpan(start));
        buffer[first..].CopyTo(ring);
        written += buffer.Length;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() => Volatile.Write(ref published, written);

    /// <summary>Hands everything that was flushed to a stream; several threads take turns.</summary>
    public void DrainTo(Stream stream)
    {
        lock (reading)
        {
            for (var left = Volatile.Read(ref published) - read; left > 0;)
            {
                var start = (int)(read % ring.Length);
                var count = (int)Math.Min(left, ring.Length - start);
                stream.Write(ring, start, count);
                Volatile.Write(ref read, read + count);
                left -= count;
            }

            stream.Flush();
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
