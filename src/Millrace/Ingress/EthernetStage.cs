using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Nics;

namespace Millrace.Ingress;

/// <summary>
/// The link layer of ingress: lets in what is addressed to the interface, to everybody or to a group it has joined, and
/// moves the cursor to the network header.
/// </summary>
[Drops(DropReason.PacketTooSmall, DropReason.OtherHost)]
[Ensures(PacketFact.LinkHeaderParsed)]
public struct EthernetStage<TSettings> : IIngressStage
    where TSettings : struct, INicQueuesSettings
{
    private TSettings settings;
    private NetworkInterface[] interfaces;
    private MacAddress[] addresses;

    public EthernetStage(TSettings settings, IReadOnlyList<NetworkInterface> interfaces)
    {
        ArgumentNullException.ThrowIfNull(interfaces);
        this.settings = settings;
        this.interfaces = [.. interfaces];
        addresses = new MacAddress[interfaces.Count];
        for (var i = 0; i < addresses.Length; i++)
        {
            addresses[i] = interfaces[i].Address;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Verdict Receive(ref Packet packet)
    {
        ReadOnlySpan<byte> header = packet.Data;
        if (header.Length < EthernetHeader.Length)
        {
            return Verdict.Drop(DropReason.PacketTooSmall);
        }

        var destination = EthernetHeader.Destination(header);
        var networkInterface = packet.Metadata.Interface;
        if (!settings.Promiscuous && destination != addresses[networkInterface] && !destination.IsBroadcast
            && !IsSubscribed(interfaces[networkInterface], destination))
        {
            return Verdict.Drop(DropReason.OtherHost);
        }

        packet.EtherType = EthernetHeader.Type(header);
        packet.Pull(EthernetHeader.Length);
        packet.Metadata.NetworkOffset = (ushort)packet.Offset;
        return Verdict.Continue;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool IsSubscribed(NetworkInterface networkInterface, MacAddress destination) =>
        destination.IsMulticast && networkInterface.IsMember(destination);
}
