using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Nics;

/// <summary>
/// A NIC without a link layer: its owner puts IP packets in and takes IP packets out, as plain bytes (a TUN device, a program that embeds
/// the stack). One queue, used by the thread that polls. Inside the stack each packet has an Ethernet header like all others; what
/// is not IP does not leave. Nobody is asked for a link address (<see cref="Nic.Neighbour"/>).
/// </summary>
public sealed class IpNic : Nic
{
    /// <summary>The stack's own link address, which nobody outside sees.</summary>
    public static readonly MacAddress Own = new(0x0200_0000_0001);

    /// <summary>That of everybody else.</summary>
    public static readonly MacAddress Everybody = new(0x0200_0000_0002);

    private readonly IpQueue queue;

    /// <param name="mtu">Bytes of the largest packet, 68 to 65521.</param>
    /// <param name="length">Packets that can wait on either way, 1 to 65536.</param>
    public IpNic(int mtu = 1500, int length = 256)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(mtu, MemoryWireOptions.MinimumMtu);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(mtu, MemoryWireOptions.MaximumMtu);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, 1 << 16);
        Mtu = mtu;
        queue = new IpQueue(length);
    }

    public override NicFeatures Features => NicFeatures.ScatterGather;

    public override MacAddress Address => Own;

    public override MacAddress? Neighbour => Everybody;

    public override int Mtu { get; }

    public override bool IsLinkUp => true;

    public override int Revision => 0;

    public override int QueueCount => 1;

    /// <summary>Whether the stack has packets for its owner.</summary>
    public bool HasPacket => queue.Leaving > 0;

    /// <summary>Packets that were put in and that the stack has not polled.</summary>
    public int Waiting => queue.Arriving;

    public override NicQueue Open(int queue, Arena arena)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(queue, 0);
        this.queue.Attach(arena);
        return this.queue;
    }

    /// <summary>Gives the stack a packet; it is copied, and taken in at the next poll.</summary>
    /// <returns>False if no posted frame is left for it; a poll makes room.</returns>
    /// <exception cref="ArgumentException">It is no IP packet, or longer than 65,535 bytes.</exception>
    public bool TryPut(ReadOnlySpan<byte> packet)
    {
        if (packet.IsEmpty || packet.Length > ushort.MaxValue || packet[0] >> 4 is not (4 or 6))
        {
            throw new ArgumentException("An IP packet begins with its version, 4 or 6, and has at most 65,535 bytes.", nameof(packet));
        }

        return queue.TryPut(packet);
    }

    /// <summary>The length of the packet that <see cref="TryTake"/> would give; 0 if there is none.</summary>
    public int NextLength => queue.NextLength;

    /// <summary>Takes the oldest packet that the stack has sent.</summary>
    /// <param name="destination">Room for <see cref="NextLength"/> bytes.</param>
    /// <param name="length">Its bytes.</param>
    /// <returns>False if there is none.</returns>
    /// <exception cref="ArgumentException">It does not fit; it stays.</exception>
    public bool TryTake(Span<byte> destination, out int length)
    {
        length = queue.NextLength;
        if (length == 0)
        {
            return false;
        }

        if (length > destination.Length)
        {
            throw new ArgumentException($"The packet has {length} bytes; give room for as many.", nameof(destination));
        }

        queue.Take(destination[..length]);
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            queue.Dispose();
        }
    }
}
