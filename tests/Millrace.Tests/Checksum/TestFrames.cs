using Millrace.Memory;

namespace Millrace.Tests.Checksum;

/// <summary>Byte arrays as chains of frames and back.</summary>
internal static class TestFrames
{
    /// <summary>A packet held by the loop whose head has <paramref name="headLength"/> bytes and each next frame as many as it is told.</summary>
    public static Frame Chain(Arena arena, ReadOnlySpan<byte> bytes, int headLength, Func<int> nextLength, Share share = Share.Sockets, int dataOffset = Arena.Headroom)
    {
        var head = Fill(arena, bytes[..headLength], share, dataOffset);
        var last = head;
        for (var at = headLength; at < bytes.Length;)
        {
            var count = Math.Min(bytes.Length - at, nextLength());
            var frame = Fill(arena, bytes.Slice(at, count), share, dataOffset);
            arena.Metadata(last).NextFragment = frame;
            last = frame;
            at += count;
        }

        arena.Metadata(head).TotalLength = bytes.Length;
        return head;
    }

    public static byte[] Bytes(Arena arena, Frame head)
    {
        var bytes = new List<byte>();
        for (var frame = head; !frame.IsNone; frame = arena.Metadata(frame).NextFragment)
        {
            bytes.AddRange(arena.Data(frame));
        }

        Assert.Equal(arena.Metadata(head).TotalLength, bytes.Count);
        return [.. bytes];
    }

    private static Frame Fill(Arena arena, ReadOnlySpan<byte> bytes, Share share, int dataOffset)
    {
        Assert.True(arena.TryAllocate(share, Holders.Loop, out var frame));
        ref var metadata = ref arena.Metadata(frame);
        metadata.DataOffset = (ushort)dataOffset;
        metadata.DataLength = (ushort)bytes.Length;
        metadata.TotalLength = bytes.Length;
        bytes.CopyTo(arena.Data(frame));
        return frame;
    }
}
