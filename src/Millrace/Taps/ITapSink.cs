using Millrace.Nics;

namespace Millrace.Taps;

/// <summary>Where a tap shows packets; one sink serves one stack.</summary>
public interface ITapSink
{
    /// <summary>Called once, when the stack is made.</summary>
    /// <param name="interfaces">The interfaces that packets name by their index.</param>
    /// <param name="snapLength">Bytes shown of a packet at most.</param>
    void Attach(IReadOnlyList<NetworkInterface> interfaces, int snapLength);

    /// <summary>
    /// Takes a packet. Called in the stack's loop: it neither blocks, nor allocates, nor keeps anything of the packet but a copy.
    /// </summary>
    void Observe(in TappedPacket packet);
}
