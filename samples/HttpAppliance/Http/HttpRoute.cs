namespace HttpAppliance.Http;

internal enum RouteKind : byte
{
    NotFound,
    Page,
    Bytes,
    BytesDigest,
    Echo,
    Upload,
}

/// <summary>What a request target names here.</summary>
/// <param name="Count">Bytes asked for, where the kind has a number.</param>
internal readonly record struct HttpRoute(RouteKind Kind, long Count)
{
    /// <summary>The most bytes that <c>/bytes/N</c> gives: 1 PiB.</summary>
    public const long MaximumCount = 1L << 50;

    public bool Allows(RequestMethod method) => Kind is RouteKind.Echo or RouteKind.Upload
        ? method == RequestMethod.Post
        : method is RequestMethod.Get or RequestMethod.Head;

    /// <summary>The methods for an Allow field.</summary>
    public ReadOnlySpan<byte> Allowed => Kind is RouteKind.Echo or RouteKind.Upload ? "POST"u8 : "GET, HEAD"u8;

    public static HttpRoute Find(ReadOnlySpan<byte> target)
    {
        var path = PathOf(target);
        if (path.SequenceEqual("/"u8))
        {
            return new HttpRoute(RouteKind.Page, 0);
        }

        if (path.SequenceEqual("/echo"u8))
        {
            return new HttpRoute(RouteKind.Echo, 0);
        }

        if (path.SequenceEqual("/upload"u8))
        {
            return new HttpRoute(RouteKind.Upload, 0);
        }

        return path.StartsWith("/bytes/"u8) ? FindBytes(path["/bytes/"u8.Length..]) : default;
    }

    private static HttpRoute FindBytes(ReadOnlySpan<byte> rest)
    {
        var kind = RouteKind.Bytes;
        if (rest.EndsWith("/sha256"u8))
        {
            kind = RouteKind.BytesDigest;
            rest = rest[..^"/sha256"u8.Length];
        }

        return HttpText.TryReadNumber(rest, out var count) && count <= MaximumCount ? new HttpRoute(kind, count) : default;
    }

    /// <summary>The path of an origin-form or absolute-form target (RFC 9112 §3.2), without its query.</summary>
    private static ReadOnlySpan<byte> PathOf(ReadOnlySpan<byte> target)
    {
        if (target.StartsWith("http://"u8))
        {
            var authority = target["http://"u8.Length..];
            var slash = authority.IndexOf((byte)'/');
            target = slash < 0 ? "/"u8 : authority[slash..];
        }

        var query = target.IndexOf((byte)'?');
        return query < 0 ? target : target[..query];
    }
}
