using Millrace.Testing.Packets;

namespace Millrace.Testing.Traffic;

/// <summary>The stack that traffic is aimed at, and the neighbours it comes from.</summary>
/// <param name="Mac">MAC address of the stack's interface.</param>
/// <param name="Address">Its IPv4 address.</param>
public sealed record TrafficTarget(ulong Mac, uint Address)
{
    /// <summary>Neighbours on the stack's own network, at host numbers 100 and up.</summary>
    public int PeerCount { get; init; } = 8;

    /// <summary>UDP ports with a handler.</summary>
    public IReadOnlyList<ushort> UdpPorts { get; init; } = [];

    /// <summary>TCP ports with a listener.</summary>
    public IReadOnlyList<ushort> TcpPorts { get; init; } = [];

    /// <summary>Bytes of the largest network packet.</summary>
    public int Mtu { get; init; } = 1500;

    public static TrafficTarget At(string mac, string address) => new(WireFormat.Mac(mac), WireFormat.Address(address));

    /// <summary>The path from a neighbour to the stack.</summary>
    public PacketPath From(int peer) =>
        new(0x0200_0000_6400 + (ulong)peer, (Address & 0xFFFF_FF00) | (uint)(100 + peer), Mac, Address) { Pad = true };

    public PacketPath FromAny(TrafficRandom random) => From(random.Next(PeerCount));

    /// <summary>The neighbour who has the address, or -1.</summary>
    public int PeerAt(uint address)
    {
        var peer = (long)address - ((Address & 0xFFFF_FF00) | 100);
        return peer >= 0 && peer < PeerCount ? (int)peer : -1;
    }
}
