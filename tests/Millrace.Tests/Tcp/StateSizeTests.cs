using System.Runtime.CompilerServices;
using Millrace.Tcp;

namespace Millrace.Tests.Tcp;

public sealed class StateSizeTests
{
    [Fact]
    public void A_connection_is_five_cache_lines_and_TIME_WAIT_one()
    {
        // the size in [StructLayout] is the least it has: a field too many makes it longer
        Assert.Equal(TcpConnection.Length, Unsafe.SizeOf<TcpConnection>());
        Assert.Equal(TimeWaitEntry.Length, Unsafe.SizeOf<TimeWaitEntry>());
        Assert.Equal(0, TcpConnection.Length % 64);
        Assert.Equal(64, TimeWaitEntry.Length);
    }

    [Theory]
    [InlineData(10_000)]
    [InlineData(100_000)]
    [InlineData(1_000_000)]
    public void An_idle_endpoint_takes_no_more_than_400_bytes_whatever_their_number(int connections)
    {
        var choice = new TcpChoice { MaxTimeWaitBuckets = 1024 };
        using var host = new TcpHost(TcpWire.ServerAddress, 1, choice, new TestApplication { Port = 80, Connections = connections, Backlog = 128 });

        // what a handler of a reference costs is the application's
        Assert.InRange((double)host.Tcp.ReservedBytes / connections, 320, 400 - 8);
    }
}
