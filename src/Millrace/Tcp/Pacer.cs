namespace Millrace.Tcp;

/// <summary>When a paced connection may send: an entry of a table of its own, of which only what is used is there.</summary>
internal struct Pacer
{
    /// <summary>The earliest departure of the next packet, in nanoseconds of the host's clock (tcp_wstamp_ns).</summary>
    public long DepartsAt;

    /// <summary>SO_MAX_PACING_RATE, bytes a second; <see cref="long.MaxValue"/> for none.</summary>
    public long MaximumRate;

    /// <summary>Nanoseconds that the packets at hand came later than they might have.</summary>
    public long Credit;

    /// <summary>Bytes that still go together with those before, as they would in one packet of many segments.</summary>
    public int Quantum;

    /// <summary>Segments of data that went, up to the number from which on they are spread.</summary>
    public int Sent;
}
