using Millrace.Nics;

namespace Millrace.Benchmarks.Stages;

/// <summary>A stack and the peer that it has a connection with.</summary>
/// <param name="sends">Whether the peer sends and the stack receives.</param>
public sealed class TcpCase(
    string name, string? without, bool sends, Func<Nic, INetworkStack> makeLoop, Func<Nic, INetworkStack> makeTwin, int vlan = 0) : StageCase(name, without)
{
    public TcpRun MakeLoop() => Make(makeLoop);

    public TcpRun MakeTwin() => Make(makeTwin);

    private TcpRun Make(Func<Nic, INetworkStack> make)
    {
        var peer = new TcpPeer(sends, vlan);
        return new TcpRun(peer, make(peer));
    }
}

/// <summary>A case in motion.</summary>
public sealed class TcpRun : IDisposable
{
    /// <summary>Segments a call moves, on average: a poll moves as many as the window allows.</summary>
    public const int Segments = 1024;

    private const long Step = 1_000;
    private const int MostIdlePolls = 10_000;

    private readonly TcpPeer peer;
    private readonly INetworkStack stack;
    private long now;
    private long goal;

    public TcpRun(TcpPeer peer, INetworkStack stack)
    {
        (this.peer, this.stack) = (peer, stack);
        for (var i = 0; i < 10; i++)
        {
            Move();
        }
    }

    /// <returns>Segments moved so far.</returns>
    public long Move()
    {
        goal += Segments;
        var (idle, before) = (0, peer.Segments);
        while (peer.Segments < goal)
        {
            stack.Poll(0, 0, now += Step);
            idle = peer.Segments == before ? idle + 1 : 0;
            before = peer.Segments;
            if (idle > MostIdlePolls)
            {
                throw new InvalidOperationException("Nothing moves any more.");
            }
        }

        return before;
    }

    public void Dispose()
    {
        if (stack.Ledger.IngressDropped + stack.Ledger.EgressDropped > 0)
        {
            throw new InvalidOperationException($"{stack.Ledger.IngressDropped} packets were dropped on the way in and {stack.Ledger.EgressDropped} on the way out.");
        }

        stack.Dispose();
    }
}
