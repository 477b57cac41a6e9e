using System.Runtime.CompilerServices;
using Millrace.Headers;

namespace Millrace.Workloads.Forwarding;

/// <summary>F1's stack with the few hot buffers: what comes in goes back to where it came from.</summary>
[NetworkStack(RingFrames = 256)]
[Napi(Weight = 256)]
[Stage<Reflector>]
public sealed partial class HotReflectStack;

/// <summary>The same with 4,096 buffers that are used in turn.</summary>
[NetworkStack(RingFrames = 4096)]
[Napi(Weight = 256)]
[Stage<Reflector>]
public sealed partial class ColdReflectStack;

/// <summary>Swaps the addresses of every frame and sends it back.</summary>
public struct Reflector : IIngressStage
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Verdict Receive(ref Packet packet)
    {
        var header = packet.Data;
        if (header.Length < EthernetHeader.Length)
        {
            return Verdict.Drop(DropReason.PacketTooSmall);
        }

        EthernetHeader.SwapAddresses(header);
        return Verdict.Transmit;
    }
}
