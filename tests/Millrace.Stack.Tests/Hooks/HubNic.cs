using System.Buffers.Binary;
using Millrace.Headers;
using Millrace.Memory;
using Millrace.Nics;

namespace Millrace.Stack.Tests.Hooks;

/// <summary>
/// Two NICs as one: a router with one arm in the middle of a hub. Which port a packet leaves by is told by the third number of the
/// address that it is for, 1 or 2.
/// </summary>
internal sealed class HubNic(Nic left, Nic right, int mtu) : Nic
{
    public override NicFeatures Features => left.Features & right.Features;

    public override MacAddress Address => left.Address;

    public override int Mtu => mtu;

    public override bool IsLinkUp => left.IsLinkUp && right.IsLinkUp;

    public override int Revision => left.Revision + right.Revision;

    public override int QueueCount => 1;

    public override NicQueue Open(int queue, Arena arena) => new HubQueue(left.Open(0, arena), right.Open(0, arena), arena);

    private sealed class HubQueue(NicQueue left, NicQueue right, Arena arena) : NicQueue
    {
        private const int ArpTarget = EthernetHeader.Length + 24;
        private const int Ipv4Destination = EthernetHeader.Length + 16;

        public override int RingSize => left.RingSize + right.RingSize;

        public override int Vacant => left.Vacant + right.Vacant;

        public override int TransmitRoom => Math.Min(left.TransmitRoom, right.TransmitRoom);

        public override long Missed => left.Missed + right.Missed;

        public override void Post(ReadOnlySpan<Frame> empty)
        {
            for (var i = 0; i < empty.Length; i++)
            {
                (left.Vacant >= right.Vacant ? left : right).Post(empty.Slice(i, 1));
            }
        }

        public override int Receive(Span<Frame> packets, long now)
        {
            var half = left.Receive(packets[..(packets.Length / 2)], now);
            return half + right.Receive(packets[half..], now);
        }

        public override int Transmit(ReadOnlySpan<Frame> packets, long now)
        {
            for (var i = 0; i < packets.Length; i++)
            {
                if (PortOf(packets[i]).Transmit(packets.Slice(i, 1), now) == 0)
                {
                    return i;
                }
            }

            return packets.Length;
        }

        public override int Reclaim(Span<Frame> packets, long now)
        {
            var count = left.Reclaim(packets, now);
            return count + right.Reclaim(packets[count..], now);
        }

        public override bool Wait(TimeSpan timeout) => left.Wait(timeout / 2) || right.Wait(timeout / 2);

        public override void Wake() => left.Wake();

        public override void Drain()
        {
            left.Drain();
            right.Drain();
        }

        private NicQueue PortOf(Frame packet)
        {
            var data = arena.Data(packet);
            var target = EthernetHeader.Type(data) == EtherType.Arp ? ArpTarget : Ipv4Destination;
            return (byte)(BinaryPrimitives.ReadUInt32BigEndian(data[target..]) >> 8) == 2 ? right : left;
        }
    }
}
