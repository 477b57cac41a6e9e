using System.Runtime.InteropServices;

namespace Millrace.Workers;

/// <summary>
/// How far a ring is: producers write <see cref="Head"/> and the consumer the others. A pair of cache lines each, because lines are
/// fetched in pairs.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 384)]
internal struct RingPositions
{
    /// <summary>What was ever put in.</summary>
    [FieldOffset(128)]
    public long Head;

    /// <summary>What was ever taken.</summary>
    [FieldOffset(256)]
    public long Tail;

    /// <summary>What was taken in polls that are over.</summary>
    [FieldOffset(264)]
    public long Finished;
}
