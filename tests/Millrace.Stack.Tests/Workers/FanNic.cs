using Millrace.Headers;
using Millrace.Memory;
using Millrace.Nics;
using Millrace.Testing.Traffic;

namespace Millrace.Stack.Tests.Workers;

/// <summary>A NIC of several scripted queues; what is injected goes to the queue that the indirection table names.</summary>
internal sealed class FanNic(
    MacAddress address, int queues, long completionAfter = 0, int ringSize = 256, NicFeatures features = NicFeatures.ReceiveChecksum) : Nic
{
    private readonly ScriptedNic[] nics =
        [.. Enumerable.Range(0, queues).Select(_ => new ScriptedNic(address, features, completionAfter: completionAfter, ringSize: ringSize))];

    private readonly RssTable table = new(queues);

    public override NicFeatures Features { get; } = features;

    public override MacAddress Address => address;

    public override int Mtu => 1500;

    public override bool IsLinkUp => true;

    public override int Revision => 0;

    public override int QueueCount => queues;

    public override RssTable? Rss => table;

    /// <summary>Packets that each queue was given.</summary>
    public long[] Injected { get; } = new long[queues];

    /// <summary>Called with queue and packet for all that goes out.</summary>
    public Action<int, SentPacket>? Sent
    {
        set
        {
            for (var i = 0; i < nics.Length; i++)
            {
                var queue = i;
                nics[i].Sent = value is null ? null : packet => value(queue, packet);
            }
        }
    }

    public long SentCount => nics.Sum(nic => nic.SentCount);

    public int QueueOf(ReadOnlySpan<byte> frame) => table.QueueOf(table.Hash.OfFrame(frame));

    public void Inject(ReadOnlySpan<byte> frame)
    {
        var queue = QueueOf(frame);
        Injected[queue]++;
        nics[queue].Inject(frame);
    }

    public override NicQueue Open(int queue, Arena arena) => nics[queue].Open(0, arena);
}
