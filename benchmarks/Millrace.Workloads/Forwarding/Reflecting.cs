using Millrace.Headers;
using Millrace.Nics;

namespace Millrace.Workloads.Forwarding;

/// <summary>F1: frames go back to their sender, with the MAC addresses swapped.</summary>
internal static class Reflecting
{
    public static Reading Measure<TLength>(string variant, BufferOrder order, int batch, RunLength length)
        where TLength : struct, IFrameLength
    {
        var source = Source<TLength>();
        using var nic = new SourceNic<TLength>(source, order);
        using var stack = Stack(nic, order);
        var loop = new PollingLoop(stack, batch);
        var isRight = Check(nic, loop, source);
        var (wall, cpu) = loop.Measure(length);
        isRight &= Check(nic, loop, source);
        return new Reading(variant, "ns/packet", wall, cpu, isRight, isRight ? "" : "a frame came back otherwise than expected");
    }

    public static INetworkStack Stack(Nic nic, BufferOrder order) => order == BufferOrder.LastInFirstOut
        ? new HotReflectStack(new() { Nic = nic, Entropy = new Entropy(1, 2) })
        : new ColdReflectStack(new() { Nic = nic, Entropy = new Entropy(1, 2) });

    public static FrameSource Source<TLength>()
        where TLength : struct, IFrameLength => FrameSource.Make<TLength>((frame, index) =>
        {
            new Random(index).NextBytes(frame);
            EthernetHeader.Write(frame, TrafficAddresses.Local, TrafficAddresses.Sender, EtherType.Ipv4);
        });

    /// <summary>Sends all frames of the source through and compares every byte, in order; and every packet before was sent.</summary>
    public static bool Check<TLength>(SourceNic<TLength> nic, PollingLoop loop, FrameSource source)
        where TLength : struct, IFrameLength
    {
        var ledger = loop.Stack.Ledger;
        var isRight = nic.Sent == ledger.Received;
        var next = (int)(nic.Sent % FrameSource.Count);
        var expected = new byte[source.FrameLength];
        nic.Inspect = frame =>
        {
            source[next++].CopyTo(expected);
            EthernetHeader.Write(expected, TrafficAddresses.Sender, TrafficAddresses.Local, EtherType.Ipv4);
            isRight &= frame.SequenceEqual(expected);
        };
        loop.Run(FrameSource.Count);
        nic.Inspect = null;
        return isRight && nic.Sent == ledger.Received && ledger.Transmitted == nic.Sent && ledger.IngressDue == 0 && ledger.EgressDue == 0;
    }
}
