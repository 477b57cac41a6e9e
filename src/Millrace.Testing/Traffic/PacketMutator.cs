using Millrace.Testing.Packets;

namespace Millrace.Testing.Traffic;

/// <summary>
/// Spoils frames: blindly (bits, bytes, length) and by field (lengths, offsets, flags, options, ports). Often the checksums
/// are repaired afterwards, so that the damage is found by what reads the field and not by a sum.
/// </summary>
public static class PacketMutator
{
    /// <summary>A spoilt copy of a frame.</summary>
    public static byte[] Mutate(ReadOnlySpan<byte> frame, TrafficRandom random)
    {
        ArgumentNullException.ThrowIfNull(random);
        var spoilt = frame.ToArray();
        for (var left = random.Chance(70) ? 1 : random.Between(2, 4); left > 0; left--)
        {
            spoilt = Once(spoilt, random);
        }

        if (random.Chance(70))
        {
            ChecksumRepair.Repair(spoilt);
        }

        return spoilt;
    }

    private static byte[] Once(byte[] frame, TrafficRandom random)
    {
        if (frame.Length == 0)
        {
            return random.Bytes(random.Next(64));
        }

        switch (random.Next(12))
        {
            case 0:
            case 1:
                var bit = random.Next(frame.Length * 8);
                frame[bit / 8] ^= (byte)(1 << bit % 8);
                return frame;
            case 2:
                frame[random.Next(Math.Min(frame.Length, 80))] = random.Pick<byte>([0, 1, 0x7F, 0x80, 0xFE, 0xFF]);
                return frame;
            case 3:
                return frame[..random.Next(frame.Length + 1)];
            case 4:
                return [.. frame, .. random.Bytes(random.Chance(80) ? random.Next(40) : random.Next(Math.Max(1, 1514 - Math.Min(frame.Length, 1513))))];
            case 5:
                var count = random.Next(Math.Min(frame.Length, 24) + 1);
                var (from, to) = (random.Next(frame.Length - count + 1), random.Next(frame.Length - count + 1));
                frame.AsSpan(from, count).CopyTo(frame.AsSpan(to));
                return frame;
            default:
                Field(frame, random);
                return frame;
        }
    }

    private static void Field(byte[] frame, TrafficRandom random)
    {
        var start = ChecksumRepair.NetworkOffset(frame);
        if (start < 0)
        {
            if (frame.Length > EthernetFrame.HeaderLength)
            {
                frame[random.Between(EthernetFrame.HeaderLength - 2, Math.Min(frame.Length - 1, 41))] = (byte)random.Next(256);
            }

            return;
        }

        var packet = frame.AsSpan(start);
        var header = Math.Max((packet[0] & 0xF) * 4, Ipv4Datagram.MinimumHeaderLength);
        if (random.Chance(40) || header + UdpMessage.HeaderLength > packet.Length)
        {
            NetworkField(packet, random);
            return;
        }

        var transport = packet[header..];
        if (packet[9] == Ipv4Datagram.Tcp && transport.Length >= TcpSegment.MinimumHeaderLength)
        {
            TcpField(transport, random);
        }
        else
        {
            var field = random.Next(4) * 2;
            WireFormat.Put16(transport, field, Number(random, WireFormat.Get16(transport, field)));
        }
    }

    private static void NetworkField(Span<byte> packet, TrafficRandom random)
    {
        switch (random.Next(9))
        {
            case 0:
                packet[0] = (byte)(packet[0] & 0xF0 | random.Next(16));
                break;
            case 1:
                packet[0] = (byte)(random.Next(16) << 4 | packet[0] & 0xF);
                break;
            case 2:
            case 3:
                WireFormat.Put16(packet, 2, Number(random, WireFormat.Get16(packet, 2)));
                break;
            case 4:
                WireFormat.Put16(packet, 6, (ushort)(random.Next(8) << 13 | random.Next(random.Chance(50) ? 4 : 0x2000)));
                break;
            case 5:
                packet[8] = (byte)random.Next(3);
                break;
            case 6:
                packet[9] = random.Pick<byte>([0, 1, 2, 6, 17, 41, 50, 58, 132, 255]);
                break;
            case 7:
                WireFormat.Put32(packet, 12, Address(random, packet));
                break;
            default:
                WireFormat.Put32(packet, 16, Address(random, packet));
                break;
        }
    }

    private static void TcpField(Span<byte> segment, TrafficRandom random)
    {
        switch (random.Next(9))
        {
            case 0:
                segment[12] = (byte)(random.Next(16) << 4 | segment[12] & 0xF);
                break;
            case 1:
                segment[13] = (byte)random.Next(256);
                break;
            case 2:
                WireFormat.Put16(segment, 14, Number(random, WireFormat.Get16(segment, 14)));
                break;
            case 3:
                WireFormat.Put16(segment, 18, (ushort)random.NextUInt32());
                break;
            case 4:
                WireFormat.Put32(segment, 4, WireFormat.Get32(segment, 4) + Distance(random));
                break;
            case 5:
                WireFormat.Put32(segment, 8, WireFormat.Get32(segment, 8) + Distance(random));
                break;
            case 6:
                var port = random.Next(2) * 2;
                WireFormat.Put16(segment, port, Number(random, WireFormat.Get16(segment, port)));
                break;
            default:
                var options = (segment[12] >> 4) * 4;
                if (options > TcpSegment.MinimumHeaderLength && options <= segment.Length)
                {
                    segment[random.Between(TcpSegment.MinimumHeaderLength, options - 1)] = (byte)random.Next(random.Chance(50) ? 12 : 256);
                }

                break;
        }
    }

    /// <summary>A number near the true one, or an extreme.</summary>
    private static ushort Number(TrafficRandom random, ushort value) => random.Next(4) switch
    {
        0 => (ushort)random.NextUInt32(),
        1 => random.Pick<ushort>([0, 1, 0x7FFF, 0x8000, 0xFFFF]),
        _ => (ushort)(value + random.Between(-16, 16)),
    };

    private static uint Distance(TrafficRandom random) => random.Next(4) switch
    {
        0 => random.NextUInt32(),
        1 => 0x8000_0000,
        _ => (uint)random.Between(-3000, 3000),
    };

    private static uint Address(TrafficRandom random, ReadOnlySpan<byte> packet) => random.Next(7) switch
    {
        0 => 0,
        1 => 0xFFFF_FFFF,
        2 => 0x7F00_0001,
        3 => 0xE000_0001,
        4 => WireFormat.Get32(packet, 16),
        5 => WireFormat.Get32(packet, 12) | 0xFF,
        _ => random.NextUInt32(),
    };
}
