using Millrace.Headers;
using Millrace.Ingress;
using Millrace.Memory;
using Millrace.Nics;
using Millrace.Tests.Checksum;
using Millrace.Tests.Ip;

namespace Millrace.Tests.Vlan;

/// <summary>What the stage left of a frame that came in.</summary>
/// <param name="Bytes">The frame, from its link header on.</param>
/// <param name="Cursor">Bytes from the cursor on.</param>
internal sealed record Untagged(Verdict Verdict, EtherType Type, byte[] Bytes, byte[] Cursor, ushort Tci, FrameFlags Flags, int TotalLength, int NetworkOffset);

/// <summary>The link layer and the VLAN stage behind it, as the loop calls them.</summary>
internal sealed class VlanHarness<TSettings>(TSettings settings) : IDisposable
    where TSettings : struct, IVlanOffloadSettings
{
    private EthernetStage<NicQueuesSettings> ethernet = new(new NicQueuesSettings(true), [new NetworkInterface(0, "eth0", new FakeNic(Wire.Own))]);
    private VlanStage<TSettings> stage = new(settings);

    public Arena Arena { get; } = new(8, 8, 8);

    public Untagged Receive(byte[] bytes)
    {
        var head = TestFrames.Chain(Arena, bytes, bytes.Length, () => 1, Share.Receive, 64);
        ref var metadata = ref Arena.Metadata(head);
        var packet = new Packet(head, ref metadata);
        Assert.Equal(Verdict.Continue, ethernet.Receive(ref packet));
        var verdict = stage.Receive(ref packet);
        Assert.True(!verdict.IsContinue || packet.Offset == metadata.NetworkOffset, "The cursor is at the network header.");
        var result = new Untagged(
            verdict, packet.EtherType, TestFrames.Bytes(Arena, head), packet.Data.ToArray(), metadata.VlanTci, metadata.Flags, metadata.TotalLength,
            metadata.NetworkOffset - metadata.DataOffset);
        Arena.ReleaseChain(head, Holders.Loop);
        return result;
    }

    public (Verdict Verdict, byte[] Bytes) Transmit(byte[] bytes, FrameFlags flags = FrameFlags.None, ushort tci = 0, int dataOffset = Arena.Headroom)
    {
        var head = TestFrames.Chain(Arena, bytes, bytes.Length, () => 1, Share.Reserve, dataOffset);
        ref var metadata = ref Arena.Metadata(head);
        metadata.Flags |= flags;
        metadata.VlanTci = tci;
        metadata.NetworkOffset = (ushort)(metadata.DataOffset + EthernetHeader.Length);
        var (network, checksumStart) = (metadata.NetworkOffset, metadata.ChecksumStart);
        var packet = new Packet(head, ref metadata);
        var verdict = stage.Transmit(ref packet);
        Assert.Equal((network, checksumStart), (metadata.NetworkOffset, metadata.ChecksumStart));
        Assert.Equal(metadata.DataOffset, packet.Offset);
        var sent = TestFrames.Bytes(Arena, head);
        Assert.Equal(sent.Length, metadata.TotalLength);
        Arena.ReleaseChain(head, Holders.Loop);
        return (verdict, sent);
    }

    public void Dispose()
    {
        Assert.Equal(Arena.Capacity, Arena.FreeCount);
        Arena.Dispose();
    }
}

/// <summary>IP is untagged, and the VLANs 10 and 20 pass.</summary>
internal readonly struct TrunkSettings : IVlanOffloadSettings
{
    public ReadOnlySpan<int> Accept => [10, 20, 4094];

    public int Id => 0;

    public int Priority => 0;

    public VlanProtocol Protocol => VlanProtocol.Ieee8021Q;
}

/// <summary>IP is in VLAN 10 with priority 5; VLAN 20 passes.</summary>
internal readonly struct OwnSettings : IVlanOffloadSettings
{
    public ReadOnlySpan<int> Accept => [20];

    public int Id => 10;

    public int Priority => 5;

    public VlanProtocol Protocol => VlanProtocol.Ieee8021Q;
}

/// <summary>IP is in VLAN 10 of the provider.</summary>
internal readonly struct ServiceSettings : IVlanOffloadSettings
{
    public ReadOnlySpan<int> Accept => [];

    public int Id => 10;

    public int Priority => 0;

    public VlanProtocol Protocol => VlanProtocol.Ieee8021ad;
}
