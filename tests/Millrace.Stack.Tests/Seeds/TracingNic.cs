using System.Globalization;
using Millrace.Memory;
using Millrace.Nics;
using Millrace.Testing.Packets;

namespace Millrace.Stack.Tests.Seeds;

/// <summary>Any NIC, with a line of text for each packet that passes it.</summary>
internal sealed class TracingNic(Nic inner, string name, PacketText text, Action<string> write) : WrappedNic(inner)
{
    public override NicQueue Open(int queue, Arena arena) => new TracingQueue(this, Inner.Open(queue, arena), arena);

    private void Write(char direction, Arena arena, Frame head, long now)
    {
        var bytes = new List<byte>();
        for (var frame = head; !frame.IsNone; frame = arena.Metadata(frame).NextFragment)
        {
            bytes.AddRange(arena.Data(frame));
        }

        ref var metadata = ref arena.Metadata(head);
        var segments = metadata.GsoSize == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" {metadata.WirePackets}x{metadata.GsoSize}");
        var partial = metadata.Checksum == ChecksumState.Partial ? " partial" : "";
        write(string.Create(CultureInfo.InvariantCulture, $"{now / 1000,10} us {name} {direction} {text.Describe(bytes.ToArray())}{segments}{partial}"));
    }

    private sealed class TracingQueue(TracingNic nic, NicQueue inner, Arena arena) : WrappedQueue(inner)
    {
        public override int Receive(Span<Frame> packets, long now)
        {
            var count = Inner.Receive(packets, now);
            foreach (var packet in packets[..count])
            {
                nic.Write('<', arena, packet, now);
            }

            return count;
        }

        public override int Transmit(ReadOnlySpan<Frame> packets, long now)
        {
            foreach (var packet in packets[..Math.Min(packets.Length, Inner.TransmitRoom)])
            {
                nic.Write('>', arena, packet, now);
            }

            return Inner.Transmit(packets, now);
        }
    }
}
