using Millrace.Headers;
using Millrace.Memory;
using Millrace.Nics;

namespace Millrace.Tests.Ip;

/// <summary>A NIC that only has properties: stages are called directly here, so no frame ever reaches it.</summary>
internal sealed class FakeNic(MacAddress address) : Nic
{
    private int mtu = 1500;
    private bool isLinkUp = true;
    private int revision;

    public override NicFeatures Features => NicFeatures.None;

    public override MacAddress Address => address;

    public override int Mtu => mtu;

    public override bool IsLinkUp => isLinkUp;

    public override int Revision => revision;

    public override int QueueCount => 1;

    public void SetMtu(int value)
    {
        mtu = value;
        revision++;
    }

    public void SetLink(bool isUp)
    {
        isLinkUp = isUp;
        revision++;
    }

    public override NicQueue Open(int queue, Arena arena) => throw new NotSupportedException("This NIC has no queues.");
}
