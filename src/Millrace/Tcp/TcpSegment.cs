using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <summary>A segment that has arrived, with its header checked and taken apart.</summary>
internal ref struct TcpSegment
{
    public Frame Frame;
    public ref FrameMetadata Metadata;
    public FlowKey Key;
    public SequenceNumber Sequence;
    public SequenceNumber Acknowledgment;
    public TcpFlags Flags;

    /// <summary>The window field, not scaled.</summary>
    public ushort Window;

    /// <summary>Offset of the payload's first byte from the start of the head's slot.</summary>
    public int PayloadOffset;

    /// <summary>Bytes of payload in all frames.</summary>
    public int PayloadLength;

    public TcpOptions Options;

    /// <summary>Bytes of options in the header.</summary>
    public int OptionsLength;

    /// <summary>All options as they came, for what only a SYN can say.</summary>
    public readonly ReadOnlySpan<byte> OptionBytes => Arena.Slot(ref Metadata).Slice(PayloadOffset - OptionsLength, OptionsLength);

    public readonly bool IsSyn => (Flags & TcpFlags.Syn) != 0;

    public readonly bool IsAck => (Flags & TcpFlags.Ack) != 0;

    public readonly bool IsReset => (Flags & TcpFlags.Rst) != 0;

    public readonly bool IsFin => (Flags & TcpFlags.Fin) != 0;

    /// <summary>SEG.LEN: payload, SYN and FIN (RFC 9293 §3.3.1).</summary>
    public readonly int Length => PayloadLength + (IsSyn ? 1 : 0) + (IsFin ? 1 : 0);

    public readonly SequenceNumber End => Sequence + Length;
}
