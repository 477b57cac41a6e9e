using System.Text;

namespace HttpAppliance.Http;

internal enum RequestMethod : byte
{
    Get,
    Head,
    Post,

    /// <summary>A method that HTTP knows and nothing here offers.</summary>
    Other,
}

internal enum ReadStatus : byte
{
    NeedMore,
    Complete,

    /// <summary>The message cannot be served; an error status says why.</summary>
    Failed,
}

/// <summary>
/// Reads the head of a request (RFC 9112 §2 to §6) out of whatever pieces it arrives in. Reading stops at the first error,
/// and at <see cref="Capacity"/> bytes: no input makes it take more memory or throw.
/// </summary>
internal sealed class RequestReader
{
    /// <summary>Bytes of a request line with its fields; beyond it the answer is 414 or 431.</summary>
    public const int Capacity = 8192;

    private readonly byte[] buffer = new byte[Capacity];
    private int length;
    private int lineStart;
    private int targetStart;
    private int targetLength;
    private int hostCount;
    private bool hasRequestLine;
    private bool hasTransferEncoding;
    private bool wantsClose;
    private bool wantsKeepAlive;

    public RequestMethod Method { get; private set; }

    /// <summary>The request target as it was sent.</summary>
    public ReadOnlySpan<byte> Target => buffer.AsSpan(targetStart, targetLength);

    /// <summary>0 for HTTP/1.0, otherwise 1 (a higher minor version is answered as 1.1).</summary>
    public int MinorVersion { get; private set; }

    /// <summary>Bytes of the body, or -1 if the request does not say.</summary>
    public long ContentLength { get; private set; }

    public bool IsChunked { get; private set; }

    public bool ExpectsContinue { get; private set; }

    /// <summary>Whether the connection outlives the response (RFC 9112 §9.3).</summary>
    public bool IsKeepAlive => !wantsClose && (MinorVersion > 0 || wantsKeepAlive);

    /// <summary>The status to answer with after <see cref="ReadStatus.Failed"/>.</summary>
    public int Error { get; private set; }

    /// <summary>Whether nothing of a request has arrived yet.</summary>
    public bool IsIdle => length == 0;

    public void Reset()
    {
        length = lineStart = targetStart = targetLength = hostCount = 0;
        hasRequestLine = hasTransferEncoding = wantsClose = wantsKeepAlive = false;
        Method = RequestMethod.Get;
        MinorVersion = 1;
        ContentLength = -1;
        IsChunked = ExpectsContinue = false;
        Error = 0;
    }

    /// <param name="consumed">Bytes of the source that belong to the head; what follows is body, or the next request.</param>
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
                return Fail(hasRequestLine ? 431 : 414);
            }

            rest[..count].CopyTo(buffer.AsSpan(length));
            length += count;
            consumed += count;
            if (end < 0)
            {
                break;
            }

            var status = ReadLine();
            if (status != ReadStatus.NeedMore)
            {
                return status;
            }
        }

        return ReadStatus.NeedMore;
    }

    private ReadStatus ReadLine()
    {
        // RFC 9112 §2.2: a lone LF may end a line.
        var line = buffer.AsSpan(lineStart, length - lineStart - 1);
        if (line.EndsWith((byte)'\r'))
        {
            line = line[..^1];
        }

        if (!hasRequestLine)
        {
            // RFC 9112 §2.2: empty lines before a request are ignored.
            var error = line.IsEmpty ? 0 : ReadRequestLine(line);
            hasRequestLine = !line.IsEmpty;
            lineStart = hasRequestLine ? length : 0;
            length = lineStart;
            return error == 0 ? ReadStatus.NeedMore : Fail(error);
        }

        if (line.IsEmpty)
        {
            var error = Validate();
            return error == 0 ? ReadStatus.Complete : Fail(error);
        }

        var fieldError = ReadField(line);
        lineStart = length;
        return fieldError == 0 ? ReadStatus.NeedMore : Fail(fieldError);
    }

    private int ReadRequestLine(ReadOnlySpan<byte> line)
    {
        var methodEnd = line.IndexOf((byte)' ');
        var targetEnd = line.LastIndexOf((byte)' ');
        if (methodEnd <= 0 || targetEnd <= methodEnd + 1)
        {
            return 400;
        }

        var target = line[(methodEnd + 1)..targetEnd];
        var version = line[(targetEnd + 1)..];
        if (!HttpText.IsToken(line[..methodEnd]) || target.ContainsAnyExceptInRange((byte)0x21, (byte)0x7E))
        {
            return 400;
        }

        if (version.Length != 8 || !version.StartsWith("HTTP/"u8) || version[6] != '.'
            || !char.IsAsciiDigit((char)version[5]) || !char.IsAsciiDigit((char)version[7]))
        {
            return 400;
        }

        targetStart = lineStart + methodEnd + 1;
        targetLength = target.Length;
        MinorVersion = version[7] == '0' ? 0 : 1;
        return version[5] != '1' ? 505 : ReadMethod(line[..methodEnd]);
    }

    private int ReadMethod(ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual("GET"u8))
        {
            Method = RequestMethod.Get;
        }
        else if (name.SequenceEqual("HEAD"u8))
        {
            Method = RequestMethod.Head;
        }
        else if (name.SequenceEqual("POST"u8))
        {
            Method = RequestMethod.Post;
        }
        else if (name.SequenceEqual("PUT"u8) || name.SequenceEqual("DELETE"u8) || name.SequenceEqual("OPTIONS"u8)
            || name.SequenceEqual("PATCH"u8) || name.SequenceEqual("TRACE"u8) || name.SequenceEqual("CONNECT"u8))
        {
            Method = RequestMethod.Other;
        }
        else
        {
            return 501;
        }

        return 0;
    }

    private int ReadField(ReadOnlySpan<byte> line)
    {
        // A line that begins with white space is obsolete folding (RFC 9112 §5.2): no token, so 400.
        var colon = line.IndexOf((byte)':');
        if (colon <= 0 || !HttpText.IsToken(line[..colon]))
        {
            return 400;
        }

        var name = line[..colon];
        var value = line[(colon + 1)..].Trim(" \t"u8);
        if (!HttpText.IsFieldValue(value))
        {
            return 400;
        }

        if (Ascii.EqualsIgnoreCase(name, "Host"u8))
        {
            hostCount++;
        }
        else if (Ascii.EqualsIgnoreCase(name, "Content-Length"u8))
        {
            return ReadContentLength(value);
        }
        else if (Ascii.EqualsIgnoreCase(name, "Transfer-Encoding"u8))
        {
            return ReadTransferEncoding(value);
        }
        else if (Ascii.EqualsIgnoreCase(name, "Connection"u8))
        {
            wantsClose |= HttpText.ListContains(value, "close"u8);
            wantsKeepAlive |= HttpText.ListContains(value, "keep-alive"u8);
        }
        else if (Ascii.EqualsIgnoreCase(name, "Expect"u8))
        {
            ExpectsContinue = Ascii.EqualsIgnoreCase(value, "100-continue"u8);
            return ExpectsContinue ? 0 : 417;
        }

        return 0;
    }

    private int ReadContentLength(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty || value.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return 400;
        }

        if (!HttpText.TryReadNumber(value, out var number))
        {
            return 413;
        }

        // RFC 9112 §6.3: lengths that disagree could be read as two different messages.
        var disagrees = ContentLength >= 0 && ContentLength != number;
        ContentLength = number;
        return disagrees ? 400 : 0;
    }

    private int ReadTransferEncoding(ReadOnlySpan<byte> value)
    {
        if (hasTransferEncoding || !Ascii.EqualsIgnoreCase(value, "chunked"u8))
        {
            return 501;
        }

        hasTransferEncoding = IsChunked = true;
        return 0;
    }

    private int Validate()
    {
        if (hostCount > 1 || (hostCount == 0 && MinorVersion > 0))
        {
            return 400;
        }

        // RFC 9112 §6.1: both framings at once, or chunks from an HTTP/1.0 client, are how requests are smuggled.
        return IsChunked && (ContentLength >= 0 || MinorVersion == 0) ? 400 : 0;
    }

    private ReadStatus Fail(int status)
    {
        Error = status;
        return ReadStatus.Failed;
    }
}
