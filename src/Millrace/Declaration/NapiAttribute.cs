namespace Millrace;

/// <summary>How much one poll takes in. The settings belong to the loop itself; there is no stage of this name.</summary>
/// <remarks>
/// As net_rx_action does, a worker polls its queues in rounds: within one it goes on while a poll takes in a full
/// <see cref="Weight"/>, up to <see cref="Budget"/>; between rounds it looks at what was posted to it and whether it is to stop.
/// </remarks>
[StageType(typeof(INapiSettings), Place = 200, Summary = "bounds the packets of a poll and of a round of polls")]
public sealed class NapiAttribute : StageAttribute
{
    /// <summary>Packets a poll of one queue takes in at most.</summary>
    public int Weight { get; set; }

    /// <summary>Packets a round of polls takes in before the worker looks at anything else.</summary>
    public int Budget { get; set; }
}

/// <summary>Settings of <see cref="NapiAttribute"/>.</summary>
public interface INapiSettings
{
    [Default(64, Source = "NAPI_POLL_WEIGHT")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, 4096)]
    [DecidesCapacity]
    int Weight { get; }

    [Default(300, Source = "netdev_budget")]
    [SameIn(KernelProfile.Linux_3_18)]
    [Allowed(1, 1_000_000)]
    int Budget { get; }
}
