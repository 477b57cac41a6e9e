using System.Runtime.CompilerServices;

namespace Millrace;

/// <summary>
/// What a stage decided about a packet. The stage judges and the loop moves: a stage never frees, forwards or queues a
/// frame by itself.
/// </summary>
public readonly struct Verdict : IEquatable<Verdict>
{
    private readonly uint value;

    private Verdict(uint value) => this.value = value;

    /// <summary>The next stage sees the packet.</summary>
    public static Verdict Continue => new((uint)VerdictKind.Continue);

    /// <summary>The stage used the packet up (an ARP reply, a pure acknowledgement); the loop frees it.</summary>
    public static Verdict Consumed => new((uint)VerdictKind.Consumed);

    /// <summary>An application has seen the packet; the loop frees it.</summary>
    public static Verdict Deliver => new((uint)VerdictKind.Deliver);

    /// <summary>The packet's bytes are a socket's now; its frames belong to the socket's queue.</summary>
    public static Verdict Queued => new((uint)VerdictKind.Queued);

    /// <summary>Ingress: the packet goes out as it stands by the interface in its metadata.</summary>
    public static Verdict Transmit => new((uint)VerdictKind.Transmit);

    /// <summary>The stage keeps the packet in a <see cref="Memory.FrameList"/> and will give it back by itself.</summary>
    public static Verdict Held => new((uint)VerdictKind.Held);

    /// <summary>The loop counts the packet under the reason and frees it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Verdict Drop(DropReason reason) => new((uint)VerdictKind.Drop | ((uint)reason << 8));

    public VerdictKind Kind => (VerdictKind)(byte)value;

    /// <summary>Why, if <see cref="Kind"/> is <see cref="VerdictKind.Drop"/>.</summary>
    public DropReason Reason => (DropReason)(value >> 8);

    public bool IsContinue => value == (uint)VerdictKind.Continue;

    public bool Equals(Verdict other) => value == other.value;

    public override bool Equals(object? obj) => obj is Verdict other && Equals(other);

    public override int GetHashCode() => (int)value;

    public override string ToString() => Kind == VerdictKind.Drop ? $"Drop({Reason})" : Kind.ToString();
}

public enum VerdictKind : byte
{
    Continue,
    Consumed,
    Deliver,
    Queued,
    Transmit,
    Held,
    Drop,
}
