using Millrace.Headers;
using Millrace.Ip;

namespace Millrace.Tests.Ip;

/// <summary>Values of the settings for tests; what a test does not write is the default.</summary>
internal sealed class Ipv4Options
{
    public string Address { get; init; } = "10.0.0.2/24";
    public string Gateway { get; init; } = "10.0.0.1";
    public bool Forwarding { get; init; }
    public int Routes { get; init; } = 256;
    public int DefaultTtl { get; init; } = 64;
    public int ReassemblyFrames { get; init; } = 1985;
    public int ReassemblySeconds { get; init; } = 30;
    public int ReassemblyMaxDistance { get; init; } = 64;
    public FragmentOverlap ReassemblyOverlap { get; init; }
    public int Neighbours { get; init; } = 1024;
    public int NeighbourQueueBytes { get; init; } = 212992;
    public int NeighbourReachableSeconds { get; init; } = 30;
    public int NeighbourDelaySeconds { get; init; } = 5;
    public int NeighbourRetransmitMilliseconds { get; init; } = 1000;
    public int NeighbourUnicastProbes { get; init; } = 3;
    public int NeighbourMulticastProbes { get; init; } = 3;
    public int IcmpMessagesPerSecond { get; init; } = 1000;
    public int IcmpMessagesBurst { get; init; } = 50;
    public int IcmpRateLimitMilliseconds { get; init; } = 1000;
    public int MinimumPathMtu { get; init; } = 552;
    public int PathMtuSeconds { get; init; } = 600;
}

internal readonly struct Ipv4Settings(Ipv4Options options) : IIpv4Settings
{
    public InterfaceAddress Address => InterfaceAddress.Parse(options.Address);
    public InetAddress Gateway => options.Gateway.Length == 0 ? default : InetAddress.Parse(options.Gateway);
    public bool Forwarding => options.Forwarding;
    public int Routes => options.Routes;
    public int DefaultTtl => options.DefaultTtl;
    public int ReassemblyFrames => options.ReassemblyFrames;
    public int ReassemblySeconds => options.ReassemblySeconds;
    public int ReassemblyMaxDistance => options.ReassemblyMaxDistance;
    public FragmentOverlap ReassemblyOverlap => options.ReassemblyOverlap;
    public int Neighbours => options.Neighbours;
    public int NeighbourQueueBytes => options.NeighbourQueueBytes;
    public int NeighbourReachableSeconds => options.NeighbourReachableSeconds;
    public int NeighbourDelaySeconds => options.NeighbourDelaySeconds;
    public int NeighbourRetransmitMilliseconds => options.NeighbourRetransmitMilliseconds;
    public int NeighbourUnicastProbes => options.NeighbourUnicastProbes;
    public int NeighbourMulticastProbes => options.NeighbourMulticastProbes;
    public int IcmpMessagesPerSecond => options.IcmpMessagesPerSecond;
    public int IcmpMessagesBurst => options.IcmpMessagesBurst;
    public int IcmpRateLimitMilliseconds => options.IcmpRateLimitMilliseconds;
    public int MinimumPathMtu => options.MinimumPathMtu;
    public int PathMtuSeconds => options.PathMtuSeconds;
}

internal readonly struct NicQueuesSettings(bool promiscuous) : INicQueuesSettings
{
    public int Count => 1;
    public bool Promiscuous => promiscuous;
}

internal readonly struct UdpSettings : IUdpSettings
{
    public bool TransmitChecksum => true;
}

public sealed class Ipv4DefaultsTests
{
    [Fact]
    public void The_tests_run_with_the_declared_defaults()
    {
        var settings = new Ipv4Settings(new Ipv4Options());
        var compared = 0;
        foreach (var property in typeof(IIpv4Settings).GetProperties().Where(p => p.PropertyType == typeof(int)))
        {
            var declared = Assert.Single(
                property.GetCustomAttributes(typeof(DefaultAttribute), false).Cast<DefaultAttribute>(), value => value.Profile == KernelProfile.Linux_6_18);
            Assert.Equal(declared.Value, property.GetValue(settings));
            compared++;
        }

        Assert.Equal(17, compared);
    }

    [Fact]
    public void Every_setting_of_the_attribute_is_one_of_the_interface()
    {
        string[] Names(Type type) => [.. type.GetProperties().Where(p => p.DeclaringType == type).Select(p => p.Name).Order()];
        Assert.Equal(Names(typeof(IIpv4Settings)), Names(typeof(Ipv4Attribute)));
        Assert.Equal(Names(typeof(IUdpSettings)), Names(typeof(UdpAttribute)));
        Assert.Equal(Names(typeof(INicQueuesSettings)), Names(typeof(NicQueuesAttribute)));
    }
}

/// <summary>What IPv4 reads of a stack without [VlanOffload].</summary>
internal readonly struct UntaggedSettings : IVlanOffloadSettings
{
    public ReadOnlySpan<int> Accept => [];

    public int Id => 0;

    public int Priority => 0;

    public VlanProtocol Protocol => VlanProtocol.Ieee8021Q;
}
