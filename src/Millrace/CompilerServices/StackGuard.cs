using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;

namespace Millrace.CompilerServices;

/// <summary>What a generated stack throws. Called by generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class StackGuard
{
    [DoesNotReturn]
    public static void Faulted(Exception cause) => throw new InvalidOperationException(
        "The stack is faulted: a handler or a stage threw in an earlier call (see the inner exception). Dispose it and make a new one.", cause);

    [DoesNotReturn]
    public static void NoSuchQueue(int networkInterface, int queue, int ownQueue) => throw new ArgumentOutOfRangeException(
        nameof(queue), $"This stack has interface 0 with queue {ownQueue}, not interface {networkInterface} with queue {queue}.");

    [DoesNotReturn]
    public static void NoSuchQueue(int networkInterface, int queue, Nics.NetworkInterface[] interfaces, int ownQueue) => throw new ArgumentOutOfRangeException(
        nameof(queue),
        $"This stack has interfaces 0 to {interfaces?.Length - 1} with queue {ownQueue}, not interface {networkInterface} with queue {queue}.");

    /// <summary>Throws if a run-time setting is outside of its range.</summary>
    public static void CheckRange(long value, long minimum, long maximum, string name)
    {
        if (value < minimum || value > maximum)
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} is a value from {minimum} to {maximum}.");
        }
    }

    /// <summary>The same for settings that are no whole numbers of 64 bits.</summary>
    public static void CheckRange(double value, long minimum, long maximum, string name)
    {
        if (!(value >= minimum && value <= maximum))
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} is a value from {minimum} to {maximum}.");
        }
    }

    /// <summary>Throws if limits are not positive or do not rise.</summary>
    public static void CheckLimits(Memory.MemoryLimits value, string name)
    {
        if (value.Minimum < 1 || value.Default < value.Minimum || value.Maximum < value.Default)
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} is a minimum, a default and a maximum, positive and in rising order.");
        }
    }
}
