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
                Put(RouteOf(in notice));
                break;
            case WorkerNoticeKind.RouteRemoved:
                Drop(RouteOf(in notice));
                break;
        }
    }
}
