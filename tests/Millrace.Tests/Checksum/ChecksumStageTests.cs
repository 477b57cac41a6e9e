using Millrace.Headers;
using Millrace.Ingress;
using Millrace.Memory;
using Millrace.Nics;

namespace Millrace.Tests.Checksum;

public sealed class ChecksumStageTests : IDisposable
{
    private const int Ip = EthernetHeader.Length;
    private readonly Arena arena = new(64, 16, 64);

    public void Dispose() => arena.Dispose();

    [Theory]
    [InlineData(IpProtocol.Tcp, 0)]
    [InlineData(IpProtocol.Tcp, 1461)]
    [InlineData(IpProtocol.Udp, 18)]
    [InlineData(IpProtocol.Udp, 1472)]
    public void A_right_checksum_is_verified_and_any_flipped_bit_is_dropped_under_its_protocol(IpProtocol protocol, int payload)
    {
        var bytes = TestPackets.Make(protocol, payload, seed: 7);
        Assert.Equal((Verdict.Continue, ChecksumState.Unnecessary), Receive(bytes, ChecksumState.None));
        var reason = protocol == IpProtocol.Tcp ? DropReason.TcpChecksum : DropReason.UdpChecksum;
        var random = new Random(8);
        for (var i = 0; i < 200; i++)
        {
            // from the source address on, but for UDP's length, which decides what is summed, and its checksum, which may become none
            var damaged = (byte[])bytes.Clone();
            var at = random.Next(Ip + 12, bytes.Length);
            if (protocol == IpProtocol.Udp && at is >= Ip + 24 and <= Ip + 27)
            {
                continue;
            }

            damaged[at] ^= (byte)(1 << random.Next(8));
            Assert.Equal(Verdict.Drop(reason), Receive(damaged, ChecksumState.None).Verdict);
        }
    }

    [Fact]
    public void Padding_behind_the_packet_is_not_summed()
    {
        var bytes = TestPackets.Make(IpProtocol.Udp, 1, seed: 9);
        byte[] padded = [.. bytes, .. Enumerable.Repeat((byte)0x77, 17)];
        Assert.Equal((Verdict.Continue, ChecksumState.Unnecessary), Receive(padded, ChecksumState.None));
    }

    [Fact]
    public void A_UDP_checksum_of_zero_means_none_and_passes()
    {
        var bytes = TestPackets.Make(IpProtocol.Udp, 30, seed: 10);
        bytes[Ip + 26] = bytes[Ip + 27] = 0;
        Assert.Equal((Verdict.Continue, ChecksumState.Unnecessary), Receive(bytes, ChecksumState.None));
    }

    [Fact]
    public void What_the_NIC_verified_or_a_virtual_peer_vouches_for_is_not_computed()
    {
        var bytes = TestPackets.Make(IpProtocol.Tcp, 30, seed: 11);
        bytes[^1] ^= 1;
        Assert.Equal((Verdict.Continue, ChecksumState.Unnecessary), Receive(bytes, ChecksumState.Unnecessary));
        Assert.Equal((Verdict.Continue, ChecksumState.Partial), Receive(bytes, ChecksumState.Partial));
    }

    [Fact]
    public void With_rx_off_or_undeclared_the_NIC_is_not_believed()
    {
        var bytes = TestPackets.Make(IpProtocol.Tcp, 30, seed: 11);
        bytes[^1] ^= 1;
        var off = new ChecksumStage<Off>(default, arena, Interfaces(NicFeatures.ReceiveChecksum));
        var software = new SoftwareChecksumStage(arena);
        Assert.Equal(Verdict.Drop(DropReason.TcpChecksum), Run(bytes, ChecksumState.Unnecessary, off.Receive).Verdict);
        Assert.Equal(Verdict.Drop(DropReason.TcpChecksum), Run(bytes, ChecksumState.Unnecessary, software.Receive).Verdict);
        Assert.Equal(Verdict.Continue, Run(bytes, ChecksumState.Partial, software.Receive).Verdict);
    }

    [Theory]
    [InlineData("fragment", 6, 0x20)]
    [InlineData("later fragment", 7, 0x10)]
    [InlineData("version", 0, 0x65)]
    [InlineData("header length below five", 0, 0x44)]
    [InlineData("header longer than the packet", 0, 0x4F)]
    [InlineData("total length beyond the packet", 2, 0x10)]
    [InlineData("another protocol", 9, 0x01)]
    public void What_it_cannot_judge_goes_on_unverified(string what, int at, int value)
    {
        var bytes = TestPackets.Make(IpProtocol.Tcp, 8, seed: 12);
        bytes[Ip + at] = (byte)value;
        Assert.True((Verdict.Continue, ChecksumState.None).Equals(Receive(bytes, ChecksumState.None)), what);
    }

    [Fact]
    public void Truncated_and_random_packets_never_throw()
    {
        var random = new Random(13);
        for (var i = 0; i < 3000; i++)
        {
            var bytes = TestPackets.Make(i % 2 == 0 ? IpProtocol.Tcp : IpProtocol.Udp, random.Next(40), seed: i);
            bytes = bytes[..random.Next(Ip, bytes.Length + 1)];
            for (var flips = random.Next(3); flips > 0 && bytes.Length > Ip; flips--)
            {
                bytes[random.Next(Ip, bytes.Length)] = (byte)random.Next(256);
            }

            var (verdict, state) = Receive(bytes, ChecksumState.None);
            Assert.True(verdict.IsContinue || (verdict.Kind == VerdictKind.Drop && state == ChecksumState.None));
        }
    }

    [Fact]
    public void A_packet_over_several_frames_is_verified_whole()
    {
        var bytes = TestPackets.Make(IpProtocol.Tcp, 4001, seed: 14);
        Assert.Equal(ChecksumState.Unnecessary, Receive(bytes, ChecksumState.None, 1001).State);
        bytes[^1] ^= 0x10;
        Assert.Equal(Verdict.Drop(DropReason.TcpChecksum), Receive(bytes, ChecksumState.None, 1001).Verdict);
    }

    [Theory]
    [InlineData(NicFeatures.None, 0, true)]
    [InlineData(NicFeatures.TransmitChecksum, 0, false)]
    [InlineData(NicFeatures.TransmitChecksum | NicFeatures.ScatterGather | NicFeatures.TcpSegmentation, 1000, false)]
    public void A_partial_checksum_is_finished_only_where_the_NIC_cannot(NicFeatures features, int gsoSize, bool finished)
    {
        var bytes = TestPackets.Make(IpProtocol.Tcp, 3000, seed: 15);
        var partial = TestPackets.WithPartialChecksum(bytes);
        var stage = new ChecksumStage<On>(default, arena, Interfaces(features));
        var head = TestFrames.Chain(arena, partial, 1400, () => 1200);
        ref var metadata = ref arena.Metadata(head);
        metadata.Checksum = ChecksumState.Partial;
        metadata.ChecksumStart = (ushort)(metadata.DataOffset + Ip + 20);
        metadata.ChecksumOffset = 16;
        metadata.GsoSize = (ushort)gsoSize;
        var packet = new Packet(head, ref metadata);
        Assert.Equal(Verdict.Continue, stage.Transmit(ref packet));
        Assert.Equal(finished ? bytes : partial, TestFrames.Bytes(arena, head));
        Assert.Equal(finished ? ChecksumState.None : ChecksumState.Partial, arena.Metadata(head).Checksum);
    }

    [Fact]
    public void A_partial_checksum_that_points_outside_the_packet_is_a_drop()
    {
        var head = TestFrames.Chain(arena, new byte[60], 60, () => 1);
        ref var metadata = ref arena.Metadata(head);
        metadata.Checksum = ChecksumState.Partial;
        metadata.ChecksumStart = 5;
        var packet = new Packet(head, ref metadata);
        Assert.Equal(Verdict.Drop(DropReason.ChecksumIncomplete), new SoftwareChecksumStage(arena).Transmit(ref packet));
    }

    [Fact]
    public void Verifying_and_finishing_allocate_nothing()
    {
        var stage = new ChecksumStage<On>(default, arena, Interfaces(NicFeatures.None));
        var head = TestFrames.Chain(arena, TestPackets.Make(IpProtocol.Tcp, 1460, seed: 16), 1514, () => 1);
        long allocated = 0;
        for (var i = 0; i < 3; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            ref var metadata = ref arena.Metadata(head);
            metadata.Checksum = ChecksumState.None;
            var packet = new Packet(head, ref metadata) { EtherType = EtherType.Ipv4 };
            packet.Pull(Ip);
            stage.Receive(ref packet);
            metadata.Checksum = ChecksumState.Partial;
            metadata.ChecksumStart = (ushort)(metadata.DataOffset + Ip + 20);
            metadata.ChecksumOffset = 16;
            stage.Transmit(ref packet);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
    }

    private delegate Verdict Receiver(ref Packet packet);

    private (Verdict Verdict, ChecksumState State) Receive(byte[] bytes, ChecksumState state, int headLength = int.MaxValue)
    {
        var stage = new ChecksumStage<On>(default, arena, Interfaces(NicFeatures.None));
        return Run(bytes, state, stage.Receive, headLength);
    }

    private (Verdict Verdict, ChecksumState State) Run(byte[] bytes, ChecksumState state, Receiver receive, int headLength = int.MaxValue)
    {
        var head = TestFrames.Chain(arena, bytes, Math.Min(headLength, bytes.Length), () => 1001);
        ref var metadata = ref arena.Metadata(head);
        metadata.Checksum = state;
        metadata.NetworkOffset = (ushort)(metadata.DataOffset + Ip);
        var packet = new Packet(head, ref metadata) { EtherType = EtherType.Ipv4 };
        packet.Pull(Ip);
        var verdict = receive(ref packet);
        var after = arena.Metadata(head).Checksum;
        arena.ReleaseChain(head, Holders.Loop);
        return (verdict, after);
    }

    private static NetworkInterface[] Interfaces(NicFeatures features) => [new NetworkInterface(0, "eth0", new FeaturesOnlyNic(features))];

    private readonly struct On : IChecksumOffloadSettings
    {
        public bool Receive => true;

        public bool Transmit => true;
    }

    private readonly struct Off : IChecksumOffloadSettings
    {
        public bool Receive => false;

        public bool Transmit => false;
    }
}
