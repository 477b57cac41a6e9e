using System.Runtime.CompilerServices;
using Millrace.Memory;
using Millrace.Nics;

namespace Millrace.Egress;

/// <summary>Who finishes the checksums of packets that go out by which interface.</summary>
internal sealed class TransmitChecksums
{
    private readonly bool[] isLeft;

    public TransmitChecksums(IReadOnlyList<NetworkInterface> interfaces)
    {
        isLeft = new bool[interfaces.Count];
        for (var i = 0; i < isLeft.Length; i++)
        {
            isLeft[i] = (interfaces[i].Nic.Features & NicFeatures.TransmitChecksum) != 0;
        }
    }

    /// <summary>Whether the NIC behind an interface finishes checksums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsLeftTo(byte networkInterface) => (uint)networkInterface < (uint)isLeft.Length && isLeft[networkInterface];

    /// <summary>Finishes a partial checksum in software.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Verdict Complete(Arena arena, Frame frame, ref FrameMetadata metadata)
    {
        // a packet still unsegmented here goes to a NIC that segments it, and every segment needs a checksum of its own
        if (metadata.GsoSize != 0)
        {
            return Verdict.Continue;
        }

        return PacketChecksum.TryComplete(arena, frame) ? Verdict.Continue : Verdict.Drop(DropReason.ChecksumIncomplete);
    }
}
