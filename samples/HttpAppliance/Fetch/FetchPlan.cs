using System.Text;
using HttpAppliance.Http;

namespace HttpAppliance.Fetch;

/// <summary>What the client's connection is to fetch, and how far it is. Progress may be read from other threads.</summary>
public sealed class FetchPlan
{
    private readonly FetchTarget[] targets;
    private int index;
    private long position;
    private long verified;

    public FetchPlan(long fileLength) => targets =
    [
        new FetchTarget("/", WelcomePage.Content, WelcomePage.Content.Length),
        new FetchTarget($"/bytes/{fileLength}", null, fileLength),
    ];

    /// <summary>Bytes of bodies in all.</summary>
    public long TotalLength => targets.Sum(target => target.Length);

    /// <summary>Bytes of bodies that came and were right.</summary>
    public long VerifiedBytes => Volatile.Read(ref verified);

    /// <summary>What went wrong, or null.</summary>
    public string? Failure { get; private set; }

    /// <summary>Whether every target came whole and right.</summary>
    public bool IsComplete => index == targets.Length && Failure is null;

    /// <summary>Whether the connection is gone.</summary>
    public bool IsClosed { get; set; }

    /// <summary>The request for the target whose turn it is; empty if there is none left.</summary>
    public ReadOnlySpan<byte> Request => index < targets.Length ? targets[index].Request : default;

    /// <summary>Judges the head of the response to <see cref="Request"/>.</summary>
    /// <returns>False, with <see cref="Failure"/> set, if it is not what was asked for.</returns>
    public bool Accept(int status, long contentLength)
    {
        var target = targets[index];
        if (status != 200 || contentLength != target.Length)
        {
            Fail($"{target.Path} was answered with status {status} and {contentLength} bytes instead of 200 and {target.Length}");
        }

        position = 0;
        return Failure is null;
    }

    /// <summary>Compares bytes of the body with what they must be.</summary>
    /// <returns>How many of them belong to this body; fewer than given if the body ends before.</returns>
    public int Verify(ReadOnlySpan<byte> data)
    {
        var target = targets[index];
        var count = (int)Math.Min(data.Length, target.Length - position);
        var difference = target.FirstDifference(data[..count], position);
        if (difference >= 0)
        {
            Fail($"{target.Path} differs at byte {position + difference}");
            return count;
        }

        position += count;
        Volatile.Write(ref verified, verified + count);
        return count;
    }

    /// <summary>Goes on to the next target if the body of this one is whole.</summary>
    public bool TryFinishTarget()
    {
        if (position < targets[index].Length)
        {
            return false;
        }

        index++;
        return true;
    }

    public void Fail(string reason) => Failure ??= reason;

    private sealed class FetchTarget(string path, byte[]? content, long length)
    {
        public string Path { get; } = path;

        public long Length { get; } = length;

        public byte[] Request { get; } = Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: appliance\r\n\r\n");

        public int FirstDifference(ReadOnlySpan<byte> data, long position)
        {
            if (content is null)
            {
                return GeneratedBytes.FirstDifference(data, position);
            }

            var common = data.CommonPrefixLength(content.AsSpan((int)position));
            return common == data.Length ? -1 : common;
        }
    }
}
