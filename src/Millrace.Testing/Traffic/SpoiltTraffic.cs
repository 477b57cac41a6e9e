using Millrace.Testing.Packets;

namespace Millrace.Testing.Traffic;

/// <summary>Spoils some of the frames another source makes, and keeps a few to be spoilt again later.</summary>
/// <param name="percent">How many of the frames are spoilt.</param>
public sealed class SpoiltTraffic(ITrafficSource source, int percent) : ITrafficSource
{
    private const int Kept = 64;

    private readonly List<byte[]> fresh = [];
    private readonly List<byte[]> kept = [];

    public void Next(TrafficRandom random, long now, IList<byte[]> frames)
    {
        fresh.Clear();
        source.Next(random, now, fresh);
        foreach (var frame in fresh)
        {
            if (!random.Chance(percent))
            {
                frames.Add(frame);
                continue;
            }

            frames.Add(PacketMutator.Mutate(frame, random));
            if (random.Chance(50))
            {
                frames.Add(frame);
            }

            if (kept.Count < Kept)
            {
                kept.Add(frame);
            }
            else
            {
                kept[random.Next(Kept)] = frame;
            }
        }

        if (kept.Count > 0 && random.Chance(percent))
        {
            frames.Add(PacketMutator.Mutate(random.Pick(kept), random));
        }
    }

    public void Observe(Dissection frame, long now) => source.Observe(frame, now);
}

/// <summary>Frames of random bytes, some with a plausible link or network header before them.</summary>
public sealed class GarbageTraffic(TrafficTarget target) : ITrafficSource
{
    public void Next(TrafficRandom random, long now, IList<byte[]> frames)
    {
        var path = target.FromAny(random);
        var junk = random.Bytes(random.Chance(80) ? random.Next(128) : random.Next(1501));
        frames.Add(random.Next(5) switch
        {
            0 => junk,
            1 => path.Frame(random.Pick<ushort>([0x0800, 0x0806, 0x8100, 0x86DD, 0x88CC, 46]), junk),
            2 => path.Frame(path.Datagram(random.Pick<byte>([1, 6, 17, 2, 132]), junk)),
            3 => path.Frame(path.Datagram(Ipv4Datagram.Tcp, junk) with { Destination = random.NextUInt32() }),
            _ => (path with { DestinationMac = random.NextUInt64() >> 16 }).Frame(EthernetFrame.TypeIpv4, junk),
        });
    }
}

/// <summary>One of several sources at each poll, by weight; all of them see what the stack sends.</summary>
public sealed class TrafficMix(params (ITrafficSource Source, int Weight)[] sources) : ITrafficSource
{
    private readonly int total = sources.Sum(source => source.Weight);

    /// <summary>Sources that speak at every poll, such as one that answers ARP.</summary>
    public IReadOnlyList<ITrafficSource> Always { get; init; } = [];

    public void Next(TrafficRandom random, long now, IList<byte[]> frames)
    {
        foreach (var source in Always)
        {
            source.Next(random, now, frames);
        }

        var left = random.Next(total);
        foreach (var (source, weight) in sources)
        {
            if ((left -= weight) < 0)
            {
                source.Next(random, now, frames);
                return;
            }
        }
    }

    public void Observe(Dissection frame, long now)
    {
        foreach (var source in Always)
        {
            source.Observe(frame, now);
        }

        foreach (var (source, _) in sources)
        {
            source.Observe(frame, now);
        }
    }

    /// <summary>Everything at once: all protocols, a fifth of it spoilt, and garbage.</summary>
    public static TrafficMix Everything(TrafficTarget target) => new(
        (new SpoiltTraffic(new TcpTraffic(target), 10), 60),
        (new SpoiltTraffic(new UdpTraffic(target), 20), 15),
        (new SpoiltTraffic(new IcmpTraffic(target), 20), 8),
        (new SpoiltTraffic(new FragmentTraffic(target), 20), 10),
        (new GarbageTraffic(target), 7))
    {
        Always = [new ArpTraffic(target)],
    };
}
