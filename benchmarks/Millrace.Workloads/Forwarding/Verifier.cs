using System.Runtime.CompilerServices;

namespace Millrace.Workloads.Forwarding;

/// <summary>F4's stack: software verifies the checksums of every frame, and the frame has done its duty.</summary>
[NetworkStack(RingFrames = 256)]
[NicQueues(1)]
[Napi(Weight = 256)]
[SoftwareChecksum]
[Ipv4("10.0.0.2/24")]
[Stage<Verified>]
public sealed partial class VerifyStack;

/// <summary>Uses up what has passed.</summary>
public struct Verified : IIngressStage
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Verdict Receive(ref Packet packet) =>
        packet.Metadata.Checksum == Memory.ChecksumState.Unnecessary ? Verdict.Consumed : Verdict.Drop(DropReason.StagePolicy);
}
