using System.Buffers.Binary;
using Millrace.CodeShape;
using Millrace.Headers;
using Millrace.Memory;
using Millrace.Nics;

namespace Millrace.Benchmarks.Stages;

/// <summary>
/// A NIC with one host behind it, 10.0.0.1, that connects to port 80 of 10.0.0.2 and then sends full segments as fast as the window
/// lets, or acknowledges every second segment that it gets. It does no more than TCP asks, so that what is measured is the stack;
/// a segment that does not follow the one before it is an error.
/// </summary>
/// <param name="sends">Whether the host sends; otherwise it acknowledges.</param>
/// <param name="vlan">The VLAN of all frames; 0 for none.</param>
public sealed class TcpPeer(bool sends, int vlan = 0, NicFeatures features = NicFeatures.ReceiveChecksum | NicFeatures.TransmitChecksum | NicFeatures.ScatterGather) : Nic
{
    private TcpPeerQueue? queue;

    public override NicFeatures Features => features;

    public override MacAddress Address => Packets.Local;

    public override int Mtu => 1500;

    public override bool IsLinkUp => true;

    public override int Revision => 0;

    public override int QueueCount => 1;

    /// <summary>Full segments that went to the stack or came from it.</summary>
    public long Segments => queue!.Segments;

    public override NicQueue Open(int queue, Arena arena) => this.queue = new TcpPeerQueue(arena, sends, new PeerFrames(vlan), (features & NicFeatures.ReceiveChecksum) != 0);
}

internal sealed class TcpPeerQueue(Arena arena, bool sends, PeerFrames frames, bool verifies) : NicQueue
{
    private const int DataOffset = 64;

    private readonly Frame[] posted = new Frame[512];
    private readonly Frame[] sent = new Frame[512];
    private readonly uint[] acknowledgments = new uint[512];
    private int postedCount;
    private int sentCount;
    private int acknowledgmentCount;
    private int unacknowledged;
    private int handshake;
    private bool owesArp;
    private bool isConnected;
    private uint next;
    private uint rightEdge;
    private uint expected;

    public long Segments { get; private set; }

    public override int RingSize => posted.Length;

    public override int Vacant => posted.Length - postedCount;

    public override int TransmitRoom => sent.Length - sentCount;

    public override long Missed => 0;

    public override void Post(ReadOnlySpan<Frame> empty)
    {
        empty.CopyTo(posted.AsSpan(postedCount));
        postedCount += empty.Length;
    }

    public override int Receive(Span<Frame> packets, long now)
    {
        var count = 0;
        if (handshake < 2)
        {
            packets[count++] = Take(handshake++ == 0 ? frames.ArpRequest : frames.Syn);
        }

        if (owesArp)
        {
            owesArp = false;
            packets[count++] = Take(frames.ArpReply);
        }

        if (!isConnected)
        {
            return count;
        }

        return sends ? Send(packets, count) : Acknowledge(packets, count);
    }

    public override int Transmit(ReadOnlySpan<Frame> packets, long now)
    {
        foreach (var packet in packets)
        {
            sent[sentCount++] = packet;
            Look(arena.Data(packet)[frames.LinkLength..], arena.Metadata(packet).TotalLength - frames.LinkLength);
        }

        return packets.Length;
    }

    public override int Reclaim(Span<Frame> packets, long now)
    {
        var count = Math.Min(packets.Length, sentCount);
        sent.AsSpan(sentCount - count, count).CopyTo(packets);
        sentCount -= count;
        return count;
    }

    public override bool Wait(TimeSpan timeout) => true;

    public override void Wake()
    {
    }

    public override void Drain()
    {
        while (postedCount > 0)
        {
            arena.Release(posted[--postedCount], Holders.ReceiveRing);
        }

        while (sentCount > 0)
        {
            arena.ReleaseChain(sent[--sentCount], Holders.TransmitRing);
        }
    }

    private int Send(Span<Frame> packets, int count)
    {
        for (; count < packets.Length && postedCount > 0 && (int)(rightEdge - next) >= PeerFrames.SegmentSize; count++)
        {
            packets[count] = Take(frames.Data(next, expected));
            next += PeerFrames.SegmentSize;
            Segments++;
        }

        return count;
    }

    private int Acknowledge(Span<Frame> packets, int count)
    {
        if (acknowledgmentCount == 0 && unacknowledged > 0)
        {
            // as the timer of delayed acknowledgments would, which nobody waits for here
            acknowledgments[acknowledgmentCount++] = expected;
            unacknowledged = 0;
        }

        var taken = 0;
        for (; taken < acknowledgmentCount && count < packets.Length; taken++, count++)
        {
            packets[count] = Take(frames.Acknowledgment(next, acknowledgments[taken]));
        }

        acknowledgmentCount -= taken;
        Array.Copy(acknowledgments, taken, acknowledgments, 0, acknowledgmentCount);
        return count;
    }

    private void Look(ReadOnlySpan<byte> packet, int length)
    {
        if (frames.IsArp(packet))
        {
            owesArp |= ArpHeader.Opcode(packet) == ArpOpcode.Request;
            return;
        }

        var header = packet[Ipv4Header.Length..];
        var payload = length - Ipv4Header.Length - TcpHeader.HeaderLength(header);
        var sequence = TcpHeader.Sequence(header).Value;
        if ((TcpHeader.Flags(header) & TcpFlags.Syn) != 0)
        {
            isConnected = true;
            next = PeerFrames.FirstSequence + 1;
            expected = sequence + 1;
            acknowledgments[acknowledgmentCount++] = expected;
        }
        else if (sequence != expected || (TcpHeader.Flags(header) & (TcpFlags.Rst | TcpFlags.Fin)) != 0)
        {
            throw new InvalidOperationException($"A segment of {payload} bytes is {(int)(sequence - expected)} bytes ahead, with {TcpHeader.Flags(header)}.");
        }

        rightEdge = TcpHeader.Acknowledgment(header).Value + TcpHeader.Window(header);
        expected += (uint)payload;
        if (payload > 0)
        {
            Segments++;
            if (++unacknowledged == 2)
            {
                unacknowledged = 0;
                acknowledgments[acknowledgmentCount++] = expected;
            }
        }
    }

    private Frame Take(ReadOnlySpan<byte> bytes)
    {
        var frame = posted[--postedCount];
        ref var metadata = ref arena.Metadata(frame);
        metadata.DataOffset = DataOffset;
        metadata.DataLength = (ushort)bytes.Length;
        metadata.TotalLength = bytes.Length;
        metadata.Checksum = verifies ? ChecksumState.Unnecessary : ChecksumState.None;
        metadata.Holders = Holders.Loop;
        bytes.CopyTo(arena.Data(frame));
        return frame;
    }
}
