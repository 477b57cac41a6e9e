using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Ip;

/// <summary>Writes ARP packets into the outbox. One that finds no room is lost, and its sender asks again in time.</summary>
internal sealed class ArpSender(Arena arena, Outbox outbox)
{
    /// <summary>Asks for a neighbour's link address; a unicast asks only whether it is still there.</summary>
    /// <param name="own">The address to ask from.</param>
    public void SendRequest(Ipv4Link link, uint own, uint target, MacAddress destination) =>
        Send(link, ArpOpcode.Request, own, destination, default, target);

    /// <param name="own">The own address that was asked for, of whichever interface.</param>
    public void SendReply(Ipv4Link link, uint own, MacAddress targetHardware, uint target) =>
        Send(link, ArpOpcode.Reply, own, targetHardware, targetHardware, target);

    /// <summary>Tells everybody the own address (RFC 5227 §3: an announcement is a request for it).</summary>
    public void Announce(Ipv4Link link) => Send(link, ArpOpcode.Request, link.Own, MacAddress.Broadcast, default, link.Own);

    private void Send(Ipv4Link link, ArpOpcode opcode, uint sender, MacAddress destination, MacAddress targetHardware, uint target)
    {
        if (!outbox.TryReserve(out var frame))
        {
            return;
        }

        ref var metadata = ref arena.Metadata(frame);
        var own = link.NetworkInterface.Address;
        metadata.DataLength = EthernetHeader.Length + ArpHeader.Length;
        metadata.TotalLength = metadata.DataLength;
        metadata.NetworkOffset = (ushort)(metadata.DataOffset + EthernetHeader.Length);
        metadata.Interface = link.Index;
        var data = Arena.Data(ref metadata);
        EthernetHeader.Write(data, destination, own, EtherType.Arp);
        ArpHeader.Write(data.Slice(EthernetHeader.Length), opcode, own, sender, targetHardware, target);
        if (!outbox.TryCommit(new Outgoing { Frame = frame, IsLinkFrame = true, Interface = link.Index }))
        {
            outbox.Discard(frame);
        }
    }
}
