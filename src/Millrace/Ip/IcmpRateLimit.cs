namespace Millrace.Ip;

/// <summary>
/// The two limits of ICMP errors: a token bucket over all (net/ipv4/icmp.c, icmp_global_allow) and one a destination
/// (net/ipv4/inetpeer.c, inet_peer_xrlim_allow). Destinations that meet in one place start afresh.
/// </summary>
internal sealed class IcmpRateLimit
{
    private const int Capacity = 256;

    // XRLIM_BURST_FACTOR
    private const int DestinationBurst = 6;

    private readonly Entropy entropy;
    private readonly IIpv4Settings settings;
    private readonly Entry[] entries = new Entry[Capacity];
    private long credit;
    private long creditAt;
    private bool isStarted;

    public IcmpRateLimit(Entropy entropy, IIpv4Settings settings)
    {
        this.entropy = entropy;
        this.settings = settings;
    }

    /// <summary>Workers that have a limit each; what a host may send is divided between them.</summary>
    public int Workers { get; set; } = 1;

    /// <summary>Errors that were not sent because of a limit.</summary>
    public long Suppressed { get; private set; }

    public bool TryTake(uint destination, long now)
    {
        if (HasGlobalCredit(now) && TryTakeDestination(destination, now))
        {
            credit -= Durations.Second;
            return true;
        }

        Suppressed++;
        return false;
    }

    // the credit is in messages times a second in nanoseconds, so that nothing is lost by rounding
    private bool HasGlobalCredit(long now)
    {
        // a worker may always send one, or a burst of fewer messages than workers would silence all of them
        var full = Math.Max(Durations.Second, settings.IcmpMessagesBurst * Durations.Second / Workers);
        var elapsed = isStarted ? Math.Min(now - creditAt, Durations.Second) : Durations.Second;
        credit = isStarted ? Math.Min(full, credit + (elapsed * settings.IcmpMessagesPerSecond / Workers)) : full;
        creditAt = now;
        isStarted = true;
        return credit >= Durations.Second;
    }

    private bool TryTakeDestination(uint destination, long now)
    {
        var interval = settings.IcmpRateLimitMilliseconds * Durations.Millisecond;
        if (interval == 0)
        {
            return true;
        }

        ref var entry = ref entries[(int)entropy.Hash(0x6963_6D70, destination, 0) & (Capacity - 1)];
        if (!entry.IsUsed || entry.Destination != destination)
        {
            entry = new Entry { Destination = destination, IsUsed = true, Tokens = DestinationBurst * interval, At = now };
        }

        entry.Tokens = Math.Min(DestinationBurst * interval, entry.Tokens + (now - entry.At));
        entry.At = now;
        if (entry.Tokens < interval)
        {
            return false;
        }

        entry.Tokens -= interval;
        return true;
    }

    private struct Entry
    {
        public uint Destination;
        public bool IsUsed;
        public long Tokens;
        public long At;
    }
}
