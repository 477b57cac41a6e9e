using System.Runtime.CompilerServices;
using Millrace.Testing;

namespace Millrace.Stack.Tests.UserStages;

/// <summary>A user's own settings.</summary>
public interface IFrameLimitSettings
{
    /// <summary>Frames let in between two ticks.</summary>
    [Default(10)]
    [Allowed(0, 100)]
    int Limit { get; }

    /// <summary>Nanoseconds between two ticks.</summary>
    [Default(1_000)]
    [Allowed(1, 1_000_000)]
    int TickAfter { get; }

    /// <summary>How many of the last polls are remembered.</summary>
    [Default(4)]
    [Allowed(1, 64)]
    [DecidesCapacity]
    int Polls { get; }
}

/// <summary>A user's own attribute.</summary>
[StageType(typeof(FrameLimitStage<>), Summary = "lets so many frames in between two ticks")]
public sealed class FrameLimitAttribute : StageAttribute
{
    public int Limit { get; set; }

    public int TickAfter { get; set; }

    public int Polls { get; set; }
}

/// <summary>A user's own stage: settings, a timer, the end of a poll, start and stop, and something it is made with.</summary>
[Drops(DropReason.StagePolicy)]
public struct FrameLimitStage<TSettings>(TSettings settings, List<string> log) : IIngressStage, ITimed, IPollEnd, IStartStop
    where TSettings : struct, IFrameLimitSettings
{
    private TSettings settings = settings;
    private int poll;

    /// <summary>Frames since the last tick.</summary>
    public int Seen;

    /// <summary>Frames since the last tick at the ends of the last polls.</summary>
    public int[] History = new int[settings.Polls];

    public long NextDeadline { get; private set; } = long.MaxValue;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Verdict Receive(ref Packet packet) => ++Seen > settings.Limit ? Verdict.Drop(DropReason.StagePolicy) : Verdict.Consumed;

    public void Advance(long now)
    {
        Seen = 0;
        NextDeadline = now + settings.TickAfter;
    }

    public void PollEnd(long now) => History[poll++ % History.Length] = Seen;

    public void Start(long now)
    {
        log.Add($"started at {now}");
        NextDeadline = now + settings.TickAfter;
    }

    public void Stop() => log.Add("stopped");
}

[NetworkStack]
[FrameLimit(Limit = 2, Polls = 2, Runtime = [nameof(FrameLimitAttribute.Limit), nameof(FrameLimitAttribute.TickAfter)])]
public sealed partial class LimitedStack;

[TwinOf<LimitedStack>]
public sealed partial class LimitedTwin;
