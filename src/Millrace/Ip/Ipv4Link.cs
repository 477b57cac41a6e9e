using Millrace.Headers;
using Millrace.Nics;

namespace Millrace.Ip;

/// <summary>An interface as IPv4 sees it.</summary>
internal sealed class Ipv4Link(NetworkInterface networkInterface)
{
    public NetworkInterface NetworkInterface { get; } = networkInterface;

    public byte Index { get; } = (byte)networkInterface.Index;

    public InterfaceAddress Address { get; private set; }

    /// <summary>The own address as a host number, 0 for none: what the fast path compares with.</summary>
    public uint Own { get; private set; }

    /// <summary>The directed broadcast address, 0 for none.</summary>
    public uint Broadcast { get; private set; }

    public void SetAddress(InterfaceAddress address)
    {
        Address = address;
        Own = address.Address;
        Broadcast = address.Broadcast;
    }
}

/// <summary>Kinds of IPv4 address that no table is needed to tell (RFC 6890, RFC 1112).</summary>
internal static class Ipv4Kind
{
    public const uint LimitedBroadcast = 0xFFFF_FFFF;

    public static bool IsLoopback(uint address) => address >> 24 == 127;

    public static bool IsMulticast(uint address) => address >> 28 == 0xE;

    /// <summary>"This network" (0.0.0.0/8).</summary>
    public static bool IsZeroNetwork(uint address) => address >> 24 == 0;

    /// <summary>The Ethernet group of a multicast address (RFC 1112 §6.4).</summary>
    public static MacAddress EthernetGroup(uint address) => new(0x0100_5E00_0000UL | (address & 0x7F_FFFF));
}
