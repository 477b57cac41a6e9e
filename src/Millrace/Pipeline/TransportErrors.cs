using Millrace.Headers;

namespace Millrace;

/// <summary>What an ICMP error, or a next hop that does not answer, says of a packet this stack had sent.</summary>
/// <param name="Local">The address and port the packet was sent from.</param>
/// <param name="Remote">The address and port it was sent to.</param>
/// <param name="Sequence">TCP: the sequence number quoted, by which a forged error is told from a real one (RFC 5927 §4.1).</param>
/// <param name="Mtu"><see cref="TransportErrorKind.PacketTooBig"/>: bytes of the largest network packet that fits.</param>
public readonly record struct TransportError(
    TransportErrorKind Kind, IpProtocol Protocol, InetEndpoint Local, InetEndpoint Remote, uint Sequence, int Mtu);

public enum TransportErrorKind : byte
{
    NetworkUnreachable,
    HostUnreachable,
    ProtocolUnreachable,
    PortUnreachable,
    PacketTooBig,
    TimeExceeded,
    ParameterProblem,
    AdministrativelyProhibited,
}

/// <summary>A stage that hears of errors about what it sent.</summary>
public interface ITransportErrorObserver
{
    void TransportFailed(in TransportError error, long now);
}

/// <summary>Errors on their way from the network layer to the transports; the loop hands them on after the packets of a poll.</summary>
public sealed class TransportErrors
{
    private const int Capacity = 64;

    private readonly TransportError[] ring = new TransportError[Capacity];
    private int head;
    private int tail;

    /// <summary>Errors that found the ring full.</summary>
    public long Lost { get; private set; }

    public void Report(in TransportError error)
    {
        if (tail - head == Capacity)
        {
            Lost++;
            return;
        }

        ring[tail++ % Capacity] = error;
    }

    public bool TryTake(out TransportError error)
    {
        if (head == tail)
        {
            error = default;
            return false;
        }

        error = ring[head++ % Capacity];
        if (head == tail)
        {
            head = tail = 0;
        }

        return true;
    }
}
