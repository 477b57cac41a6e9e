using System.Text;
using HttpAppliance.Http;

namespace HttpAppliance.Fetch;

/// <summary>Reads the head of a response (RFC 9112 §4) out of whatever pieces it arrives in.</summary>
internal sealed class ResponseReader
{
    public const int Capacity = 4096;

    private readonly byte[] buffer = new byte[Capacity];
    private int length;
    private int lineStart;
    private bool hasStatusLine;

    public int Status { get; private set; }

    /// <summary>Bytes of the body, or -1 if the response does not say.</summary>
    public long ContentLength { get; private set; } = -1;

    public void Reset()
    {
        length = lineStart = 0;
        hasStatusLine = false;
        Status = 0;
        ContentLength = -1;
    }

    /// <param name="consumed">Bytes of the source that belong to the head.</param>
    public ReadStatus Read(ReadOnlySpan<byte> source, out int consumed)
    {
        consumed = 0;
        while (consumed < source.Length)
        {
            var rest = source[consumed..];
            var end = rest.IndexOf((byte)'\n');
            var count = end < 0 ? rest.Length : end + 1;
            if (count > Capacity - length)
            {
                return ReadStatus.Failed;
            }

            rest[..count].CopyTo(buffer.AsSpan(length));
            length += count;
            consumed += count;
            if (end < 0)
            {
                break;
            }

            var line = buffer.AsSpan(lineStart, length - lineStart - 1).TrimEnd((byte)'\r');
            lineStart = length;
            if (hasStatusLine && line.IsEmpty)
            {
                return ReadStatus.Complete;
            }

            if (!(hasStatusLine ? ReadField(line) : ReadStatusLine(line)))
            {
                return ReadStatus.Failed;
            }

            hasStatusLine = true;
        }

        return ReadStatus.NeedMore;
    }

    private bool ReadStatusLine(ReadOnlySpan<byte> line)
    {
        if (line.Length < 12 || !line.StartsWith("HTTP/1."u8) || !HttpText.TryReadNumber(line.Slice(9, 3), out var status))
        {
            return false;
        }

        Status = (int)status;
        return true;
    }

    private bool ReadField(ReadOnlySpan<byte> line)
    {
        var colon = line.IndexOf((byte)':');
        if (colon <= 0)
        {
            return false;
        }

        if (Ascii.EqualsIgnoreCase(line[..colon], "Content-Length"u8))
        {
            if (!HttpText.TryReadNumber(line[(colon + 1)..].Trim((byte)' '), out var number))
            {
                return false;
            }

            ContentLength = number;
        }

        return true;
    }
}
