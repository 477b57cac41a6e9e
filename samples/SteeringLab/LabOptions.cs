using SteeringLab.Steering;

namespace SteeringLab;

/// <summary>What the command line asked for.</summary>
internal sealed record LabOptions
{
    /// <summary>Flows of the generator.</summary>
    public int Flows { get; init; } = 64;

    /// <summary>What they are.</summary>
    public FlowMix Mix { get; init; } = FlowMix.Both;

    /// <summary>Workers of the server: 1 or 2.</summary>
    public int Workers { get; init; } = 2;

    /// <summary>Packets a second of all flows together; 0 sends as fast as the server takes them.</summary>
    public long Load { get; init; }

    /// <summary>Probability that the wire loses a packet; it counts what it loses.</summary>
    public double Loss { get; init; }

    /// <summary>Probability that the wire keeps a packet back until later ones have overtaken it, to see that the lab finds it.</summary>
    public double Reorder { get; init; }

    /// <summary>How long the traffic runs; null until somebody ends it.</summary>
    public double? Seconds { get; init; }

    /// <summary>Changes at given times, or null.</summary>
    public LabScript? Script { get; init; }

    /// <summary>Seconds from one random change to the next, or null for none.</summary>
    public double? Churn { get; init; }

    /// <summary>Seed of all that is random; null takes one from the operating system.</summary>
    public ulong? Seed { get; init; }

    /// <summary>The file for the report, or null.</summary>
    public string? Json { get; init; }
}

/// <summary>The transports of the flows.</summary>
internal enum FlowMix
{
    /// <summary>Every second flow is a connection, the others are datagrams.</summary>
    Both,

    Tcp,

    Udp,
}

/// <summary>A run that cannot go on for a reason that a person can mend; the message is one sentence.</summary>
internal sealed class LabException(string message, Exception? cause = null) : Exception(message, cause);
