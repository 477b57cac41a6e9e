using Millrace.Headers;
using Millrace.Memory;
using Millrace.Nics;

namespace Millrace.Tests.Checksum;

/// <summary>A NIC that only says what it can do, for stages that look at nothing else of it.</summary>
internal sealed class FeaturesOnlyNic(NicFeatures features) : Nic
{
    public override NicFeatures Features => features;

    public override MacAddress Address => new(0x0200_0000_0001);

    public override int Mtu => 1500;

    public override bool IsLinkUp => true;

    public override int Revision => 0;

    public override int QueueCount => 1;

    public override NicQueue Open(int queue, Arena arena) => throw new NotSupportedException("This NIC has no queues.");
}
