namespace HttpAppliance.Http;

/// <summary>Writes heads of responses (RFC 9112 §4). No Date: nothing in the loop has a calendar (RFC 9110 §6.6.1).</summary>
internal static class ResponseHead
{
    /// <summary>More bytes than any head written here has.</summary>
    public const int MaximumLength = 512;

    /// <param name="contentLength">Bytes of the body, or -1 for a chunked one.</param>
    public static void Write(
        OutputBuffer output, int status, ReadOnlySpan<byte> contentType, long contentLength, bool isKeepAlive, ReadOnlySpan<byte> allow = default)
    {
        output.Append("HTTP/1.1 "u8);
        output.AppendNumber(status);
        output.Append(" "u8);
        output.Append(ReasonOf(status));
        output.Append("\r\nServer: Millrace\r\nContent-Type: "u8);
        output.Append(contentType);
        if (contentLength >= 0)
        {
            output.Append("\r\nContent-Length: "u8);
            output.AppendNumber(contentLength);
        }
        else
        {
            output.Append("\r\nTransfer-Encoding: chunked"u8);
        }

        if (!allow.IsEmpty)
        {
            output.Append("\r\nAllow: "u8);
            output.Append(allow);
        }

        // An HTTP/1.0 client that asked for it must be told that the connection stays; others expect it.
        output.Append(isKeepAlive ? "\r\nConnection: keep-alive\r\n\r\n"u8 : "\r\nConnection: close\r\n\r\n"u8);
    }

    public static ReadOnlySpan<byte> ReasonOf(int status) => status switch
    {
        200 => "OK"u8,
        400 => "Bad Request"u8,
        404 => "Not Found"u8,
        405 => "Method Not Allowed"u8,
        411 => "Length Required"u8,
        413 => "Content Too Large"u8,
        414 => "URI Too Long"u8,
        417 => "Expectation Failed"u8,
        431 => "Request Header Fields Too Large"u8,
        501 => "Not Implemented"u8,
        505 => "HTTP Version Not Supported"u8,
        _ => "Error"u8,
    };
}
