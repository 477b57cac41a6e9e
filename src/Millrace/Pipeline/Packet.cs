using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace;

/// <summary>
/// The packet a loop is working on: a cursor over its first frame, and its metadata. It lives in a local of the generated
/// loop and is passed by reference to stages that are inlined; whatever is not inlined gets values instead, because an
/// exposed address would push every field of it to memory.
/// </summary>
public ref struct Packet
{
    private ref FrameMetadata metadata;
    private Span<byte> data;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Packet(Frame frame, ref FrameMetadata metadata)
    {
        Frame = frame;
        this.metadata = ref metadata;
        data = Arena.Data(ref metadata);
    }

    /// <summary>Resumes at a cursor further in: <paramref name="offset"/> is in bytes from the start of the slot.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Packet(Frame frame, ref FrameMetadata metadata, int offset)
        : this(frame, ref metadata) => data = data.Slice(offset - metadata.DataOffset);

    /// <summary>The first frame of the packet.</summary>
    public Frame Frame { get; }

    public readonly ref FrameMetadata Metadata => ref metadata;

    /// <summary>The bytes from the cursor to the end of the first frame's data.</summary>
    public readonly Span<byte> Data => data;

    /// <summary>Bytes from the cursor to the end of the first frame's data.</summary>
    public readonly int Length => data.Length;

    /// <summary>Bytes from the cursor to the end of the packet, over all its frames.</summary>
    public readonly int TotalLength
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => metadata.TotalLength - (metadata.DataLength - data.Length);
    }

    /// <summary>The cursor, in bytes from the start of the slot.</summary>
    public readonly int Offset
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => metadata.DataOffset + metadata.DataLength - data.Length;
    }

    /// <summary>Ingress: the type of the network header at the cursor, set by the link layer.</summary>
    public EtherType EtherType;

    /// <summary>Ingress: the protocol of the transport header at the cursor, set by the network layer.</summary>
    public IpProtocol Protocol;

    /// <summary>Moves the cursor over a header that has been read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Pull(int count) => data = data.Slice(count, data.Length - count);

    /// <summary>
    /// Egress: makes room for a header before the cursor and moves the cursor to it. The data of the packet begins there
    /// afterwards.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<byte> Push(int count)
    {
        var start = metadata.DataOffset - count;
        if (start < 0)
        {
            Throw.HeadroomExhausted(count, metadata.DataOffset);
        }

        metadata.DataOffset = (ushort)start;
        metadata.DataLength = (ushort)(metadata.DataLength + count);
        metadata.TotalLength += count;
        data = Arena.Data(ref metadata);
        return data.Slice(0, count);
    }

    /// <summary>Cuts what follows the given length from the cursor (link-layer padding) off a packet of one frame.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Trim(int length)
    {
        var surplus = data.Length - length;
        metadata.DataLength = (ushort)(metadata.DataLength - surplus);
        metadata.TotalLength -= surplus;
        data = data.Slice(0, length);
    }
}
