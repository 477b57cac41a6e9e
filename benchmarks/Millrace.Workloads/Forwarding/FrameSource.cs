namespace Millrace.Workloads.Forwarding;

/// <summary>Frames of one length that lie in memory, at multiples of 64 bytes, and come in again and again.</summary>
internal sealed class FrameSource
{
    public const int Count = 64;

    private FrameSource(byte[] bytes, int frameLength, int distance)
    {
        Bytes = bytes;
        FrameLength = frameLength;
        Distance = distance;
    }

    public int FrameLength { get; }

    /// <summary>Bytes from one frame to the next.</summary>
    public int Distance { get; }

    /// <summary>All frames; an array that the garbage collector does not move.</summary>
    public byte[] Bytes { get; }

    public Span<byte> this[int index] => Bytes.AsSpan(index % Count * Distance, FrameLength);

    /// <param name="write">Writes the frame of an index into bytes that are zero.</param>
    public static FrameSource Make<TLength>(FrameWriter write)
        where TLength : struct, IFrameLength
    {
        var distance = (TLength.Bytes + 63) / 64 * 64;
        var source = new FrameSource(GC.AllocateArray<byte>(Count * distance, pinned: true), TLength.Bytes, distance);
        for (var i = 0; i < Count; i++)
        {
            write(source[i], i);
        }

        return source;
    }
}

internal delegate void FrameWriter(Span<byte> frame, int index);
