using Millrace.Headers;

namespace Millrace.Nics;

/// <summary>An interface of a stack: its name, its place in the declaration and the state of the NIC behind it.</summary>
public sealed class NetworkInterface(int index, string name, Nic nic)
{
    private int revision = nic.Revision;

    /// <summary>Its index, as it lies in the metadata of a packet.</summary>
    public int Index { get; } = index;

    public string Name { get; } = name;

    public Nic Nic { get; } = nic;

    public MacAddress Address { get; } = nic.Address;

    /// <summary>Bytes of the largest network packet.</summary>
    public int Mtu { get; private set; } = nic.Mtu;

    public bool IsUp { get; private set; } = nic.IsLinkUp;

    /// <summary>Multicast groups (MAC) that are let in beside the own address and broadcast.</summary>
    public IReadOnlyCollection<MacAddress> MulticastGroups => groups;

    private readonly HashSet<MacAddress> groups = [];

    /// <summary>Looks at the NIC once a poll.</summary>
    /// <returns>Whether link or MTU changed.</returns>
    public bool Refresh()
    {
        var current = Nic.Revision;
        if (current == revision)
        {
            return false;
        }

        revision = current;
        Mtu = Nic.Mtu;
        IsUp = Nic.IsLinkUp;
        return true;
    }

    public bool JoinGroup(MacAddress group) => groups.Add(group);

    public bool LeaveGroup(MacAddress group) => groups.Remove(group);

    public bool IsMember(MacAddress group) => groups.Contains(group);
}
