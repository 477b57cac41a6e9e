using Millrace.Sockets;
using Millrace.Tcp;

namespace HttpAppliance.Http;

/// <summary>What the connections of one stack share. One worker uses it.</summary>
public sealed class HttpSite
{
    /// <summary>A connection on which nothing moved for this long is reset, in nanoseconds.</summary>
    public const long IdleAfter = 300_000_000_000;

    /// <summary>Bytes of a request body over which it is refused.</summary>
    public const long MaximumBody = 1L << 40;

    private const long SweepEvery = 1_000_000_000;

    private const int ExpectedConnections = 1024;

    private readonly Stack<HttpExchange> idle = new(ExpectedConnections);
    private readonly List<HttpExchange> open = new(ExpectedConnections);
    private long sweepAt;

    internal DigestQueue Digests { get; } = new();

    /// <summary>The stack's time at the start of this poll, in nanoseconds.</summary>
    public long Now { get; private set; }

    public int OpenConnections => open.Count;

    /// <summary>Connections served since the start.</summary>
    public long Accepted { get; private set; }

    /// <summary>Responses begun since the start, by the hundred of their status (index 2 is 2xx).</summary>
    public long[] Responses { get; } = new long[6];

    /// <summary>When <see cref="Advance"/> has work next, in nanoseconds.</summary>
    public long NextDeadline => Digests.IsEmpty ? open.Count == 0 ? long.MaxValue : sweepAt : Now;

    public void PollStart(long now) => Now = now;

    /// <summary>Does a bounded piece of the waiting digests, and resets connections on which nothing moves.</summary>
    public void Advance(TcpSockets tcp, long now)
    {
        Now = now;
        Digests.Advance(tcp);
        if (now >= sweepAt)
        {
            sweepAt = now + SweepEvery;
            ResetIdle(tcp, now);
        }
    }

    internal HttpExchange Open(TcpSocketId id)
    {
        if (!idle.TryPop(out var exchange))
        {
            exchange = new HttpExchange(this);
        }

        if (open.Count == 0)
        {
            sweepAt = Now + SweepEvery;
        }

        exchange.Start(id, open.Count);
        open.Add(exchange);
        Accepted++;
        return exchange;
    }

    internal void Close(HttpExchange exchange)
    {
        var place = exchange.Place;
        var last = open[^1];
        open[place] = last;
        last.Place = place;
        open.RemoveAt(open.Count - 1);
        exchange.Stop();
        idle.Push(exchange);
    }

    private void ResetIdle(TcpSockets tcp, long now)
    {
        // Downwards: a reset closes, and closing puts the last exchange, which was seen already, in the place of this one.
        for (var i = open.Count - 1; i >= 0; i--)
        {
            if (i < open.Count && now - open[i].ActiveAt >= IdleAfter && tcp.TryGet(open[i].Id, out var socket))
            {
                socket.Abort();
            }
        }
    }
}
