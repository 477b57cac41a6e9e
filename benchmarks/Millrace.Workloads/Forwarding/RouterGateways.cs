using Millrace.Headers;

namespace Millrace.Workloads.Forwarding;

/// <summary>The sixteen gateways behind the router's second interface.</summary>
internal static class RouterGateways
{
    private const int Batch = 64;

    /// <summary>Lets packets through until every gateway was asked for and has answered; before the measured loop's time begins.</summary>
    /// <returns>The time that it then is, in nanoseconds.</returns>
    public static long Learn(INetworkStack stack, RouterSink sink, long now)
    {
        sink.Inspect = frame =>
        {
            if (EthernetHeader.Type(frame) == EtherType.Arp && ArpHeader.TargetProtocol(frame[EthernetHeader.Length..]) is var target
                && target - RouterAddresses.Gateway(0) < RouterTraffic.Gateways)
            {
                sink.Answers.Enqueue(Answer((int)(target - RouterAddresses.Gateway(0)), target));
            }
        };
        for (var poll = 0; poll < RouterTraffic.Count / Batch; poll++)
        {
            stack.Poll(0, 0, Batch, ++now);
            stack.Poll(1, 0, Batch, ++now);
        }

        sink.Inspect = null;
        return now;
    }

    private static byte[] Answer(int gateway, uint address)
    {
        var frame = new byte[EthernetHeader.Length + ArpHeader.Length];
        EthernetHeader.Write(frame, RouterAddresses.Outside, RouterAddresses.GatewayMac(gateway), EtherType.Arp);
        ArpHeader.Write(
            frame.AsSpan(EthernetHeader.Length), ArpOpcode.Reply, RouterAddresses.GatewayMac(gateway), address, RouterAddresses.Outside, 0xC613_00FE);
        return frame;
    }
}
