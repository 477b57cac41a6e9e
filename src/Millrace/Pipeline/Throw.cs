using System.Diagnostics.CodeAnalysis;

namespace Millrace;

/// <summary>Every throw of the packet's path: a <c>throw</c> in a stage would keep it from being inlined.</summary>
internal static class Throw
{
    [DoesNotReturn]
    public static void FrameOutOfRange() => throw new ArgumentOutOfRangeException("frame", "The frame is not one of this arena.");

    [DoesNotReturn]
    public static void FrameNotHeld(int index, string holder, string holders) =>
        throw new InvalidOperationException($"Frame #{index} was released by {holder}, but it is held by {holders}: it would be freed twice.");

    [DoesNotReturn]
    public static void HeadroomExhausted(int wanted, int there) =>
        throw new InvalidOperationException($"A header of {wanted} bytes does not fit before the packet's data: {there} bytes of headroom are left.");

    [DoesNotReturn]
    public static void Disposed(string what) => throw new ObjectDisposedException(what);
}
