using System.Runtime.CompilerServices;
using Millrace.Headers;

namespace Millrace.Stack.Tests.Reflecting;

/// <summary>Sends every frame back to where it came from.</summary>
public struct Reflector : IIngressStage
{
    public long Turned;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Verdict Receive(ref Packet packet)
    {
        var header = packet.Data;
        if (header.Length < EthernetHeader.Length)
        {
            return Verdict.Drop(DropReason.PacketTooSmall);
        }

        EthernetHeader.SwapAddresses(header);
        Turned++;
        return Verdict.Transmit;
    }
}

[NetworkStack]
[Napi(Weight = 16)]
[Stage<Reflector>]
public sealed partial class ReflectStack;
