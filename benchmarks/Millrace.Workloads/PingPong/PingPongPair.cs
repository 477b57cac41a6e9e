using Millrace.Headers;
using Millrace.Ip;
using Millrace.Nics;
using Millrace.Tcp;

namespace Millrace.Workloads.PingPong;

/// <summary>A client and a server on one thread, and the connection between them.</summary>
public sealed class PingPongPair : IDisposable
{
    private const int MostIdleRounds = 1_000_000;

    private readonly MemoryWire wire;
    private readonly PingPongStack client;
    private readonly PingPongStack server;
    private readonly Pinger pinger = new();

    public PingPongPair(WireMode mode)
    {
        wire = new MemoryWire(new MemoryWireOptions { Mode = mode, Features = mode == WireMode.Copying ? NicFeatures.ReceiveSum : NicFeatures.None });
        client = NewStack(wire.A, new Entropy(1, 2));
        server = NewStack(wire.B, new Entropy(3, 4));
        client.Ipv4.SetAddress(0, InterfaceAddress.Parse("10.0.0.2/24"));
        var result = client.Tcp.Connect(0, new InetEndpoint(InetAddress.Parse("10.0.0.1"), 81), out _);
        for (var i = 0; pinger.Id.IsNone; i++)
        {
            if (result != TcpConnectResult.Opening || i > MostIdleRounds)
            {
                throw new InvalidOperationException($"The connection says {result}.");
            }

            Poll();
        }
    }

    /// <summary>Every answer was the question, and no packet was dropped or sent twice.</summary>
    public bool IsRight => pinger.IsRight && client.Tcp.Counters.RetransSegs + server.Tcp.Counters.RetransSegs == 0
        && client.Ledger.IngressDropped + client.Ledger.EgressDropped + server.Ledger.IngressDropped + server.Ledger.EgressDropped == 0;

    public long PacketsSent => client.Ledger.Transmitted + server.Ledger.Transmitted;

    /// <summary>Asks so often, each time when the answer before has come.</summary>
    public void Exchange(long times)
    {
        pinger.Goal += times;
        Begin();
        for (var idle = 0; pinger.Answered < pinger.Goal; idle++)
        {
            var before = pinger.Answered;
            Poll();
            idle = before == pinger.Answered ? idle : 0;
            if (idle > MostIdleRounds)
            {
                throw new InvalidOperationException("No answer comes any more.");
            }
        }
    }

    public void Dispose()
    {
        client.Dispose();
        server.Dispose();
        wire.Dispose();
    }

    private PingPongStack NewStack(WireEnd nic, Entropy entropy) =>
        new(new() { Nic = nic, Entropy = entropy, Pinger = pinger, Buffer = new byte[Pinger.Length] });

    private void Begin()
    {
        if (client.Tcp.TryGet(pinger.Id, out var socket))
        {
            pinger.Ask(socket);
        }
    }

    private void Poll()
    {
        var now = StackClock.Now;
        client.Poll(0, 0, now);
        server.Poll(0, 0, now);
    }
}
