using Millrace;
using Millrace.Headers;
using Millrace.Sockets;

namespace UdpEcho;

/// <summary>The other end of the wire: it sends a datagram and counts what comes back.</summary>
[NetworkStack]
[NicQueues(1)]
[Ipv4("10.0.0.1/24")]
[Udp]
[UdpHandler<Probe>(4000)]
public sealed partial class ProbeStack;

/// <summary>Checks each echo against what was sent.</summary>
public struct Probe(EchoTally tally) : IUdpHandler
{
    public void Received(UdpDatagram datagram) => tally.Check(datagram);
}

/// <summary>What was sent and what came back.</summary>
public sealed class EchoTally
{
    private readonly byte[] expected = "the quick brown fox jumps over the lazy dog"u8.ToArray();

    public static InetEndpoint Local { get; } = new(InetAddress.Parse("10.0.0.1"), 4000);

    public static InetEndpoint Service { get; } = new(InetAddress.Parse("10.0.0.2"), 7);

    public ReadOnlySpan<byte> Payload => expected;

    public int Sent { get; set; }

    public int Echoed { get; private set; }

    public void Check(UdpDatagram datagram)
    {
        if (datagram.Source == Service && datagram.Data.SequenceEqual(expected))
        {
            Echoed++;
        }
    }
}
