using System.Diagnostics;
using System.Globalization;
using Millrace.Headers;
using Millrace.Ip;

namespace Millrace.Workloads.Forwarding;

/// <summary>F2: an IPv4 router of two interfaces.</summary>
internal sealed class Routing : IDisposable
{
    private const int Batch = 64;
    private const int SmallTable = 16;
    private const int MiddleTable = 256;
    private const int HeaderBits = 8 * Ipv4Header.Length;

    private readonly RouterTraffic traffic;
    private readonly RouterFrames frames;
    private readonly RouterSource source;
    private readonly RouterSink sink = new();
    private readonly INetworkStack stack;
    private readonly Ipv4Layer ipv4;
    private readonly PollingLoop loop;
    private long now;

    private Routing(int routes)
    {
        traffic = new RouterTraffic(routes, RouterAddresses.Gateway, networkInterface: 1);
        frames = new RouterFrames(traffic.Destinations);
        source = new RouterSource(frames);
        (stack, ipv4) = Make(routes);
        loop = new PollingLoop(stack, Batch);
    }

    public static Reading Measure(string variant, int routes, RunLength length)
    {
        using var router = new Routing(routes);
        return router.Measure(variant, length);
    }

    public void Dispose()
    {
        stack.Dispose();
        source.Dispose();
        sink.Dispose();
    }

    private (INetworkStack, Ipv4Layer) Make(int routes)
    {
        var entropy = new Entropy(1, 2);
        if (routes <= SmallTable)
        {
            var small = new SmallRouterStack(new() { InsideNic = source, OutsideNic = sink, Entropy = entropy });
            return (small, small.Ipv4);
        }

        if (routes <= MiddleTable)
        {
            var middle = new MiddleRouterStack(new() { InsideNic = source, OutsideNic = sink, Entropy = entropy });
            return (middle, middle.Ipv4);
        }

        var large = new LargeRouterStack(new() { InsideNic = source, OutsideNic = sink, Entropy = entropy });
        return (large, large.Ipv4);
    }

    private Reading Measure(string variant, RunLength length)
    {
        var began = Stopwatch.GetTimestamp();
        ipv4.AddRoutes(traffic.Routes);
        var load = Stopwatch.GetElapsedTime(began);
        now = RouterGateways.Learn(stack, sink, now);
        var isRight = Check(out var hops) && DropsFlips();
        var dropped = stack.Ledger.IngressDropped;
        var (wall, cpu) = loop.Measure(length);
        isRight &= stack.Ledger.IngressDropped == dropped && Check(out _) && DropsFlips();
        return new Reading(
            variant, "ns/packet", wall, cpu, isRight,
            string.Create(CultureInfo.InvariantCulture, $"hops={hops:x}; {traffic.Routes.Length} routes loaded in {load.TotalMilliseconds:F0} ms{(isRight ? "" : "; a packet left otherwise than expected")}"));
    }

    /// <summary>Every packet of the traffic leaves in order, byte for byte as the plainest code has it, and none besides.</summary>
    private bool Check(out ulong hops)
    {
        var isRight = true;
        var packet = 0;
        ulong sum = 0;
        var expected = new byte[RouterFrames.FrameLength];
        var (sent, received, turnedBack) = (sink.Sent, stack.Ledger.Received, source.Sent);
        source.Position = 0;
        sink.Inspect = frame =>
        {
            frames.WriteExpected(expected, packet, traffic.Search(traffic.Destinations[packet]));
            isRight &= frame.SequenceEqual(expected);
            sum += frame[MacAddress.Length - 1] * (ulong)(packet + 1);
            packet = (packet + 1) & (RouterTraffic.Count - 1);
        };
        loop.Run(RouterTraffic.Count);
        sink.Inspect = null;
        hops = sum;
        return isRight && packet == 0 && sink.Sent - sent == RouterTraffic.Count && stack.Ledger.Received - received == RouterTraffic.Count
            && source.Sent == turnedBack && stack.Ledger.IngressDue == 0 && stack.Ledger.EgressDue == 0;
    }

    /// <summary>With any bit of the network header flipped a packet is dropped and counted.</summary>
    private bool DropsFlips()
    {
        var isRight = true;
        for (var bit = 0; bit < HeaderBits; bit++)
        {
            var (sent, dropped) = (sink.Sent, stack.Ledger.IngressDropped);
            Flip(bit);
            source.Position = 0;
            var received = loop.Run(Batch);
            Flip(bit);
            isRight &= sink.Sent == sent && stack.Ledger.IngressDropped - dropped == received;
        }

        source.Position = 0;
        return isRight;
    }

    /// <summary>Destination and checksum come from the table, so theirs are flipped there.</summary>
    private void Flip(int bit)
    {
        frames.Frame[EthernetHeader.Length + (bit / 8)] ^= (byte)(1 << (bit % 8));
        for (var i = 0; i < Batch; i++)
        {
            ref var arrival = ref frames.Arrivals[i];
            arrival.Destination ^= bit >= 128 ? 1u << (bit - 128) : 0;
            arrival.Checksum ^= bit is >= 80 and < 96 ? (ushort)(1 << (bit - 80)) : (ushort)0;
        }
    }
}
