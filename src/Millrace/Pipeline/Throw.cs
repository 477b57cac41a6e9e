using System.Diagnostics.CodeAnalysis;

namespace Millrace;

/// <summary>Every throw of the packet's path: a <c>throw</c> in a stage would keep it from being inlined.</summary>
internal static class Throw
{
    [DoesNotReturn]
    public static void FrameOutOfRange() => throw new ArgumentOutOfRangeException("frame", "The frame is not one of this arena.");

    [DoesNotReturn]
    public static void IndexOutOfRange() => throw new ArgumentOutOfRangeException("index", "The table has no such entry.");

    [DoesNotReturn]
    public static void FrameNotHeld(int index, Memory.Holders holder, Memory.Holders holders) =>
        throw new InvalidOperationException($"Frame #{index} was released by {holder}, but it is held by {holders}: it would be freed twice.");

    [DoesNotReturn]
    public static void HeadroomExhausted(int wanted, int there) =>
        throw new InvalidOperationException($"A header of {wanted} bytes does not fit before the packet's data: {there} bytes of headroom are left.");

    [DoesNotReturn]
    public static void ReceiveRingFull(int ringSize) =>
        throw new InvalidOperationException($"The receive ring already holds its {ringSize} frames: post no more than Vacant says.");

    [DoesNotReturn]
    public static void NotOffered(string feature) =>
        throw new InvalidOperationException($"The packet needs {feature}, which this NIC does not offer: finish it in software before it is transmitted.");

    [DoesNotReturn]
    public static void ConcurrentUse() =>
        throw new InvalidOperationException("Two threads use the ends of this wire at once: make it with MemoryWireOptions.Concurrent = true.");

    [DoesNotReturn]
    public static void QueueFull() => throw new InvalidOperationException("The queue is full.");

    [DoesNotReturn]
    public static void QueueEmpty() => throw new InvalidOperationException("The queue is empty.");

    [DoesNotReturn]
    public static void FlowNotOwned() =>
        throw new InvalidOperationException("A flow was given up that had not been claimed: the owners of flows are no longer true.");

    [DoesNotReturn]
    public static void NoHookVerdict(VerdictKind verdict) =>
        throw new InvalidOperationException($"A hook's verdict was {verdict}: return Continue, Drop or Consumed.");

    [DoesNotReturn]
    public static void NotConsumed() =>
        throw new InvalidOperationException("A packet that is consumed has an end, and Continue is none: return RxHandlerResult.Pass, or name another verdict.");

    [DoesNotReturn]
    public static void NoSuchInterface(int index, int count) =>
        throw new InvalidOperationException($"A handler passed a packet to interface {index}: write an index from 0 to {count - 1} into its metadata.");

    [DoesNotReturn]
    public static void Disposed(string what) => throw new ObjectDisposedException(what);
}
