using System.Runtime.CompilerServices;
using Millrace.Ip;

namespace Millrace.Stack.Tests.Interfaces;

/// <summary>A router whose bursts are turned round before the loop.</summary>
[NetworkStack(RingFrames = 512)]
[Interface("wan")]
[Interface("lan")]
[NicQueues(1)]
[Napi(Weight = 256)]
[Ipv4("10.0.0.1/24", On = "wan", Forwarding = true, Routes = 64, NeighbourReachableSeconds = 1_000)]
[Ipv4Address("10.1.1.1/24", On = "lan")]
[Route("20.0.0.0/8", Via = "10.1.1.20")]
[Route("20.1.0.0/16", Via = "10.1.1.21")]
[Route("20.1.2.0/24", Via = "10.1.1.22")]
[Route("20.1.2.128/25", Via = "10.0.0.23")]
[Route("20.2.0.0/16", Kind = RouteKind.Prohibit)]
[Route("20.3.0.0/16", Via = "10.1.1.99")]
public sealed partial class BurstStack;

/// <summary>The same, where a stage below IPv4 has to see every packet: all go through the loop.</summary>
[NetworkStack(RingFrames = 512)]
[Interface("wan")]
[Interface("lan")]
[NicQueues(1)]
[Napi(Weight = 256)]
[Stage<Onlooker>]
[Ipv4("10.0.0.1/24", On = "wan", Forwarding = true, Routes = 64, NeighbourReachableSeconds = 1_000)]
[Ipv4Address("10.1.1.1/24", On = "lan")]
[Route("20.0.0.0/8", Via = "10.1.1.20")]
[Route("20.1.0.0/16", Via = "10.1.1.21")]
[Route("20.1.2.0/24", Via = "10.1.1.22")]
[Route("20.1.2.128/25", Via = "10.0.0.23")]
[Route("20.2.0.0/16", Kind = RouteKind.Prohibit)]
[Route("20.3.0.0/16", Via = "10.1.1.99")]
public sealed partial class SingleStack;

/// <summary>Counts what passes.</summary>
public struct Onlooker : IIngressStage
{
    public long Seen;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Verdict Receive(ref Packet packet)
    {
        Seen++;
        return Verdict.Continue;
    }
}
