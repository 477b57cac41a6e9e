namespace Millrace.Workloads.Forwarding;

/// <summary>F2's router for a route or some: the neighbours stay confirmed as long as a run takes.</summary>
[NetworkStack(RingFrames = 256)]
[Interface("inside")]
[Interface("outside")]
[NicQueues(1)]
[Napi(Weight = 256)]
[Ipv4("198.18.0.254/24", On = "inside", Forwarding = true, Routes = 16, NeighbourReachableSeconds = 86_400)]
[Ipv4Address("198.19.0.254/24", On = "outside")]
public sealed partial class SmallRouterStack;

/// <summary>The same for some hundred.</summary>
[NetworkStack(RingFrames = 256)]
[Interface("inside")]
[Interface("outside")]
[NicQueues(1)]
[Napi(Weight = 256)]
[Ipv4("198.18.0.254/24", On = "inside", Forwarding = true, Routes = 256, NeighbourReachableSeconds = 86_400)]
[Ipv4Address("198.19.0.254/24", On = "outside")]
public sealed partial class MiddleRouterStack;

/// <summary>The same for a table of the Internet's routes.</summary>
[NetworkStack(RingFrames = 256)]
[Interface("inside")]
[Interface("outside")]
[NicQueues(1)]
[Napi(Weight = 256)]
[Ipv4("198.18.0.254/24", On = "inside", Forwarding = true, Routes = 500_000, NeighbourReachableSeconds = 86_400)]
[Ipv4Address("198.19.0.254/24", On = "outside")]
public sealed partial class LargeRouterStack;
