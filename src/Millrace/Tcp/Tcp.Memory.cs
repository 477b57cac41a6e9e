using Millrace.Memory;

namespace Millrace.Tcp;

/// <content>
/// The sockets' share of the arena, which is to all connections what tcp_mem is in Linux. When little of it is left, a
/// connection gets no more than its guaranteed minimum, so that readers who do not read leave the others running.
/// </content>
public sealed partial class Tcp<TSettings, TMemory, TApplications>
{
    /// <summary>Frames kept back for each connection of an application: two to receive and two to send.</summary>
    private const int GuaranteedFramesEach = 4;

    private const int GuaranteedTruesize = 2 * Arena.FrameTruesize;

    /// <summary>At most half of the share, however many connections are declared.</summary>
    private readonly int guaranteedFrames;

    private bool isUnderPressure;

    private bool IsUnderPressure => arena.Available(Share.Sockets) <= guaranteedFrames;

    /// <summary>Whether a queue that holds so much may have another frame.</summary>
    /// <param name="held">Bytes of truesize.</param>
    /// <param name="minimum">The limits' minimum, in bytes of truesize.</param>
    private bool MayCharge(int held, int minimum)
    {
        var pressed = IsUnderPressure;
        if (pressed && !isUnderPressure)
        {
            counters.TCPMemoryPressures++;
        }

        isUnderPressure = pressed;
        return !pressed || held + Arena.FrameTruesize <= Math.Max(minimum, GuaranteedTruesize);
    }
}
