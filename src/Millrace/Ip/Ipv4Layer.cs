using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;
using Millrace.Nics;
using Millrace.Workers;

namespace Millrace.Ip;

/// <summary>
/// The state of IPv4 and everything that is not done for every packet: <see cref="Ipv4Stage{TSettings, TVlan, THooks}"/> is the door to
/// it. What the control plane may change while the stack runs is public.
/// </summary>
public sealed partial class Ipv4Layer : NetworkLayer, IDisposable
{
    private readonly Arena arena;
    private readonly Ledger ledger;
    private readonly IIpv4Settings settings;
    private readonly INetfilterHooks? hooks;
    private readonly Ipv4Link[] links;
    private readonly RouteTable routes;
    private readonly PathMtuTable paths;
    private readonly IdentificationCounters identifications;
    private readonly HopCache hops = new();
    private readonly EgressReady ready;
    private readonly SentPacketErrors errors;
    private readonly ArpSender arp;
    private readonly AddressResolution neighbours;
    private readonly Reassembly reassembly;
    private readonly LoopbackQueue loopback;
    private readonly IcmpSender icmpSender;
    private readonly IcmpRateLimit icmpLimit;
    private readonly IcmpReceiver icmpReceiver;

    internal Ipv4Layer(
        IIpv4Settings settings, Arena arena, Ledger ledger, Outbox outbox, TransportErrors transportErrors, Entropy entropy,
        IReadOnlyList<NetworkInterface> interfaces, InterfaceAddresses? addresses = null, DeclaredRoutes? declaredRoutes = null,
        INetfilterHooks? hooks = null)
    {
        this.arena = arena;
        this.ledger = ledger;
        this.hooks = hooks;
        this.settings = settings;
        links = new Ipv4Link[interfaces.Count];
        for (var i = 0; i < links.Length; i++)
        {
            links[i] = new Ipv4Link(interfaces[i]);
            // every host is in the group of all hosts (RFC 1112 §7.2)
            interfaces[i].JoinGroup(Ipv4Kind.EthernetGroup(0xE000_0001));
        }

        // each interface's own network comes on top of what was declared
        routes = new RouteTable(settings.Routes + links.Length);
        paths = new PathMtuTable(entropy);
        identifications = new IdentificationCounters(entropy);
        ready = new EgressReady(arena);
        errors = new SentPacketErrors(arena, transportErrors);
        arp = new ArpSender(arena, outbox);
        icmpLimit = new IcmpRateLimit(entropy, settings);
        icmpSender = new IcmpSender(arena, outbox, links, icmpLimit);
        neighbours = new AddressResolution(arena, ledger, entropy, settings, links, arp, ready, errors, icmpSender, hops);
        icmpReceiver = new IcmpReceiver(arena, settings, links, icmpSender, errors, paths, hops);
        reassembly = new Reassembly(arena, ledger, entropy, settings, icmpSender);
        loopback = new LoopbackQueue(arena, ledger);
        PutAddress(links[addresses?.First ?? 0], settings.Address);
        foreach (var (networkInterface, address) in addresses?.Others ?? [])
        {
            PutAddress(links[networkInterface], address);
        }

        if (!settings.Gateway.IsUnspecified)
        {
            SetGateway(settings.Gateway);
        }

        declaredRoutes?.AddTo(this);
        if (settings.Forwarding)
        {
            StartForwarding();
        }
    }

    /// <summary>The time of the poll that is running.</summary>
    internal long Now { get; set; }

    /// <summary>Packets that carried an own address as another host's (RFC 5227 §2.4).</summary>
    public long AddressConflicts => neighbours.AddressConflicts;

    /// <summary>The address of an interface.</summary>
    public InterfaceAddress AddressOf(int networkInterface) => links[networkInterface].Address;

    /// <summary>Gives an interface another address; connections that use the old one will time out.</summary>
    public void SetAddress(int networkInterface, InterfaceAddress address)
    {
        ChangeAddress(networkInterface, address);
        Announce(links[networkInterface]);
        workers?.TellChange(new WorkerNotice(
            WorkerNoticeKind.AddressChanged, (byte)networkInterface, InetAddress.FromIpv4(address.Address), Number: address.PrefixLength));
    }

    private void ChangeAddress(int networkInterface, InterfaceAddress address)
    {
        var link = links[networkInterface];
        var before = link.Address;
        neighbours.Flush(link.Index);
        if (link.Own != 0)
        {
            Drop(ConnectedRoute(link));
        }

        PutAddress(link, address);
        forwarder?.AddressChanged(link, before);
    }

    public override bool TryRoute(InetAddress destination, out Route route)
    {
        route = default;
        if (!destination.IsIpv4 || !TryGetHop(destination.Ipv4, out var hop))
        {
            return false;
        }

        route = new Route(InetAddress.FromIpv4(hop.Source), hop.Interface, hop.Kind == HopKind.Local, hop.Mtu);
        return true;
    }

    public override int PathMtu(InetAddress destination) =>
        destination.IsIpv4 && TryGetHop(destination.Ipv4, out var hop) ? hop.Mtu : links.Default().NetworkInterface.Mtu;

    public override int LearnPathMtu(InetAddress destination, int mtu, long now) => icmpReceiver.LearnPathMtu(destination.Ipv4, mtu, now);

    public override bool IsLocal(InetAddress address) => address.IsIpv4 && IsLocal(address.Ipv4);

    public override int HeaderLength(InetAddress destination) => Ipv4Header.Length;

    public override void Reject(Frame packet, RejectReason reason, long now)
    {
        var code = reason switch
        {
            RejectReason.PortUnreachable => IcmpUnreachable.Port,
            RejectReason.ProtocolUnreachable => IcmpUnreachable.Protocol,
            _ => IcmpUnreachable.Host,
        };
        icmpSender.SendError(packet, IcmpType.DestinationUnreachable, code, now);
    }

    internal void Start(long now)
    {
        Now = now;
        foreach (var link in links)
        {
            Announce(link);
        }
    }

    internal long NextDeadline
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            // what came by loopback waits for nobody; what is ready to go out waits for the NIC
            return HasResumable ? Now : Math.Min(Math.Min(neighbours.NextDeadline, reassembly.NextDeadline), paths.NextDeadline);
        }
    }

    internal void Advance(long now)
    {
        Now = now;
        neighbours.Advance(now);
        reassembly.Advance(now);
        if (paths.Advance(now))
        {
            hops.Invalidate();
        }
    }

    internal void InterfaceChanged(NetworkInterface networkInterface, long now)
    {
        Now = now;
        hops.Invalidate();
        var link = links[networkInterface.Index];
        forwarder?.InterfaceChanged(link.Index);
        if (networkInterface.IsUp)
        {
            Announce(link);
        }
        else
        {
            neighbours.Flush(link.Index);
        }
    }

    private void PutAddress(Ipv4Link link, InterfaceAddress address)
    {
        link.SetAddress(address);
        if (address.Address != 0)
        {
            Put(ConnectedRoute(link));
        }

        hops.Invalidate();
    }

    private static Ipv4Route ConnectedRoute(Ipv4Link link) =>
        new(link.Own & link.Address.Mask, (byte)link.Address.PrefixLength, Gateway: 0, link.Index);

    private void Announce(Ipv4Link link)
    {
        if (link.Own != 0 && link.NetworkInterface.IsUp)
        {
            arp.Announce(link);
        }
    }

    private bool IsLocal(uint address) => links.Own(address) || Ipv4Kind.IsLoopback(address);
}
