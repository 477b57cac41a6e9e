using Millrace.Memory;

namespace Millrace.Nics;

/// <summary>
/// A NIC around another that writes what passes to a capture, as the stack sees it: unsegmented packets whole, unfinished
/// checksums unfinished. The writer stays the caller's, to flush and to dispose.
/// </summary>
/// <param name="networkInterface">Index of the interface in the capture.</param>
/// <param name="timeOffset">What to add to the stack's time to get nanoseconds since 1970.</param>
public sealed class CapturingNic(Nic inner, CaptureWriter writer, int networkInterface = 0, long timeOffset = 0) : WrappedNic(inner)
{
    private readonly CaptureWriter writer = writer ?? throw new ArgumentNullException(nameof(writer));

    public override NicQueue Open(int queue, Arena arena)
    {
        ArgumentNullException.ThrowIfNull(arena);
        return new Queue(this, Inner.Open(queue, arena), arena);
    }

    private void Write(Arena arena, ReadOnlySpan<Frame> packets, long now, CaptureDirection direction)
    {
        // the queues of several workers, or several NICs, may share a writer
        lock (writer)
        {
            foreach (var packet in packets)
            {
                PacketCapture.Write(writer, arena, packet, now + timeOffset, networkInterface, direction);
            }
        }
    }

    private sealed class Queue(CapturingNic nic, NicQueue inner, Arena arena) : WrappedQueue(inner)
    {
        public override int Receive(Span<Frame> packets, long now)
        {
            var count = Inner.Receive(packets, now);
            nic.Write(arena, packets[..count], now, CaptureDirection.Inbound);
            return count;
        }

        public override int Transmit(ReadOnlySpan<Frame> packets, long now)
        {
            var count = Inner.Transmit(packets, now);

            // accepted, but not yet reclaimed: the frames are still as they were
            nic.Write(arena, packets[..count], now, CaptureDirection.Outbound);
            return count;
        }
    }
}

internal static class PacketCapture
{
    /// <summary>Writes a packet that may be spread over frames.</summary>
    public static void Write(CaptureWriter writer, Arena arena, Frame packet, long timestamp, int networkInterface, CaptureDirection direction)
    {
        var length = arena.Metadata(packet).TotalLength;
        writer.Begin(timestamp, length, length, networkInterface, direction);
        for (var frame = packet; !frame.IsNone; frame = arena.Metadata(frame).NextFragment)
        {
            writer.Append(arena.Data(frame));
        }

        writer.End();
    }
}
