using System.Security.Cryptography;
using Millrace.Sockets;

namespace HttpAppliance.Http;

/// <content>What is said: heads, errors, and bodies that are made as there is room.</content>
internal sealed partial class HttpExchange
{
    private void AnswerDigest()
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        hash!.GetHashAndReset(digest);
        WriteHead(200, "text/plain"u8, 2 * digest.Length + 1);
        var line = output.Reserve(2 * digest.Length + 1);
        Convert.TryToHexStringLower(digest, line, out _);
        line[^1] = (byte)'\n';
        output.Advance(line.Length);
        phase = Phase.Responding;
    }

    private bool MakeBody(TcpSocket socket)
    {
        if (!text.IsEmpty)
        {
            var count = Math.Min(text.Length, output.Room);
            output.Append(text.Span[..count]);
            text = text[count..];
            return true;
        }

        if (generated < generatedEnd)
        {
            var piece = output.Reserve((int)Math.Min(generatedEnd - generated, OutputLength));
            GeneratedBytes.Fill(piece, generated);
            output.Advance(piece.Length);
            generated += piece.Length;
            return true;
        }

        if (isKeepAlive)
        {
            request.Reset();
            phase = Phase.Head;
        }
        else
        {
            FinishConnection(socket);
        }

        return true;
    }

    /// <summary>An error response, after which the connection ends if what follows on it cannot be told.</summary>
    private void Refuse(int status, ReadOnlySpan<byte> allow = default)
    {
        var isFramed = request.Error == 0 && body.Error == 0 && request.ContentLength <= 0 && !request.IsChunked;
        isKeepAlive &= isFramed && status is 404 or 405;
        var reason = ResponseHead.ReasonOf(status);
        site.Responses[status / 100]++;
        ResponseHead.Write(output, status, "text/plain"u8, reason.Length + 1, isKeepAlive, allow);
        if (!isHead)
        {
            output.Append(reason);
            output.Append("\n"u8);
        }

        (generated, generatedEnd) = (0, 0);
        phase = Phase.Responding;
    }

    private void Respond(int status, ReadOnlySpan<byte> contentType, ReadOnlyMemory<byte> content)
    {
        WriteHead(status, contentType, content.Length);
        text = isHead ? default : content;
        (generated, generatedEnd) = (0, 0);
        phase = Phase.Responding;
    }

    private void WriteHead(int status, ReadOnlySpan<byte> contentType, long contentLength)
    {
        site.Responses[status / 100]++;
        ResponseHead.Write(output, status, contentType, contentLength, isKeepAlive);
    }
}
