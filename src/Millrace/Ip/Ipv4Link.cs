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

/// <summary>
/// What is asked of the addresses of all interfaces at once: a host's addresses belong to the host, and each is local by
/// whichever interface a packet comes (RFC 1122 §3.3.4.2, the weak model, which is Linux's).
/// </summary>
internal static class Ipv4Links
{
    /// <summary>Whether an interface has the address; never true of 0.</summary>
    public static bool Own(this Ipv4Link[] links, uint address)
    {
        foreach (var link in links)
        {
            if (link.Own == address)
            {
                return address != 0;
            }
        }

        return false;
    }

    /// <summary>Whether it is the directed broadcast address of an interface's network; never true of 0.</summary>
    public static bool Broadcast(this Ipv4Link[] links, uint address)
    {
        foreach (var link in links)
        {
            if (link.Broadcast == address)
            {
                return address != 0;
            }
        }

        return false;
    }

    /// <summary>Whether a packet of an own link address is one that came back, by whichever interface.</summary>
    public static bool Own(this Ipv4Link[] links, MacAddress address)
    {
        foreach (var link in links)
        {
            if (link.NetworkInterface.Address == address)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The interface by which a packet leaves that no route covers: the first that is up and has an address.</summary>
    public static Ipv4Link Default(this Ipv4Link[] links)
    {
        foreach (var link in links)
        {
            if (link.Own != 0 && link.NetworkInterface.IsUp)
            {
                return link;
            }
        }

        return links[0];
    }

    /// <summary>The address to send from: the interface's, or another's if it has none (inet_select_addr).</summary>
    public static uint SourceOn(this Ipv4Link[] links, Ipv4Link link)
    {
        for (var i = 0; link.Own == 0 && i < links.Length; i++)
        {
            link = links[i];
        }

        return link.Own;
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
