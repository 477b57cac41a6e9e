using Millrace.Egress;
using Millrace.Headers;
using Millrace.Ingress;
using Millrace.Memory;
using Millrace.Nics;
using Millrace.Tests.Checksum;

namespace Millrace.Tests.Gso;

/// <summary>Drives segmentation and, behind it, the checksum stage as the loop does.</summary>
internal sealed class GsoHarness(Arena arena, NicFeatures features = NicFeatures.None)
{
    private GsoStage<Defaults> stage = new(default, arena, [new NetworkInterface(0, "eth0", new FeaturesOnlyNic(features))]);
    private SoftwareChecksumStage checksum = new(arena);

    /// <summary>Packets that left, heads held by the loop, in order.</summary>
    public List<Frame> Output { get; } = [];

    public long Held => stage.HeldEgress;

    public Verdict Transmit(Frame head)
    {
        ref var metadata = ref arena.Metadata(head);
        var packet = new Packet(head, ref metadata);
        var verdict = stage.Transmit(ref packet);
        if (verdict.IsContinue)
        {
            Leave(head);
        }

        Resume();
        return verdict;
    }

    public void Resume()
    {
        while (stage.TryResumeEgress(out var head))
        {
            Leave(head);
        }
    }

    /// <summary>The bytes of what left, its frames released as if they had been transmitted.</summary>
    public List<byte[]> TakeOutput()
    {
        List<byte[]> bytes = [.. Output.Select(head => TestFrames.Bytes(arena, head))];
        Output.ForEach(head => arena.ReleaseChain(head, Holders.Loop));
        Output.Clear();
        return bytes;
    }

    /// <summary>A packet as TCP and the network layer leave it.</summary>
    public Frame Make(byte[] whole, int gsoSize, int headPayload, Func<int> nextPayload, int dataOffset = Arena.Headroom)
    {
        var headers = HeadersOf(whole);
        var head = TestFrames.Chain(arena, whole, headers + Math.Min(headPayload, whole.Length - headers), nextPayload, Share.Sockets, dataOffset);
        ref var metadata = ref arena.Metadata(head);
        metadata.NetworkOffset = (ushort)(metadata.DataOffset + EthernetHeader.Length);
        metadata.TransportOffset = (ushort)(metadata.NetworkOffset + ((whole[14] & 15) * 4));
        metadata.Checksum = ChecksumState.Partial;
        metadata.ChecksumStart = metadata.TransportOffset;
        metadata.ChecksumOffset = 16;
        metadata.GsoSize = (ushort)gsoSize;
        metadata.WirePackets = (ushort)(gsoSize == 0 ? 1 : (whole.Length - headers + gsoSize - 1) / gsoSize);
        var field = Arena.Data(ref metadata)[(metadata.TransportOffset - metadata.DataOffset + 16)..];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(field, PseudoHeaderSum(whole));
        return head;
    }

    public static int HeadersOf(byte[] whole)
    {
        var transport = 14 + ((whole[14] & 15) * 4);
        return transport + ((whole[transport + 12] >> 4) * 4);
    }

    private static ushort PseudoHeaderSum(byte[] whole)
    {
        var length = whole.Length - 14 - ((whole[14] & 15) * 4);
        return PlainChecksum.Sum([.. whole[26..34], 0, 6, (byte)(length >> 8), (byte)length]);
    }

    private void Leave(Frame head)
    {
        ref var metadata = ref arena.Metadata(head);
        var packet = new Packet(head, ref metadata);
        Assert.Equal(Verdict.Continue, checksum.Transmit(ref packet));
        Output.Add(head);
    }

    public readonly struct Defaults : IGsoSettings
    {
        public int MaxSize => 65_536;

        public int MaxSegments => 65_535;
    }
}
