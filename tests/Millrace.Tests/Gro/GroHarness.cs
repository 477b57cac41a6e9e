using Millrace.Headers;
using Millrace.Ingress;
using Millrace.Memory;
using Millrace.Tests.Checksum;

namespace Millrace.Tests.Gro;

/// <summary>Drives the stage as the loop does: a packet in, then whatever it gives back.</summary>
internal sealed class GroHarness(Arena arena, GroHarness.Defaults settings = default)
{
    private GroStage<Defaults, NoTimeout> stage = new(settings, default, arena);

    /// <summary>Packets that went on, heads held by the loop, in order.</summary>
    public List<Frame> Output { get; } = [];

    public long Held => stage.HeldIngress;

    public Verdict Receive(ReadOnlySpan<byte> bytes, uint hash = 0, ChecksumState checksum = ChecksumState.Unnecessary, Action<Frame>? prepare = null, int dataOffset = 64)
    {
        var head = TestFrames.Chain(arena, bytes, bytes.Length, () => 1, Share.Receive, dataOffset);
        arena.Metadata(head).Hash = hash;
        arena.Metadata(head).Checksum = checksum;
        prepare?.Invoke(head);
        return Receive(head);
    }

    public Verdict Receive(Frame head)
    {
        ref var metadata = ref arena.Metadata(head);
        metadata.NetworkOffset = (ushort)(metadata.DataOffset + EthernetHeader.Length);
        var packet = new Packet(head, ref metadata) { EtherType = EthernetHeader.Type(Arena.Data(ref metadata)) };
        packet.Pull(EthernetHeader.Length);
        var verdict = stage.Receive(ref packet);
        if (verdict.IsContinue)
        {
            Output.Add(head);
        }
        else
        {
            Assert.Equal(Verdict.Held, verdict);
        }

        Resume();
        return verdict;
    }

    public void PollEnd()
    {
        stage.PollEnd(0);
        Resume();
        Assert.Equal(0, stage.HeldIngress);
    }

    private void Resume()
    {
        while (stage.TryResumeIngress(out var resumed))
        {
            Assert.Equal(arena.Metadata(resumed.Frame).DataOffset + EthernetHeader.Length, resumed.Offset);
            Assert.Equal(EtherType.Ipv4, resumed.EtherType);
            Output.Add(resumed.Frame);
        }
    }

    /// <summary>The output as plain packets with finished checksums, its frames released.</summary>
    public List<MergedPacket> TakeOutput()
    {
        List<MergedPacket> merged = [];
        foreach (var head in Output)
        {
            var metadata = arena.Metadata(head);
            if (metadata.GsoSize != 0)
            {
                Assert.Equal(ChecksumState.Partial, metadata.Checksum);
                Assert.True(PacketChecksum.TryComplete(arena, head));
            }

            merged.Add(new MergedPacket(
                TestFrames.Bytes(arena, head), metadata.WirePackets, metadata.GsoSize,
                (metadata.Flags & FrameFlags.FixedIpId) != 0, (metadata.Flags & FrameFlags.Ecn) != 0));
            arena.ReleaseChain(head, Holders.Loop);
        }

        Output.Clear();
        return merged;
    }

    public readonly struct NoTimeout : INapiSettings
    {
        public int Weight => 64;

        public int Budget => 300;

        public int DeferHardIrqs => 0;

        public long GroFlushTimeout => 0;

        public int BusyPollMicroseconds => 0;

        public int BusyPollBudget => 8;
    }

    /// <param name="isOld">What differs is as in Linux 3.18.</param>
    public readonly struct Defaults(bool isOld) : IGroSettings
    {
        public int MaxSize => 65_536;

        public int Buckets => isOld ? 1 : 8;

        public int Held => 8;

        public bool FixedIdentification => !isOld;
    }
}
