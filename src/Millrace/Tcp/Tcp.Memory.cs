using Millrace.Memory;

namespace Millrace.Tcp;

/// <content>
/// The sockets' share of the arena, which is to all connections what tcp_mem is in Linux. When little of it is left, a
/// connection gets no more than its guaranteed minimum, so that readers who do not read leave the others running.
/// </content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications>
{
    /// <summary>Frames kept back for each connection of an application: two to receive and two to send.</summary>
    private const int GuaranteedFramesEach = 4;

    private const int GuaranteedFramesToReceive = 2;

    private const int GuaranteedTruesize = GuaranteedFramesToReceive * Arena.FrameTruesize;

    /// <summary>At most half of the share, however many connections are declared.</summary>
    private readonly int guaranteedFrames;

    private bool isUnderPressure;

    private bool IsUnderPressure => arena.Available(Share.Sockets) <= guaranteedFrames;

    /// <summary>Whether a send queue that holds so much may have another frame.</summary>
    /// <param name="held">Bytes of truesize.</param>
    private bool MaySend(int held) =>
        !NotePressure() || held + Arena.FrameTruesize <= Math.Max(memory.Wmem.Minimum, GuaranteedTruesize);

    /// <summary>
    /// Whether the queues of a connection may keep a packet that came in. A merged packet is judged by all of its frames: let
    /// in by its first, a thousand readers who do not read would share out what is kept back for the others.
    /// </summary>
    private bool MayKeep(ref TcpConnection connection, Frame packet) =>
        !NotePressure() || connection.RmemAlloc + TruesizeOf(packet) <= Math.Max(memory.Rmem.Minimum, GuaranteedTruesize);

    private bool NotePressure()
    {
        var pressed = IsUnderPressure;
        if (pressed && !isUnderPressure)
        {
            counters.TCPMemoryPressures++;
        }

        isUnderPressure = pressed;
        return pressed;
    }

    private int TruesizeOf(Frame packet)
    {
        var truesize = 0;
        for (var frame = packet; !frame.IsNone; frame = arena.Metadata(frame).NextFragment)
        {
            truesize += arena.Metadata(frame).Truesize;
        }

        return truesize;
    }
}
