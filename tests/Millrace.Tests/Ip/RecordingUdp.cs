using Millrace.Headers;
using Millrace.Sockets;

namespace Millrace.Tests.Ip;

/// <summary>Applications on ports 53 (records) and 7 (echoes).</summary>
internal readonly struct RecordingUdp(List<(byte[] Data, InetEndpoint Source, InetEndpoint Destination)> received) : IUdpApplications
{
    public List<(byte[] Data, InetEndpoint Source, InetEndpoint Destination)> Received { get; } = received;

    public int Count => 2;

    public int Port(int application) => application == 0 ? 53 : 7;

    void IUdpApplications.Received(int application, UdpDatagram datagram)
    {
        if (application == 1)
        {
            datagram.Reply(datagram.Data);
        }
        else
        {
            Received.Add((datagram.Data.ToArray(), datagram.Source, datagram.Destination));
        }
    }
}
