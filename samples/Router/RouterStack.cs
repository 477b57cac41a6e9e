using Millrace;
using Millrace.Ip;

namespace Router;

/// <summary>A router of two interfaces. Its declared routes are data of the program; more come while it runs, up to a million.</summary>
[NetworkStack]
[Interface("lan")]
[Interface("wan")]
[NicQueues(1)]
[Ipv4("10.1.0.1/24", On = "lan", Forwarding = true, Routes = 1_000_000)]
[Ipv4Address("10.2.0.1/24", On = "wan")]
[Route("192.0.2.0/24", Via = "10.2.0.2")]
[Route("198.51.100.0/24", Via = "10.2.0.2", Metric = 10)]
[Route("203.0.113.0/24", Kind = RouteKind.Unreachable)]
public sealed partial class RouterStack;
