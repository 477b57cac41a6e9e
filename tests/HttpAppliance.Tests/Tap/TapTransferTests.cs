using System.Security.Cryptography;
using HttpAppliance.Http;
using Millrace.Nics;
using Millrace.Tests;

namespace HttpAppliance.Tests.Tap;

public sealed class TapTransferTests
{
    [Theory]
    [InlineData(256 << 20, false)]
    [InlineData(32 << 20, true)]
    public void Curl_downloads_what_the_server_made(int length, bool loses)
    {
        Requires.Tool("curl");
        using var world = World(loses);
        Assert.Equal(DigestOf(length), world.Shell($"curl -sS http://10.0.0.2/bytes/{length} | sha256sum | cut -d ' ' -f 1"));
        world.Stop();
    }

    [Theory]
    [InlineData(256 << 20, false)]
    [InlineData(32 << 20, true)]
    public void Curl_uploads_and_gets_the_digest_of_what_it_sent(int length, bool loses)
    {
        Requires.Tool("curl");
        using var world = World(loses);
        using var file = new GeneratedFile(length);
        Assert.Equal(DigestOf(length), world.Shell($"curl -sS -X POST -T {file.Path} http://10.0.0.2/upload"));
        world.Stop();
    }

    [Fact]
    public void An_echo_returns_what_was_sent()
    {
        Requires.Tool("curl");
        const int length = 16 << 20;
        using var world = World(loses: false);
        using var file = new GeneratedFile(length);
        Assert.Equal(
            DigestOf(length),
            world.Shell($"curl -sS -X POST -T {file.Path} http://10.0.0.2/echo | sha256sum | cut -d ' ' -f 1"));
        Assert.Equal(
            DigestOf(length),
            world.Shell($"curl -sS -X POST -H 'Transfer-Encoding: chunked' -T {file.Path} http://10.0.0.2/echo | sha256sum | cut -d ' ' -f 1"));
        world.Stop();
    }

    [Fact]
    public void The_server_digests_what_it_would_send()
    {
        Requires.Tool("curl");
        using var world = World(loses: false);
        Assert.Equal(DigestOf(64 << 20), world.Shell("curl -sS http://10.0.0.2/bytes/67108864/sha256"));
        Assert.Equal("404", world.Shell("curl -s -o /dev/null -w '%{http_code}' http://10.0.0.2/nothing"));
        Assert.Contains("declared network stack", world.Shell("curl -sS http://10.0.0.2/"), StringComparison.Ordinal);
        world.Stop();
    }

    private static KernelAndServer World(bool loses) =>
        new(impairments: loses ? new ImpairmentOptions { Loss = 0.02, Seed = 3 } : null);

    private static string DigestOf(long length)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var block = new byte[1 << 20];
        for (long position = 0; position < length; position += block.Length)
        {
            var piece = block.AsSpan(0, (int)Math.Min(block.Length, length - position));
            GeneratedBytes.Fill(piece, position);
            hash.AppendData(piece);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private sealed class GeneratedFile : IDisposable
    {
        public GeneratedFile(int length)
        {
            using var file = File.Create(Path);
            var block = new byte[1 << 20];
            for (var position = 0; position < length; position += block.Length)
            {
                GeneratedBytes.Fill(block, position);
                file.Write(block, 0, Math.Min(block.Length, length - position));
            }
        }

        public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), System.IO.Path.GetRandomFileName());

        public void Dispose() => File.Delete(Path);
    }
}
