using Millrace.Headers;
using Millrace.Testing.Packets;
using Millrace.Testing.Traffic;

namespace Millrace.Testing.Networks;

/// <summary>One direction of a link: a buffer, a rate, a delay, and what goes wrong behind them.</summary>
public sealed class LinkDirection
{
    private const long NanosecondsPerSecond = 1_000_000_000;
    private const double InverseOf2To53 = 1.0 / (1L << 53);

    private readonly Link link;
    private readonly LinkSide destination;
    private readonly TrafficRandom random;

    /// <summary>What has not left the buffer: when it does, and how long it is.</summary>
    private readonly Queue<(long DepartsAt, int Length)> waiting = [];
    private LinkOptions options;
    private LinkCounters counters;
    private long waitingBytes;
    private long busyUntil;
    private long badUntil;

    internal LinkDirection(Link link, string name, LinkSide destination, LinkOptions options, ulong seed)
    {
        options.Validate();
        this.link = link;
        this.destination = destination;
        this.options = options;
        random = new TrafficRandom(seed);
        Name = name;
    }

    public string Name { get; }

    /// <summary>May be changed at any time; what has entered already keeps its times.</summary>
    public LinkOptions Options
    {
        get => options;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            value.Validate();
            options = value;
        }
    }

    public ref readonly LinkCounters Counters => ref counters;

    /// <summary>Says of a frame that it is lost behind the buffer, for a test that names what is lost; null loses nothing more.</summary>
    public Func<ReadOnlyMemory<byte>, bool>? Loses { get; set; }

    /// <summary>Lets a frame enter, as an attached NIC does.</summary>
    /// <returns>When it has left the buffer, or has been lost.</returns>
    internal long Enter(byte[] frame, LinkNic? from, long now)
    {
        counters.Entered++;
        if (link.State != LinkState.Up)
        {
            counters.Cut++;
            return Lost(frame, now, "cut");
        }

        Forget(now);
        if (waiting.Count >= options.BufferPackets || waitingBytes + frame.Length > options.BufferBytes)
        {
            counters.Overflowed++;
            return Lost(frame, now, "no room");
        }

        if (waitingBytes >= options.MarkBytes && CongestionMark.TrySet(frame))
        {
            counters.Marked++;
        }

        var departsAt = Depart(frame.Length, now);
        if (IsLost(now) || Loses?.Invoke(frame) == true)
        {
            counters.Lost++;
            Lost(frame, now, "lost");
            return departsAt;
        }

        Travel(frame, from, now, departsAt + options.DelayNanoseconds);
        return departsAt;
    }

    private void Travel(byte[] frame, LinkNic? from, long now, long arrivesAt)
    {
        var fate = string.Empty;
        if (Happens(options.Corruption))
        {
            counters.Corrupted++;
            fate = "damaged";
            frame = (byte[])frame.Clone();
            var bit = random.Next(frame.Length * 8);
            frame[bit / 8] ^= (byte)(1 << bit % 8);
        }

        if (Happens(options.Duplication))
        {
            counters.Duplicated++;
            fate += " twice";
            Arrive(frame, from, arrivesAt);
        }

        if (Happens(options.Reorder))
        {
            counters.Reordered++;
            fate += " late";
            arrivesAt += options.ReorderNanoseconds;
        }

        link.Network.Trace.Add(now, Name, frame, fate);
        Arrive(frame, from, arrivesAt);
    }

    private void Arrive(byte[] frame, LinkNic? from, long at)
    {
        counters.Arrived++;
        counters.ArrivedBytes += frame.Length;
        destination.Arrive(frame, at, from);
    }

    private long Lost(byte[] frame, long now, string fate)
    {
        link.Network.Trace.Add(now, Name, frame, fate);
        return now;
    }

    private void Forget(long now)
    {
        while (waiting.TryPeek(out var first) && first.DepartsAt <= now)
        {
            waitingBytes -= waiting.Dequeue().Length;
        }
    }

    private long Depart(int length, long now)
    {
        if (options.BitsPerSecond == 0)
        {
            return now;
        }

        busyUntil = Math.Max(busyUntil, now) + (long)((Int128)length * 8 * NanosecondsPerSecond / options.BitsPerSecond);
        waiting.Enqueue((busyUntil, length));
        waitingBytes += length;
        return busyUntil;
    }

    private bool IsLost(long now)
    {
        var isLost = Happens(options.Loss);
        if (options.BurstLoss is not { } burst)
        {
            return isLost;
        }

        if (now >= badUntil)
        {
            badUntil = Happens(burst.Begin) ? now + NanosecondsPerSecond : 0;
        }
        else if (Happens(burst.End))
        {
            badUntil = 0;
        }

        return (now < badUntil && Happens(burst.Within)) || isLost;
    }

    private bool Happens(double probability) => probability > 0 && (random.NextUInt64() >> 11) * InverseOf2To53 < probability;
}

/// <summary>The mark of a router that has little room left.</summary>
internal static class CongestionMark
{
    private const int TrafficClassOffset = 14 + 1;
    private const int ChecksumOffset = 14 + 10;
    private const int Congested = 3;

    /// <summary>Marks an IPv4 packet whose sender has said that it understands (ECT, RFC 3168 §5).</summary>
    public static bool TrySet(byte[] frame)
    {
        if (frame.Length < 34 || EthernetHeader.Type(frame) != EtherType.Ipv4 || (frame[TrafficClassOffset] & Congested) == 0)
        {
            return false;
        }

        var before = WireFormat.Get16(frame, TrafficClassOffset - 1);
        frame[TrafficClassOffset] |= Congested;
        var checksum = WireChecksum.Update(WireFormat.Get16(frame, ChecksumOffset), before, WireFormat.Get16(frame, TrafficClassOffset - 1));
        WireFormat.Put16(frame, ChecksumOffset, checksum);
        return true;
    }
}
