using System.Security.Cryptography;
using Millrace.Sockets;

namespace HttpAppliance.Http;

/// <summary>
/// Requests and responses of one connection, one after another. Every event of the connection comes down to
/// <see cref="Pump"/>, which goes on for as long as there is something to read, to make or to write; it stops when the send
/// buffer is full, and then reads nothing more, so that the peer's own sending comes to rest.
/// </summary>
internal sealed partial class HttpExchange(HttpSite site)
{
    private const int OutputLength = 16 * 1024;

    /// <summary>A chunk of an echo: its size line and the line end after it.</summary>
    private const int ChunkOverhead = 16;

    /// <summary>Bytes read and thrown away after an error before the connection is reset.</summary>
    private const int MaximumDrained = 16 << 20;

    private readonly RequestReader request = new();
    private readonly BodyReader body = new();
    private readonly OutputBuffer output = new(OutputLength);
    private IncrementalHash? hash;
    private ReadOnlyMemory<byte> text;
    private long generated;
    private long generatedEnd;
    private int drained;
    private Phase phase;
    private BodySink sink;
    private bool isKeepAlive;
    private bool isHead;

    private enum Phase : byte
    {
        /// <summary>Reading the head of a request.</summary>
        Head,

        /// <summary>Reading the body of a request.</summary>
        Body,

        /// <summary>The body of a response is being made.</summary>
        Responding,

        /// <summary>The response waits for its digest.</summary>
        Digesting,

        /// <summary>Everything is said: what still comes is thrown away until the peer closes.</summary>
        Draining,

        /// <summary>The connection was reset.</summary>
        Aborted,
    }

    private enum BodySink : byte
    {
        Hash,
        Echo,
        EchoChunked,
    }

    public TcpSocketId Id { get; private set; }

    /// <summary>Where it stands in the site's list.</summary>
    public int Place { get; set; }

    /// <summary>When something last moved, in nanoseconds of the stack's clock.</summary>
    public long ActiveAt { get; private set; }

    public bool IsDigesting => phase == Phase.Digesting;

    public bool IsInDigestQueue { get; set; }

    public long DigestRemaining => generatedEnd - generated;

    public void Start(TcpSocketId id, int place)
    {
        Id = id;
        Place = place;
        ActiveAt = site.Now;
        drained = 0;
        request.Reset();
        body.StartLength(0);
        phase = Phase.Head;
    }

    public void Stop()
    {
        Id = TcpSocketId.None;
        phase = Phase.Aborted;
        output.Clear();
        text = default;
        if (hash is not null)
        {
            Span<byte> unused = stackalloc byte[SHA256.HashSizeInBytes];
            hash.GetHashAndReset(unused);
        }
    }

    public void Pump(TcpSocket socket)
    {
        ActiveAt = site.Now;
        while (phase != Phase.Aborted)
        {
            if (!output.Flush(socket))
            {
                return;
            }

            var goesOn = phase switch
            {
                Phase.Head => ReadHead(socket),
                Phase.Body => ReadBody(socket),
                Phase.Responding => MakeBody(socket),
                Phase.Draining => Drain(socket),
                _ => false,
            };
            if (!goesOn)
            {
                return;
            }
        }
    }

    /// <summary>Hashes one block of what the digest is of.</summary>
    public void Digest(Span<byte> block)
    {
        var piece = block[..(int)Math.Min(block.Length, DigestRemaining)];
        GeneratedBytes.Fill(piece, generated);
        hash!.AppendData(piece);
        generated += piece.Length;
        ActiveAt = site.Now;
    }

    public void CompleteDigest(TcpSocket socket)
    {
        AnswerDigest();
        Pump(socket);
    }

    private bool ReadHead(TcpSocket socket)
    {
        var piece = socket.Peek();
        if (piece.IsEmpty)
        {
            if (socket.IsPeerClosed)
            {
                FinishConnection(socket);
            }

            return phase != Phase.Head;
        }

        var status = request.Read(piece, out var consumed);
        socket.Consume(consumed);
        switch (status)
        {
            case ReadStatus.Failed:
                isHead = false;
                Refuse(request.Error);
                break;

            case ReadStatus.Complete:
                isKeepAlive = request.IsKeepAlive;
                isHead = request.Method == RequestMethod.Head;
                Answer(HttpRoute.Find(request.Target));
                break;
        }

        return true;
    }

    private void Answer(HttpRoute route)
    {
        if (route.Kind == RouteKind.NotFound || !route.Allows(request.Method))
        {
            Refuse(route.Kind == RouteKind.NotFound ? 404 : 405, route.Kind == RouteKind.NotFound ? default : route.Allowed);
            return;
        }

        if (request.Method == RequestMethod.Post)
        {
            AcceptBody(route.Kind);
            return;
        }

        if (request.ContentLength > 0 || request.IsChunked)
        {
            // A body on GET has no meaning here (RFC 9110 §9.3.1); reading on would take it for the next request.
            isKeepAlive = false;
        }

        switch (route.Kind)
        {
            case RouteKind.Page:
                Respond(200, "text/html; charset=utf-8"u8, WelcomePage.Content);
                break;

            case RouteKind.Bytes:
                WriteHead(200, "application/octet-stream"u8, route.Count);
                (generated, generatedEnd) = isHead ? (0, 0) : (0, route.Count);
                phase = Phase.Responding;
                break;

            case RouteKind.BytesDigest when isHead:
                WriteHead(200, "text/plain"u8, 2 * SHA256.HashSizeInBytes + 1);
                phase = Phase.Responding;
                break;

            case RouteKind.BytesDigest:
                hash ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
                (generated, generatedEnd) = (0, route.Count);
                phase = Phase.Digesting;
                site.Digests.Enqueue(this);
                break;
        }
    }

    private void AcceptBody(RouteKind kind)
    {
        if (request.ContentLength < 0 && !request.IsChunked)
        {
            Refuse(411);
            return;
        }

        if (request.ContentLength > HttpSite.MaximumBody)
        {
            Refuse(413);
            return;
        }

        if (request.IsChunked)
        {
            body.StartChunked(HttpSite.MaximumBody);
        }
        else
        {
            body.StartLength(request.ContentLength);
        }

        // An HTTP/1.0 client must not be sent an interim response (RFC 9110 §10.1.1).
        if (request.ExpectsContinue && request.MinorVersion > 0)
        {
            output.Append("HTTP/1.1 100 Continue\r\n\r\n"u8);
        }

        if (kind == RouteKind.Upload)
        {
            hash ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            sink = BodySink.Hash;
        }
        else
        {
            sink = request.IsChunked ? BodySink.EchoChunked : BodySink.Echo;
            WriteHead(200, "application/octet-stream"u8, request.ContentLength);
        }

        phase = Phase.Body;
    }

    private bool ReadBody(TcpSocket socket)
    {
        var maximum = sink == BodySink.Hash ? int.MaxValue : output.Room - ChunkOverhead;
        var piece = socket.Peek();
        var status = body.Read(piece, maximum, out var consumed, out var data);
        if (!data.IsEmpty)
        {
            Take(data);
        }

        socket.Consume(consumed);
        switch (status)
        {
            case ReadStatus.Complete:
                CompleteBody();
                return true;

            case ReadStatus.Failed when sink == BodySink.Hash:
                Refuse(body.Error);
                return true;

            case ReadStatus.Failed:
            case ReadStatus.NeedMore when piece.IsEmpty && socket.IsPeerClosed:
                // A response has begun, or nobody waits for one: there is no other way to say that it is not whole.
                Abort(socket);
                return false;

            default:
                return consumed > 0;
        }
    }

    private void Take(ReadOnlySpan<byte> data)
    {
        switch (sink)
        {
            case BodySink.Hash:
                hash!.AppendData(data);
                break;

            case BodySink.Echo:
                output.Append(data);
                break;

            case BodySink.EchoChunked:
                output.AppendNumber(data.Length, 'x');
                output.Append("\r\n"u8);
                output.Append(data);
                output.Append("\r\n"u8);
                break;
        }
    }

    private void CompleteBody()
    {
        switch (sink)
        {
            case BodySink.Hash:
                AnswerDigest();
                return;

            case BodySink.EchoChunked:
                output.Append("0\r\n\r\n"u8);
                break;
        }

        (generated, generatedEnd) = (0, 0);
        phase = Phase.Responding;
    }

    private void FinishConnection(TcpSocket socket)
    {
        // RFC 9112 §9.6: closing at once would reset the connection under a response that the peer has not read yet.
        phase = Phase.Draining;
        socket.Shutdown();
    }

    private bool Drain(TcpSocket socket)
    {
        var count = socket.Peek().Length;
        socket.Consume(count);
        drained += count;
        if (drained > MaximumDrained)
        {
            Abort(socket);
            return false;
        }

        return count > 0;
    }

    private void Abort(TcpSocket socket)
    {
        phase = Phase.Aborted;
        socket.Abort();
    }
}
