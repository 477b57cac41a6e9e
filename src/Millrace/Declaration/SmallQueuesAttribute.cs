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

    /// <inheritdoc cref="ISmallQueuesSettings.Rule"/>
    public SmallQueueRule Rule { get; set; }
}

/// <summary>Settings of <see cref="SmallQueuesAttribute"/>. TCP reads them too: where the stage is not declared, nothing is bounded.</summary>
public interface ISmallQueuesSettings
{
    /// <summary>
    /// Bytes by truesize that a connection may have below TCP, whatever its rate. 0 is no
    /// bound at all. How it counts is <see cref="Rule"/>'s.
    /// </summary>
    [Default(4 << 20, Source = "tcp_limit_output_bytes")]
    [Default(131_072, Profile = KernelProfile.Linux_3_18, Source = "tcp_limit_output_bytes")]
    [Undeclared(0)]
    [Allowed(0, 1 << 30)]
    int LimitOutputBytes { get; }

    /// <summary>How the bound and the connection's rate make its limit.</summary>
    [Default(SmallQueueRule.Capped, Source = "tcp_small_queue_check")]
    [Default(SmallQueueRule.Floor, Profile = KernelProfile.Linux_3_18, Source = "tcp_write_xmit")]
    SmallQueueRule Rule { get; }
}

/// <summary>What a connection may have below TCP (net/ipv4/tcp_output.c); "a millisecond" is 2^-10 s at its pacing rate.</summary>
public enum SmallQueueRule
{
    /// <summary>
    /// A millisecond or two packets if that is more, and never more than <see cref="ISmallQueuesSettings.LimitOutputBytes"/>; twice as
    /// much for what is sent again, and no limit while at most one packet is unacknowledged (Linux 6.16).
    /// </summary>
    Capped,

    /// <summary>
    /// <see cref="ISmallQueuesSettings.LimitOutputBytes"/> or a millisecond if that is more; what is sent again waits only for the
    /// send buffer (Linux 3.12 to 3.18).
    /// </summary>
    Floor,
}
