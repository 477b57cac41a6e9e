using Millrace.Headers;
using Millrace.Nics;
using Millrace.Sockets;
using Millrace.Tcp;
using Millrace.Testing;

namespace Millrace.Stack.Tests.Losses;

/// <summary>A congestion control of the user's own: a tenth of the window less after a loss, and a note of what it was told.</summary>
internal struct Careless : ICongestionControl
{
    private int reductions;

    [ThreadStatic]
    public static int Told;

    [ThreadStatic]
    public static int MostReductions;

    public readonly int LeastWindow => 0;

    public readonly bool SetsWindow => false;

    public readonly long PacingRate => 1_234_567;

    public readonly void Start(ref CongestionWindow window, in CongestionSample sample) => Assert.True(sample.SegmentSize > 0);

    public readonly void Acknowledged(ref CongestionWindow window, in CongestionSample sample)
    {
        Told++;
        if (sample.MayGrow)
        {
            window.Acknowledge(sample.Acknowledged, sample.SegmentSize);
        }
    }

    public int Reduced(in CongestionWindow window, in CongestionSample sample)
    {
        MostReductions = Math.Max(MostReductions, ++reductions);
        return Math.Max(window.Length / 10 * 9, 2 * sample.SegmentSize);
    }

    public readonly void Happened(CongestionEvent happened, ref CongestionWindow window, in CongestionSample sample)
    {
    }

    public readonly int Undone(in CongestionWindow window, int before) => Math.Max(window.Length, before);
}

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Ipv4("10.0.0.2/24")]
[Tcp(CongestionControl = typeof(Careless))]
[SocketMemory]
[TcpHandler<PouringHandler>(Connections = 1)]
internal sealed partial class CarelessStack;

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.0.0.1/24")]
[Tcp]
[SocketMemory]
[TcpHandler<CountingHandler>(80, Connections = 1)]
internal sealed partial class CountingStack;

internal sealed class PouringLog
{
    public int Left = 2_000_000;

    public long Read;

    public bool IsRight = true;
}

/// <summary>Writes numbered bytes while there is room, then closes.</summary>
internal readonly struct PouringHandler(PouringLog log) : ITcpHandler
{
    public void Connected(TcpSocket socket) => Pour(socket);

    public void Received(TcpSocket socket)
    {
    }

    public void Writable(TcpSocket socket) => Pour(socket);

    public void PeerClosed(TcpSocket socket) => socket.Close();

    public void Closed(TcpSocket socket, TcpCloseReason reason)
    {
    }

    private void Pour(TcpSocket socket)
    {
        Span<byte> piece = stackalloc byte[1_000];
        while (log.Left > 0)
        {
            for (var i = 0; i < piece.Length; i++)
            {
                piece[i] = (byte)((log.Left - i) % 251);
            }

            var taken = socket.Write(piece[..Math.Min(piece.Length, log.Left)]);
            log.Left -= taken;
            if (taken == 0)
            {
                return;
            }
        }

        socket.Shutdown();
    }
}

internal readonly struct CountingHandler(PouringLog log) : ITcpHandler
{
    public void Connected(TcpSocket socket)
    {
    }

    public void Received(TcpSocket socket)
    {
        Span<byte> piece = stackalloc byte[4_096];
        for (int count; (count = socket.Read(piece)) > 0;)
        {
            for (var i = 0; i < count; i++)
            {
                log.IsRight &= piece[i] == (byte)((2_000_000 - log.Read - i) % 251);
            }

            log.Read += count;
        }
    }

    public void Writable(TcpSocket socket)
    {
    }

    public void PeerClosed(TcpSocket socket) => socket.Close();

    public void Closed(TcpSocket socket, TcpCloseReason reason)
    {
    }
}

public sealed class OwnControlTests
{
    [Fact]
    public void A_users_own_congestion_control_is_called_and_carries_a_transfer_over_a_lossy_wire()
    {
        Careless.Told = 0;
        Careless.MostReductions = 0;
        var log = new PouringLog();
        using var wire = new MemoryWire(new MemoryWireOptions
        {
            BandwidthBitsPerSecond = 20_000_000,
            DelayNanoseconds = 5_000_000,
            Impairments = new ImpairmentOptions { Loss = 0.01, Seed = 4 },
        });
        using var sender = new CarelessStack(new() { Nic = wire.A, Entropy = new Entropy(1, 2), Log = log });
        using var receiver = new CountingStack(new() { Nic = wire.B, Entropy = new Entropy(3, 4), Log = log });
        var network = new VirtualTimeNetwork(sender, receiver);
        Assert.Equal(TcpConnectResult.Opening, sender.Tcp.Connect(0, new InetEndpoint(InetAddress.Parse("10.0.0.1"), 80), out var id));
        network.RunUntil(() => log.Read == 2_000_000, TimeSpan.FromSeconds(120));
        Assert.True(log.IsRight, "the bytes are others");
        Assert.True(sender.Tcp.TryGet(id, out var socket));
        Assert.Equal(1_234_567, sender.Tcp.PacingRateOf(socket.Index));
        Assert.True(Careless.Told > 100, "it was told of nothing");
        Assert.InRange(Careless.MostReductions, 2, 60);
        Assert.True(sender.Tcp.Counters.TCPSackRecovery > 0);
    }
}
