using Millrace.Headers;

namespace Millrace.Sockets;

/// <summary>An application over UDP, called inside the loop.</summary>
public interface IUdpHandler
{
    /// <summary>A datagram came for this handler's port. An exception leaves Poll and the stack is faulted from then on.</summary>
    void Received(UdpDatagram datagram);
}

/// <summary>Every UDP application of a stack behind one struct, written by the generator.</summary>
public interface IUdpApplications
{
    int Count { get; }

    /// <summary>The port an application listens on, or 0 if it binds ports itself (<see cref="UdpSockets.TryBind"/>).</summary>
    int Port(int application);

    void Received(int application, UdpDatagram datagram);
}

/// <summary>A datagram in place, valid during the call it was given to.</summary>
public readonly ref struct UdpDatagram(UdpSockets sockets, ReadOnlySpan<byte> data, InetEndpoint source, InetEndpoint destination)
{
    private readonly UdpSockets sockets = sockets;

    /// <summary>The payload, whole.</summary>
    public ReadOnlySpan<byte> Data { get; } = data;

    public InetEndpoint Source { get; } = source;

    public InetEndpoint Destination { get; } = destination;

    /// <summary>Sends a datagram back to where this one came from.</summary>
    /// <returns>False if there is no room to send now.</returns>
    public bool Reply(ReadOnlySpan<byte> payload) => sockets.TrySend(Destination, Source, payload);
}

/// <summary>What applications can ask of UDP.</summary>
public abstract class UdpSockets
{
    /// <summary>Sends a datagram, in fragments if it is longer than the path's MTU.</summary>
    /// <param name="local">An unspecified address lets the network layer choose; the port is that of the sender.</param>
    /// <param name="payload">At most 65,507 bytes over IPv4.</param>
    /// <returns>False if there is no room to send now, or no route.</returns>
    public abstract bool TrySend(InetEndpoint local, InetEndpoint remote, ReadOnlySpan<byte> payload);

    /// <summary>Gives an application a port beside the one it was declared with.</summary>
    /// <returns>False if the port is taken.</returns>
    public virtual bool TryBind(int application, ushort port) => false;

    /// <summary>Takes a port back, from whichever application has it.</summary>
    public virtual void Unbind(ushort port)
    {
    }
}
