using Millrace.Egress;

namespace Millrace;

/// <summary>
/// TCP Small Queues: what a connection has below TCP (outbox, neighbour queue, segmenter, transmit ring) is bounded to about a
/// millisecond of its rate, so that the ring stays short; completions of the NIC let it go on.
/// </summary>
[StageType(typeof(SmallQueuesStage<>), Place = 3000, Summary = "bounds what each connection has below TCP, and lets it go on when it was sent")]
public sealed class SmallQueuesAttribute : StageAttribute
{
    /// <inheritdoc cref="ISmallQueuesSettings.LimitOutputBytes"/>
    public int LimitOutputBytes { get; set; }
}

/// <summary>Settings of <see cref="SmallQueuesAttribute"/>. TCP reads them too: where the stage is not declared, nothing is bounded.</summary>
public interface ISmallQueuesSettings
{
    /// <summary>
    /// Bytes by truesize that a connection may have below TCP, whatever its rate; twice as many for what it sends again. 0 is no
    /// bound at all.
    /// </summary>
    [Default(4 << 20, Source = "tcp_limit_output_bytes")]
    [Default(131_072, Profile = KernelProfile.Linux_3_18, Source = "tcp_limit_output_bytes")]
    [Undeclared(0)]
    [Allowed(0, 1 << 30)]
    int LimitOutputBytes { get; }
}
