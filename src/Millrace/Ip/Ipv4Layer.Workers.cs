using Millrace.Headers;
using Millrace.Workers;

namespace Millrace.Ip;

/// <content>
/// Several workers have tables of their own, and tell each other what changes them: ARP packets reach one worker alone, and the
/// control plane speaks to one. With one worker nobody is told.
/// </content>
public sealed partial class Ipv4Layer
{
    private WorkerPort? workers;

    /// <summary>Whoever is told of what this layer learns.</summary>
    internal void Join(WorkerPort? port)
    {
        workers = port;
        neighbours.Workers = port;
        icmpReceiver.Workers = port;
        icmpLimit.Workers = port?.Group.Count ?? 1;
    }

    /// <summary>Does what another worker has done, without telling anybody.</summary>
    internal void Noticed(in WorkerNotice notice, long now)
    {
        Now = now;
        switch (notice.Kind)
        {
            case WorkerNoticeKind.Neighbour:
                neighbours.Noticed(in notice, now);
                break;
            case WorkerNoticeKind.PathMtu:
                icmpReceiver.Noticed(in notice, now);
                break;
            case WorkerNoticeKind.AddressChanged:
                ChangeAddress(notice.Interface, new InterfaceAddress(notice.Address.Ipv4, notice.Number));
                break;
            case WorkerNoticeKind.RouteAdded:
                PutRoute(new Ipv4Route(notice.Address.Ipv4, notice.Number, notice.Other.Ipv4, notice.Interface));
                break;
            case WorkerNoticeKind.RouteRemoved:
                DeleteRoute(notice.Address.Ipv4, notice.Number);
                break;
        }
    }

    private bool DeleteRoute(uint network, int prefixLength)
    {
        hops.Invalidate();
        return routes.Remove(network, prefixLength);
    }

    private void PutRoute(Ipv4Route route)
    {
        if (!routes.TryAdd(route))
        {
            throw new InvalidOperationException(
                $"The route table holds {RouteCapacity} routes; remove one before adding {InetAddress.FromIpv4(route.Network)}/{route.PrefixLength}.");
        }

        hops.Invalidate();
    }
}
