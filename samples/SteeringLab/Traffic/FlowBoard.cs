using Millrace;
using Millrace.Headers;

namespace SteeringLab.Traffic;

/// <summary>All flows, known before the first packet: their ports follow from their numbers.</summary>
internal sealed class FlowBoard
{
    public const ushort TcpPort = 5001;
    public const ushort UdpPort = 5002;
    public const int MaximumFlows = 512;

    /// <summary>Every so many flows one is an elephant, with that many times the traffic of a mouse.</summary>
    private const int ElephantEvery = 8;

    private const int ElephantWeight = 8;
    private const int FirstPort = 10_000;
    private const int PortsToChooseFrom = 40_000;

    private static readonly InetAddress Generator = InetAddress.Parse("10.0.0.2");
    private static readonly InetAddress Server = InetAddress.Parse("10.0.0.1");

    private readonly Flow?[] byPort = new Flow?[ushort.MaxValue + 1];

    /// <param name="hash">How the server's NIC and its workers hash flows.</param>
    /// <param name="seed">Decides the ports, and with them the hashes.</param>
    public FlowBoard(int count, FlowMix mix, FlowHash hash, ulong seed)
    {
        var first = FirstPort + (int)(seed % PortsToChooseFrom);
        var flows = new Flow[count];
        for (var i = 0; i < count; i++)
        {
            var protocol = mix switch
            {
                FlowMix.Tcp => IpProtocol.Tcp,
                FlowMix.Udp => IpProtocol.Udp,
                _ => i % 2 == 0 ? IpProtocol.Tcp : IpProtocol.Udp,
            };
            var source = new InetEndpoint(Generator, (ushort)(first + i));
            var destination = new InetEndpoint(Server, protocol == IpProtocol.Tcp ? TcpPort : UdpPort);
            var value = hash.Of(source.Address, destination.Address, source.Port, destination.Port);
            flows[i] = new Flow(i, protocol, source, destination, value, i / 2 % ElephantEvery == 0 ? ElephantWeight : 1);
            byPort[source.Port] = flows[i];
        }

        Flows = flows;
    }

    public IReadOnlyList<Flow> Flows { get; }

    /// <summary>The flow whose generator's end has this port.</summary>
    public Flow? Find(ushort sourcePort) => byPort[sourcePort];

    /// <summary>The flow of a packet from the generator, from its network header on; null if it is of none.</summary>
    public Flow? FindByHeaders(ReadOnlySpan<byte> network) =>
        TryReadPorts(network, out var source, out var destination) && destination is TcpPort or UdpPort ? byPort[source] : null;

    /// <summary>Reads the ports of a packet of IPv4 without options.</summary>
    private static bool TryReadPorts(ReadOnlySpan<byte> network, out ushort source, out ushort destination)
    {
        const int PortsLength = 4;
        (source, destination) = (0, 0);
        if (network.Length < Ipv4Header.Length + PortsLength || network[0] != Ipv4Header.OrdinaryVersionAndLength
            || Ipv4Header.Protocol(network) is not (IpProtocol.Tcp or IpProtocol.Udp))
        {
            return false;
        }

        // both transports begin with their ports
        source = UdpHeader.SourcePort(network[Ipv4Header.Length..]);
        destination = UdpHeader.DestinationPort(network[Ipv4Header.Length..]);
        return true;
    }
}
