using System.Diagnostics;
using Millrace;
using Millrace.Headers;
using Millrace.Ip;
using Millrace.Nics;

namespace Router;

/// <summary>Sender, router and next router on two wires in memory, polled in turn by one thread.</summary>
public sealed class MemoryRun : IDisposable
{
    private const int Datagrams = 200_000;
    private const int DatagramsAtOnce = 32;
    private const long PollNanoseconds = 10_000;
    private const byte Wan = 1;

    private readonly MemoryWire lan = new();
    private readonly MemoryWire wan = new();
    private readonly ArrivalTally tally = new();
    private readonly SenderStack sender;
    private readonly NextRouterStack next;
    private readonly TextWriter output;
    private readonly List<uint> destinations = [];
    private long now;
    private long sent;
    private uint sentDestinations;

    public MemoryRun(TextWriter output)
    {
        this.output = output;
        sender = new SenderStack(new() { Nic = lan.A, Entropy = new Entropy(1, 2) });
        Router = new RouterStack(new() { LanNic = lan.B, WanNic = wan.B, Entropy = new Entropy(3, 4) });
        next = new NextRouterStack(new() { Nic = wan.A, Entropy = new Entropy(5, 6), Tally = tally });
    }

    public RouterStack Router { get; }

    /// <returns>Whether all that was to arrive has, as it should.</returns>
    public bool Execute(RouterOptions options)
    {
        AddRoutes(options);
        var random = new Random(1);
        var started = Stopwatch.GetTimestamp();
        // who is where is asked by the first datagram
        Send(1, random);
        Settle();
        while (sent < Datagrams)
        {
            Send((int)Math.Min(DatagramsAtOnce, Datagrams - sent), random);
            PollAll();
        }

        Settle();
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        output.WriteLine($"{tally.Right:N0} of {sent:N0} datagrams reached the next router as they should, in {seconds:F2} s; {tally.Wrong:N0} otherwise.");
        output.WriteLine($"The router forwarded {Router.Ledger.Forwarded:N0} and dropped {Router.Ledger.IngressDropped:N0}.");
        var refused = Router.Ledger.IngressDropped;
        SendTo(InetAddress.Parse("203.0.113.1").Ipv4);
        Settle();
        var isRefused = Router.Ledger.IngressDrops(DropReason.IpInNoRoutes) == 1 && Router.Ledger.IngressDropped == refused + 1;
        output.WriteLine($"One to 203.0.113.1 was {(isRefused ? "refused, as declared" : "not refused")}.");
        return tally.Right == sent - 1 && tally.Wrong == 0 && tally.Destinations == sentDestinations && isRefused;
    }

    public void Dispose()
    {
        sender.Dispose();
        Router.Dispose();
        next.Dispose();
        lan.Dispose();
        wan.Dispose();
    }

    private void AddRoutes(RouterOptions options)
    {
        var random = new Random(2);
        var routes = new HashSet<Ipv4Route>(options.Routes);
        while (routes.Count < options.Routes.Count + options.RouteCount)
        {
            var length = random.Next(16, 25);
            var network = ((uint)random.Next(11 << 8, 126 << 8) << 16 | (uint)random.Next(1 << 16)) >> (32 - length) << (32 - length);
            routes.Add(new Ipv4Route(network, (byte)length, InetAddress.Parse("10.2.0.2").Ipv4, Wan));
        }

        var started = Stopwatch.GetTimestamp();
        Router.Ipv4.AddRoutes(routes.ToArray());
        var milliseconds = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        output.WriteLine($"{routes.Count:N0} routes were added to the declared ones in {milliseconds:F0} ms; the table has {Router.Ipv4.RouteCount:N0}.");
        destinations.AddRange(routes.Where(route => Router.Ipv4.TryGetRoute(InetAddress.FromIpv4(route.Network), out _)).Select(route => route.Network | 1));
        destinations.Add(InetAddress.Parse("192.0.2.1").Ipv4);
        destinations.Add(InetAddress.Parse("198.51.100.1").Ipv4);
    }

    private void Send(int count, Random random)
    {
        for (var i = 0; i < count; i++)
        {
            var destination = destinations[random.Next(destinations.Count)];
            if (!SendTo(destination))
            {
                return;
            }

            sentDestinations ^= destination;
        }
    }

    private bool SendTo(uint destination)
    {
        var isSent = sender.Udp.TrySend(new InetEndpoint(InetAddress.Parse("10.1.0.2"), 4000), new InetEndpoint(InetAddress.FromIpv4(destination), 9), "on"u8);
        sent += isSent ? 1 : 0;
        return isSent;
    }

    private void PollAll()
    {
        now += PollNanoseconds;
        sender.Poll(0, 0, now);
        Router.Poll(0, 0, now);
        Router.Poll(1, 0, now);
        next.Poll(0, 0, now);
    }

    private void Settle()
    {
        for (var i = 0; i < 1_000; i++)
        {
            PollAll();
        }
    }
}
