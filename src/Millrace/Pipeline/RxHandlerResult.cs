using System.Runtime.CompilerServices;

namespace Millrace;

/// <summary>What a handler of received frames decided (rx_handler_result_t, include/linux/netdevice.h).</summary>
public readonly struct RxHandlerResult : IEquatable<RxHandlerResult>
{
    private RxHandlerResult(RxHandlerResultKind kind, Verdict verdict)
    {
        Kind = kind;
        Verdict = verdict;
    }

    /// <summary>The packet goes on as if there were no handler.</summary>
    public static RxHandlerResult Pass => default;

    /// <summary>
    /// The handler has changed <see cref="Memory.FrameMetadata.Interface"/>: the packet is received once more, by that interface,
    /// from the taps on. Cursor, EtherType and link header stay as the handler leaves them, and nobody looks again whether the
    /// destination address is that interface's.
    /// </summary>
    public static RxHandlerResult Another => new(RxHandlerResultKind.Another, Verdict.Drop(DropReason.RecursionLimit));

    /// <summary>Only stages that are bound to the packet's interface by <c>On</c> see it; the host's protocols do not.</summary>
    public static RxHandlerResult Exact => new(RxHandlerResultKind.Exact, Verdict.Continue);

    public RxHandlerResultKind Kind { get; }

    /// <summary>
    /// How the packet ends here: what <see cref="Consumed"/> was given; of <see cref="Another"/> what comes of it if there were too
    /// many rounds already; <see cref="Verdict.Continue"/> if it goes on.
    /// </summary>
    public Verdict Verdict { get; }

    /// <summary>
    /// The handler took the packet, and the verdict says how it ended: used up, dropped, held, or turned out
    /// (<see cref="Verdict.Transmit"/>) by the interface in its metadata.
    /// </summary>
    /// <exception cref="InvalidOperationException">The verdict is Continue, which is no end; <see cref="Pass"/> says that.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RxHandlerResult Consumed(Verdict verdict)
    {
        if (verdict.IsContinue)
        {
            Throw.NotConsumed();
        }

        return new RxHandlerResult(RxHandlerResultKind.Consumed, verdict);
    }

    public bool Equals(RxHandlerResult other) => Kind == other.Kind && Verdict.Equals(other.Verdict);

    public override bool Equals(object? obj) => obj is RxHandlerResult other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(Kind, Verdict);

    public override string ToString() => Kind == RxHandlerResultKind.Consumed ? $"Consumed({Verdict})" : Kind.ToString();
}

/// <summary>The four results of a handler of received frames.</summary>
public enum RxHandlerResultKind : byte
{
    /// <summary>RX_HANDLER_PASS.</summary>
    Pass,

    /// <summary>RX_HANDLER_CONSUMED.</summary>
    Consumed,

    /// <summary>RX_HANDLER_ANOTHER.</summary>
    Another,

    /// <summary>RX_HANDLER_EXACT.</summary>
    Exact,
}
