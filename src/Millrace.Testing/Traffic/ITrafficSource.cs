using Millrace.Testing.Packets;

namespace Millrace.Testing.Traffic;

/// <summary>
/// Makes the frames that a stack receives. What it makes follows from the random numbers, the times and the frames it was
/// shown, so a run is repeated by its seed.
/// </summary>
public interface ITrafficSource
{
    /// <summary>Adds the frames that arrive before a poll at <paramref name="now"/>, perhaps none.</summary>
    void Next(TrafficRandom random, long now, IList<byte[]> frames);

    /// <summary>Sees a frame that the stack has sent, for sources that answer.</summary>
    void Observe(Dissection frame, long now)
    {
    }
}

/// <summary>A frame and the nanosecond at which it arrives.</summary>
public sealed record TimedFrame(byte[] Bytes, long At)
{
    /// <summary>A list of what a source makes by itself, unanswered, over a number of polls.</summary>
    public static IReadOnlyList<TimedFrame> Generate(ITrafficSource source, ulong seed, int polls, long pollEvery = 1_000_000)
    {
        ArgumentNullException.ThrowIfNull(source);
        var random = new TrafficRandom(seed);
        var all = new List<TimedFrame>();
        var frames = new List<byte[]>();
        for (long now = 0; now < polls * pollEvery; now += pollEvery)
        {
            frames.Clear();
            source.Next(random, now, frames);
            foreach (var frame in frames)
            {
                all.Add(new TimedFrame(frame, now));
            }
        }

        return all;
    }
}
