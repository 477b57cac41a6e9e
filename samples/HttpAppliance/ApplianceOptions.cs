namespace HttpAppliance;

/// <summary>What the command line asked for.</summary>
internal sealed record ApplianceOptions
{
    /// <summary>The TAP device to serve, or null.</summary>
    public string? Tap { get; init; }

    /// <summary>The capture to replay, or null.</summary>
    public string? Pcap { get; init; }

    /// <summary>The stack's address and prefix; null takes the declared one.</summary>
    public string? Address { get; init; }

    /// <summary>Bytes of the file that the memory run fetches.</summary>
    public long Bytes { get; init; } = 256L << 20;

    /// <summary>Probability that the wire loses a frame.</summary>
    public double Loss { get; init; }

    /// <summary>Milliseconds that a frame is on the wire, each way.</summary>
    public double Delay { get; init; }

    /// <summary>Seed of everything random; null takes one from the operating system.</summary>
    public ulong? Seed { get; init; }

    /// <summary>The file for the report, or null.</summary>
    public string? Json { get; init; }

    /// <summary>Whether the wire of the run is other than perfect.</summary>
    public bool IsImpaired => Loss > 0 || Delay > 0;
}

/// <summary>A run that cannot go on for a reason that a person can mend; the message is one sentence.</summary>
internal sealed class ApplianceException(string message, Exception? cause = null) : Exception(message, cause);
