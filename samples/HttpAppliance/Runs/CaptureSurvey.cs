using Millrace.Headers;
using Millrace.Nics;

namespace HttpAppliance.Runs;

/// <summary>Looks through a capture for whom its packets are addressed to, so that the stack can take that host's place.</summary>
internal sealed class CaptureSurvey
{
    private readonly Dictionary<uint, (MacAddress Mac, long Count)> destinations = [];

    /// <summary>Reads the capture up to its end, or to where it is damaged.</summary>
    public CaptureSurvey(CaptureReader reader)
    {
        try
        {
            while (reader.Read())
            {
                if (reader.Current.LinkType == LinkType.Ethernet)
                {
                    Count(reader.Data);
                }
            }
        }
        catch (CaptureFormatException exception)
        {
            Damage = exception.Message;
        }
    }

    /// <summary>Why the capture could not be read to its end, or null.</summary>
    public string? Damage { get; }

    /// <summary>The IPv4 address that most packets go to, or null if there is none.</summary>
    public InetAddress? Busiest => destinations.Count == 0
        ? null
        : InetAddress.FromIpv4(destinations.MaxBy(destination => destination.Value.Count).Key);

    /// <summary>The MAC address under which packets are sent to a host, or null if none is.</summary>
    public MacAddress? MacOf(InetAddress address) =>
        destinations.TryGetValue(address.Ipv4, out var found) ? found.Mac : null;

    private void Count(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < EthernetHeader.Length + Ipv4Header.Length || EthernetHeader.Type(frame) != EtherType.Ipv4)
        {
            return;
        }

        var mac = EthernetHeader.Destination(frame);
        var header = frame[EthernetHeader.Length..];
        var address = Ipv4Header.Destination(header);
        if (header[0] >> 4 == 4 && !mac.IsMulticast && IsHost(address))
        {
            var count = destinations.TryGetValue(address, out var known) ? known.Count : 0;
            destinations[address] = (mac, count + 1);
        }
    }

    /// <summary>Whether a host can have the address: not "this network", loopback, multicast or reserved (RFC 6890).</summary>
    private static bool IsHost(uint address) => address >> 24 is > 0 and < 224 and not 127;
}
