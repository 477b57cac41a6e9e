using Millrace;
using Millrace.Sockets;
using Millrace.Tcp;

namespace SteeringLab.Traffic;

/// <summary>Gives the source its turns in the generator's loop; packets pass it by.</summary>
public struct TrafficTurns(TrafficSource source, TcpSockets tcp, UdpSockets udp) : IIngressStage, ITimed, IOriginates
{
    public readonly long NextDeadline => source.NextDeadline;

    public readonly Verdict Receive(ref Packet packet) => Verdict.Continue;

    public readonly void Advance(long now) => source.Advance(tcp, udp, now);

    public readonly bool FillOutbox(long now) => source.FillOutbox(udp);
}

/// <summary>The generator's side of a connection.</summary>
public readonly struct SourceConnection(TrafficSource source) : ITcpHandler
{
    public void Connected(TcpSocket socket) => source.Established(socket.Local.Port, socket.Id);

    public void Received(TcpSocket socket) => socket.Consume(socket.Readable);

    public void Writable(TcpSocket socket)
    {
        // the source asks for room in its turns
    }

    public void PeerClosed(TcpSocket socket) => socket.Shutdown();

    public void Closed(TcpSocket socket, TcpCloseReason reason) => source.Ended(socket.Local.Port, reason);
}
