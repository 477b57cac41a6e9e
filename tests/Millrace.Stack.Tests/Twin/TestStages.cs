using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Stack.Tests.Twin;

/// <summary>Sends every frame back to where it came from.</summary>
internal struct TurnRound : IIngressStage
{
    public Verdict Receive(ref Packet packet)
    {
        var start = packet.Metadata.DataOffset;
        Turn(Arena.Slot(ref packet.Metadata).Slice(start, EthernetHeader.Length));
        return Verdict.Transmit;
    }

    private static void Turn(Span<byte> header)
    {
        for (var i = 0; i < MacAddress.Length; i++)
        {
            (header[i], header[i + MacAddress.Length]) = (header[i + MacAddress.Length], header[i]);
        }
    }
}

/// <summary>Refuses every tenth packet, in and out.</summary>
internal struct Tithe : IIngressStage, IEgressStage
{
    private int seen;

    public Verdict Receive(ref Packet packet) => ++seen % 10 == 0 ? Verdict.Drop(DropReason.StagePolicy) : Verdict.Continue;

    public Verdict Transmit(ref Packet packet) => ++seen % 10 == 0 ? Verdict.Drop(DropReason.StagePolicy) : Verdict.Continue;
}

/// <summary>Counts bytes and packets in both directions.</summary>
internal struct Meter : IIngressStage, IEgressStage
{
    public long ReceivedBytes;
    public long TransmittedBytes;

    public Verdict Receive(ref Packet packet)
    {
        ReceivedBytes += packet.TotalLength;
        return Verdict.Continue;
    }

    public Verdict Transmit(ref Packet packet)
    {
        TransmittedBytes += packet.TotalLength;
        return Verdict.Continue;
    }
}

/// <summary>Holds every third packet until the end of the poll, so that later ones overtake it.</summary>
internal struct Laggard(Arena arena) : IIngressStage, IResumesIngress, IPollEnd
{
    private const int Places = 8;

    private readonly ResumedPacket[] held = new ResumedPacket[Places];
    private int count;
    private int released;
    private int given;
    private int seen;

    public readonly long HeldIngress
    {
        get
        {
            long packets = 0;
            for (var i = given; i < count; i++)
            {
                packets += arena.Metadata(held[i].Frame).WirePackets;
            }

            return packets;
        }
    }

    public Verdict Receive(ref Packet packet)
    {
        if (++seen % 3 != 0 || count == Places)
        {
            return Verdict.Continue;
        }

        arena.MoveChain(packet.Frame, Holders.Loop, Holders.Stage);
        held[count++] = new ResumedPacket { Frame = packet.Frame, Offset = packet.Offset, EtherType = packet.EtherType, Protocol = packet.Protocol };
        return Verdict.Held;
    }

    public void PollEnd(long now) => released = count;

    public bool TryResumeIngress(out ResumedPacket packet)
    {
        if (given == released)
        {
            if (given == count)
            {
                given = released = count = 0;
            }

            packet = default;
            return false;
        }

        packet = held[given++];
        arena.MoveChain(packet.Frame, Holders.Stage, Holders.Loop);
        return true;
    }
}
