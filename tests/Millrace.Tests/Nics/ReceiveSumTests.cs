using Millrace.Headers;
using Millrace.Ingress;
using Millrace.Memory;
using Millrace.Nics;
using Millrace.Tests.Checksum;
using Millrace.Tests.Gro;

namespace Millrace.Tests.Nics;

public sealed class ReceiveSumTests
{
    private static readonly MemoryWireOptions Summing = new() { Mode = WireMode.Copying, Features = NicFeatures.ReceiveSum };

    [Fact]
    public void A_wire_that_copies_sums_what_it_copies()
    {
        using var wire = new MemoryWire(Summing);
        using var sender = new Station(wire.A);
        using var receiver = new Station(wire.B);
        var random = new Random(1);
        for (var length = 14; length < 1514; length += 7)
        {
            var bytes = new byte[length];
            random.NextBytes(bytes);
            sender.Send(bytes, 0);
            var packet = receiver.Receive(0);
            Assert.Equal(bytes, receiver.Bytes(packet));
            Assert.Equal(0x1_0000u | PlainChecksum.Sum(bytes), receiver.Arena.Metadata(packet).ReceivedSum);
            Assert.Equal(ChecksumState.None, receiver.Arena.Metadata(packet).Checksum);
            receiver.Free(packet);
            receiver.Refill();
            sender.Reclaim(0);
        }
    }

    [Fact]
    public void A_wire_that_was_not_asked_sums_nothing()
    {
        using var wire = new MemoryWire(Summing with { Features = NicFeatures.None });
        using var sender = new Station(wire.A);
        using var receiver = new Station(wire.B);
        sender.Send(new byte[100], 0);
        Assert.Equal(0u, receiver.Arena.Metadata(receiver.Receive(0)).ReceivedSum);
    }

    [Fact]
    public void A_segment_is_judged_by_the_sum_as_by_its_bytes()
    {
        using var wire = new MemoryWire(Summing);
        using var sender = new Station(wire.A);
        using var receiver = new Station(wire.B);
        var random = new Random(2);
        var drops = 0;
        for (var i = 0; i < 2_000; i++)
        {
            var payload = new byte[random.Next(0, 1460)];
            random.NextBytes(payload);
            var bytes = new TcpPacket { Payload = payload, Sequence = (uint)i, Padding = i % 5 == 0 ? random.Next(8) : 0 }.ToBytes();
            if (i % 3 != 0)
            {
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            }

            sender.Send(bytes, 0);
            var packet = receiver.Receive(0);
            ref var metadata = ref receiver.Arena.Metadata(packet);
            var offset = metadata.DataOffset + EthernetHeader.Length;
            var bySum = ReceivedChecksum.Verify(receiver.Arena, packet, offset, ref metadata);
            metadata.ReceivedSum = 0;
            var byBytes = ReceivedChecksum.Verify(receiver.Arena, packet, offset, ref metadata);
            Assert.Equal(byBytes, bySum);
            drops += bySum.Kind == VerdictKind.Drop ? 1 : 0;
            receiver.Free(packet);
            receiver.Refill();
            sender.Reclaim(0);
        }

        Assert.InRange(drops, 1_000, 1_400);
    }

    [Fact]
    public void A_sum_of_bytes_that_were_moved_since_drops_nothing()
    {
        using var wire = new MemoryWire(Summing);
        using var sender = new Station(wire.A);
        using var receiver = new Station(wire.B);
        sender.Send(new TcpPacket { Payload = new byte[1000] }.ToBytes(), 0);
        var packet = receiver.Receive(0);
        ref var metadata = ref receiver.Arena.Metadata(packet);
        Arena.Data(ref metadata)[0] ^= 1;
        Assert.True(ReceivedChecksum.Verify(receiver.Arena, packet, metadata.DataOffset + EthernetHeader.Length, ref metadata).IsContinue);
    }
}
