namespace Millrace;

/// <summary>How much one poll takes in. The settings belong to the loop itself; there is no stage of this name.</summary>
/// <remarks>
/// netdev_budget has no counterpart: it bounds a round over several queues, and a worker has one; between two polls it
/// looks at everything else.
/// </remarks>
[StageType(typeof(INapiSettings), Place = 200, Summary = "bounds the packets of a poll")]
public sealed class NapiAttribute : StageAttribute
{
    /// <summary>Packets a poll of one queue takes in at most.</summary>
    public int Weight { get; set; }
}

/// <summary>Settings of <see cref="NapiAttribute"/>.</summary>
public interface INapiSettings
{
    [Default(64, Source = "NAPI_POLL_WEIGHT")]
    [Allowed(1, 4096)]
    [DecidesCapacity]
    int Weight { get; }
}
