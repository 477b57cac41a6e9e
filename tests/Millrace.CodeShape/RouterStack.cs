namespace Millrace.CodeShape;

/// <summary>The router whose pass over a burst is looked at.</summary>
[NetworkStack(RingFrames = 256)]
[Interface("inside")]
[Interface("outside")]
[NicQueues(1)]
[Napi(Weight = 64)]
[Ipv4("10.0.0.2/24", On = "inside", Forwarding = true, Routes = 16)]
[Ipv4Address("10.1.0.2/24", On = "outside")]
[Route("20.0.0.0/8", Via = "10.1.0.1")]
public sealed partial class RouterStack;
