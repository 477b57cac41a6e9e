using Millrace.Testing.Packets;

namespace Millrace.Testing.Traffic;

/// <summary>
/// Real packets aimed at a stack: destination rewritten to the stack's addresses and the source to a neighbour's, checksums
/// brought along by RFC 1624 so that a wrong one stays wrong.
/// </summary>
public static class CaptureTraffic
{
    /// <summary>A captured frame as if it had been sent to the stack; null if it holds no IPv4.</summary>
    public static byte[]? Retarget(ReadOnlySpan<byte> frame, TrafficTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        var start = ChecksumRepair.NetworkOffset(frame);
        if (start < 0)
        {
            return null;
        }

        // a VLAN tag is taken off: the neighbours are on the untagged network
        byte[] copy = [.. frame[..12], .. frame[(start - 2)..]];
        var packet = copy.AsSpan(EthernetFrame.HeaderLength);
        var path = target.From((int)(WireFormat.Get32(packet, 12) % (uint)target.PeerCount));
        WireFormat.Put48(copy, 0, path.DestinationMac);
        WireFormat.Put48(copy, 6, path.SourceMac);
        Rewrite(packet, 12, path.Source);
        Rewrite(packet, 16, path.Destination);
        return copy;
    }

    /// <summary>Every frame of a capture: as it is, and aimed at the stack.</summary>
    public static IEnumerable<byte[]> BesideRetargeted(IEnumerable<byte[]> capture, TrafficTarget target)
    {
        foreach (var frame in capture)
        {
            yield return frame;
            if (Retarget(frame, target) is { } aimed)
            {
                yield return aimed;
            }
        }
    }

    private static void Rewrite(Span<byte> packet, int offset, uint address)
    {
        var before = WireFormat.Get32(packet, offset);
        WireFormat.Put32(packet, offset, address);
        Follow(packet, 10, before, address);
        var transport = (packet[0] & 0xF) * 4 + packet[9] switch { Ipv4Datagram.Tcp => 16, Ipv4Datagram.Udp => 6, _ => 0x10000 };
        if (transport + 2 <= packet.Length && (WireFormat.Get16(packet, 6) & 0x1FFF) == 0
            && !(packet[9] == Ipv4Datagram.Udp && WireFormat.Get16(packet, transport) == 0))
        {
            Follow(packet, transport, before, address);
        }
    }

    private static void Follow(Span<byte> packet, int checksum, uint before, uint after)
    {
        var value = WireChecksum.Update(WireFormat.Get16(packet, checksum), (ushort)(before >> 16), (ushort)(after >> 16));
        WireFormat.Put16(packet, checksum, WireChecksum.Update(value, (ushort)before, (ushort)after));
    }
}
