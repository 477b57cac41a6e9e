using Millrace.Headers;
using Millrace.Ip;
using Millrace.Nics;
using Millrace.Tcp;

namespace Millrace.Workloads.PingPong;

/// <summary>A client and a server on one thread, and the connection between them.</summary>
public abstract class PingPongPair : IDisposable
{
    private const int MostIdleRounds = 1_000_000;

    private readonly MemoryWire wire;

    protected PingPongPair(WireMode mode) =>
        wire = new MemoryWire(new MemoryWireOptions { Mode = mode, Features = mode == WireMode.Copying ? NicFeatures.ReceiveSum : NicFeatures.None });

    /// <summary>Every answer was the question, and no packet was dropped or sent twice.</summary>
    public bool IsRight => Pinger.IsRight && ClientTcp.Counters.RetransSegs + ServerTcp.Counters.RetransSegs == 0
        && ClientLedger.IngressDropped + ClientLedger.EgressDropped + ServerLedger.IngressDropped + ServerLedger.EgressDropped == 0;

    public long PacketsSent => ClientLedger.Transmitted + ServerLedger.Transmitted;

    protected WireEnd ClientNic => wire.A;

    protected WireEnd ServerNic => wire.B;

    protected Pinger Pinger { get; } = new();

    protected abstract TcpSockets ClientTcp { get; }

    protected abstract TcpSockets ServerTcp { get; }

    protected abstract Ledger ClientLedger { get; }

    protected abstract Ledger ServerLedger { get; }

    /// <summary>Asks so often, each time when the answer before has come.</summary>
    public void Exchange(long times)
    {
        Pinger.Goal += times;
        Begin();
        for (var idle = 0; Pinger.Answered < Pinger.Goal; idle++)
        {
            var before = Pinger.Answered;
            Poll(StackClock.Now);
            idle = before == Pinger.Answered ? idle : 0;
            if (idle > MostIdleRounds)
            {
                throw new InvalidOperationException("No answer comes any more.");
            }
        }
    }

    public void Dispose()
    {
        DisposeStacks();
        wire.Dispose();
        GC.SuppressFinalize(this);
    }

    protected void Connect()
    {
        var result = ClientTcp.Connect(0, new InetEndpoint(InetAddress.Parse("10.0.0.1"), 81), out _);
        for (var i = 0; Pinger.Id.IsNone; i++)
        {
            if (result != TcpConnectResult.Opening || i > MostIdleRounds)
            {
                throw new InvalidOperationException($"The connection says {result}.");
            }

            Poll(StackClock.Now);
        }
    }

    protected abstract void Poll(long now);

    protected abstract void DisposeStacks();

    private void Begin()
    {
        if (ClientTcp.TryGet(Pinger.Id, out var socket))
        {
            Pinger.Ask(socket);
        }
    }
}

/// <summary>What is measured by that name: no options, NewReno.</summary>
public sealed class PlainPingPongPair : PingPongPair
{
    private readonly PingPongStack client;
    private readonly PingPongStack server;

    public PlainPingPongPair(WireMode mode)
        : base(mode)
    {
        client = new(new() { Nic = ClientNic, Entropy = new Entropy(1, 2), Pinger = Pinger, Buffer = new byte[Pinger.Length] });
        server = new(new() { Nic = ServerNic, Entropy = new Entropy(3, 4), Pinger = Pinger, Buffer = new byte[Pinger.Length] });
        client.Ipv4.SetAddress(0, InterfaceAddress.Parse("10.0.0.2/24"));
        Connect();
    }

    protected override TcpSockets ClientTcp => client.Tcp;

    protected override TcpSockets ServerTcp => server.Tcp;

    protected override Ledger ClientLedger => client.Ledger;

    protected override Ledger ServerLedger => server.Ledger;

    protected override void Poll(long now)
    {
        client.Poll(0, 0, now);
        server.Poll(0, 0, now);
    }

    protected override void DisposeStacks()
    {
        client.Dispose();
        server.Dispose();
    }
}

/// <summary>The same with all that Linux has on.</summary>
public sealed class FullPingPongPair : PingPongPair
{
    private readonly FullPingPongStack client;
    private readonly FullPingPongStack server;

    public FullPingPongPair(WireMode mode)
        : base(mode)
    {
        client = new(new() { Nic = ClientNic, Entropy = new Entropy(1, 2), Pinger = Pinger, Buffer = new byte[Pinger.Length] });
        server = new(new() { Nic = ServerNic, Entropy = new Entropy(3, 4), Pinger = Pinger, Buffer = new byte[Pinger.Length] });
        client.Ipv4.SetAddress(0, InterfaceAddress.Parse("10.0.0.2/24"));
        Connect();
    }

    protected override TcpSockets ClientTcp => client.Tcp;

    protected override TcpSockets ServerTcp => server.Tcp;

    protected override Ledger ClientLedger => client.Ledger;

    protected override Ledger ServerLedger => server.Ledger;

    protected override void Poll(long now)
    {
        client.Poll(0, 0, now);
        server.Poll(0, 0, now);
    }

    protected override void DisposeStacks()
    {
        client.Dispose();
        server.Dispose();
    }
}
