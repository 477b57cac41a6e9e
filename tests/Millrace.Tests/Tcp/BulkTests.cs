using Millrace.Memory;
using Millrace.Sockets;

namespace Millrace.Tests.Tcp;

public sealed class BulkTests
{
    private const int Length = 150_000;

    [Theory]
    [InlineData(1, 0.0, 0.0, 0.0)]
    [InlineData(2, 0.02, 0.0, 0.0)]
    [InlineData(3, 0.1, 0.0, 0.0)]
    [InlineData(4, 0.0, 0.3, 0.0)]
    [InlineData(5, 0.0, 0.0, 0.3)]
    [InlineData(6, 0.05, 0.05, 0.1)]
    [InlineData(7, 0.2, 0.1, 0.3)]
    public void A_transfer_arrives_intact_whatever_the_wire_does(int seed, double loss, double duplication, double reordering)
    {
        foreach (var choice in Choices())
        {
            using var wire = new TcpWire(seed, choice) { Loss = loss, Duplication = duplication, Reordering = reordering };
            var sent = Pattern(seed);
            Pour(wire, sent);
            wire.Server.Application.OnPeerClosed = socket => socket.Close();
            wire.Connect();
            Assert.True(wire.Run(36_000_000, () => wire.Server.Application.Calls.Contains("Closed(Closed)") && wire.Client.Application.Calls.Contains("Closed(Closed)")),
                $"it does not end: {wire.Server.Application.Data.Count} bytes came");
            Assert.Equal(sent, wire.Server.Application.Data);
            wire.Run(120_000);
            wire.Client.AssertEmpty();
            wire.Server.AssertEmpty();
        }
    }

    private static IEnumerable<TcpChoice> Choices() =>
    [
        new TcpChoice(),
        new TcpChoice { MaxGsoSegments = 64 },
        new TcpChoice { Timestamps = false, WindowScaling = false },
        new TcpChoice { Rmem = new MemoryLimits(4096, 8192, 8192), ModerateReceiveBuffer = false },
    ];

    internal static byte[] Pattern(int seed)
    {
        var bytes = new byte[Length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>The client writes as there is room, then closes its side.</summary>
    internal static void Pour(TcpWire wire, byte[] bytes)
    {
        var written = 0;
        SocketAction pour = socket =>
        {
            written += socket.Write(bytes.AsSpan(written));
            if (written == bytes.Length)
            {
                socket.Shutdown();
            }
        };
        wire.Client.Application.OnConnected = pour;
        wire.Client.Application.OnWritable = pour;
    }
}
