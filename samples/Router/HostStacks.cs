using System.Runtime.CompilerServices;
using Millrace;
using Millrace.Headers;

namespace Router;

/// <summary>The host on the lan, which sends datagrams to wherever the router has a route.</summary>
[NetworkStack]
[NicQueues(1)]
[Ipv4("10.1.0.2/24", Gateway = "10.1.0.1")]
[Udp]
public sealed partial class SenderStack;

/// <summary>The next router on the wan, where everything ends.</summary>
[NetworkStack]
[NicQueues(1)]
[Stage<Arrivals>]
[Ipv4("10.2.0.2/24")]
public sealed partial class NextRouterStack;

/// <summary>Takes packets for others, and looks whether each is as a router must have left it.</summary>
public struct Arrivals(ArrivalTally tally) : IIngressStage
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Verdict Receive(ref Packet packet)
    {
        var data = packet.Data;
        if (packet.EtherType != EtherType.Ipv4 || data.Length < Ipv4Header.Length || Ipv4Header.Destination(data) == tally.Own)
        {
            return Verdict.Continue;
        }

        tally.Add(Ipv4Header.Destination(data), Ipv4Header.TimeToLive(data) == SentTimeToLive - 1 && Ipv4Header.IsOrdinaryChecksumRight(data));
        return Verdict.Consumed;
    }

    // DefaultTtl of [Ipv4]
    private const int SentTimeToLive = 64;
}

/// <summary>What has arrived at the next router.</summary>
public sealed class ArrivalTally
{
    /// <summary>The address of the next router itself, as a host number.</summary>
    public uint Own { get; } = InetAddress.Parse("10.2.0.2").Ipv4;

    public long Right { get; private set; }

    public long Wrong { get; private set; }

    /// <summary>The exclusive or of all destinations: equal to that of what was sent if nothing is lost, doubled or changed.</summary>
    public uint Destinations { get; private set; }

    public void Add(uint destination, bool isRight)
    {
        Destinations ^= destination;
        Right += isRight ? 1 : 0;
        Wrong += isRight ? 0 : 1;
    }
}
