using System.Buffers.Text;
using Millrace.Sockets;

namespace HttpAppliance.Http;

/// <summary>
/// Bytes on their way into a send buffer. What the socket does not accept stays here, so that nothing has to be made twice.
/// </summary>
internal sealed class OutputBuffer(int capacity)
{
    private readonly byte[] buffer = new byte[capacity];
    private int start;
    private int end;

    public int Length => end - start;

    /// <summary>Bytes that can be appended.</summary>
    public int Room => buffer.Length - Length;

    public void Clear() => start = end = 0;

    /// <summary>Gives <paramref name="count"/> bytes at most to write in place; <see cref="Advance"/> appends them.</summary>
    public Span<byte> Reserve(int count)
    {
        Compact();
        return buffer.AsSpan(end, Math.Min(count, buffer.Length - end));
    }

    public void Advance(int count) => end += count;

    /// <exception cref="ArgumentException">There is not enough <see cref="Room"/>.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        Compact();
        bytes.CopyTo(buffer.AsSpan(end));
        end += bytes.Length;
    }

    public void AppendNumber(long number, char format = 'D')
    {
        Compact();
        if (!Utf8Formatter.TryFormat(number, buffer.AsSpan(end), out var written, format))
        {
            throw new ArgumentException("The number does not fit the output buffer.");
        }

        end += written;
    }

    /// <summary>Writes as much as the socket takes.</summary>
    /// <returns>
    /// Whether nothing is left. If something is, the write was cut short and <see cref="ITcpHandler.Writable"/> follows.
    /// </returns>
    public bool Flush(TcpSocket socket)
    {
        if (start < end)
        {
            start += socket.Write(buffer.AsSpan(start, end - start));
        }

        if (start < end)
        {
            return false;
        }

        start = end = 0;
        return true;
    }

    private void Compact()
    {
        if (start > 0)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            end -= start;
            start = 0;
        }
    }
}
