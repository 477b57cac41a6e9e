namespace HttpAppliance.Http;

/// <summary>Finds the bytes of a message body in its framing: a length, or chunks (RFC 9112 §7.1). Copies nothing.</summary>
internal sealed class BodyReader
{
    /// <summary>Bytes of one chunk's size line, and of all trailer fields together.</summary>
    private const int MaximumLine = 4096;

    private Expected expected;
    private long remaining;
    private long maximumLength;
    private long total;
    private int lineLength;
    private bool hasDigits;

    private enum Expected : byte
    {
        Data,
        SizeDigits,
        SizeExtension,
        SizeLineFeed,
        DataReturn,
        DataLineFeed,
        TrailerStart,
        TrailerField,
        TrailerLineFeed,
        FinalLineFeed,
        Nothing,
    }

    private bool isChunked;

    /// <summary>The status to answer with after <see cref="ReadStatus.Failed"/>.</summary>
    public int Error { get; private set; }

    public void StartLength(long length)
    {
        isChunked = false;
        remaining = length;
        expected = length == 0 ? Expected.Nothing : Expected.Data;
        Error = 0;
    }

    /// <param name="maximumLength">Bytes of data over which the body is refused with 413.</param>
    public void StartChunked(long maximumLength)
    {
        isChunked = true;
        this.maximumLength = maximumLength;
        total = 0;
        Error = 0;
        ExpectSize();
    }

    /// <summary>Goes on through framing to at most one run of data.</summary>
    /// <param name="maximumData">Bytes of data that can be taken now.</param>
    /// <param name="consumed">Bytes of the source that are dealt with, the data among them.</param>
    /// <param name="data">The data, a part of the source, perhaps empty.</param>
    public ReadStatus Read(ReadOnlySpan<byte> source, int maximumData, out int consumed, out ReadOnlySpan<byte> data)
    {
        consumed = 0;
        data = default;
        while (expected != Expected.Nothing)
        {
            if (expected == Expected.Data)
            {
                var count = (int)Math.Min(remaining, Math.Min(source.Length - consumed, maximumData));
                data = source.Slice(consumed, count);
                consumed += count;
                remaining -= count;
                if (remaining == 0)
                {
                    expected = isChunked ? Expected.DataReturn : Expected.Nothing;
                }

                break;
            }

            if (consumed == source.Length)
            {
                return ReadStatus.NeedMore;
            }

            Error = ReadFraming(source[consumed++]);
            if (Error != 0)
            {
                return ReadStatus.Failed;
            }
        }

        return expected == Expected.Nothing ? ReadStatus.Complete : ReadStatus.NeedMore;
    }

    private int ReadFraming(byte value)
    {
        if (++lineLength > MaximumLine)
        {
            return 431;
        }

        switch (expected)
        {
            case Expected.SizeDigits:
                return ReadSize(value);

            case Expected.SizeExtension:
                expected = value == '\r' ? Expected.SizeLineFeed : Expected.SizeExtension;
                return value == '\n' ? 400 : 0;

            case Expected.SizeLineFeed:
                lineLength = 0;
                total += remaining;
                expected = remaining > 0 ? Expected.Data : Expected.TrailerStart;
                return value != '\n' ? 400 : total > maximumLength ? 413 : 0;

            case Expected.DataReturn:
                expected = Expected.DataLineFeed;
                return value == '\r' ? 0 : 400;

            case Expected.DataLineFeed:
                ExpectSize();
                return value == '\n' ? 0 : 400;

            case Expected.TrailerStart:
                expected = value == '\r' ? Expected.FinalLineFeed : Expected.TrailerField;
                return value == '\n' ? 400 : 0;

            case Expected.TrailerField:
                expected = value == '\r' ? Expected.TrailerLineFeed : Expected.TrailerField;
                return value == '\n' ? 400 : 0;

            case Expected.TrailerLineFeed:
                expected = Expected.TrailerStart;
                return value == '\n' ? 0 : 400;

            default: // FinalLineFeed
                expected = Expected.Nothing;
                return value == '\n' ? 0 : 400;
        }
    }

    private int ReadSize(byte value)
    {
        var digit = HttpText.HexDigit(value);
        if (digit >= 0)
        {
            hasDigits = true;
            remaining = (remaining << 4) | (uint)digit;
            return remaining > maximumLength ? 413 : 0;
        }

        expected = value == '\r' ? Expected.SizeLineFeed : Expected.SizeExtension;
        return hasDigits && value is (byte)'\r' or (byte)';' or (byte)' ' or (byte)'\t' ? 0 : 400;
    }

    private void ExpectSize()
    {
        expected = Expected.SizeDigits;
        remaining = 0;
        lineLength = 0;
        hasDigits = false;
    }
}
