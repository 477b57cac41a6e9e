using System.Runtime.CompilerServices;

namespace Millrace.Ip;

internal enum HopKind : byte
{
    /// <summary>A neighbour has to be asked for the link address.</summary>
    Unicast,

    /// <summary>A broadcast or multicast address, whose link address follows from it.</summary>
    Group,

    /// <summary>This stack itself.</summary>
    Local,
}

/// <summary>All that is needed to send to one destination.</summary>
internal struct Hop
{
    public uint Destination;

    /// <summary>The address this stack sends from.</summary>
    public uint Source;

    /// <summary>The neighbour's address: the destination itself or a gateway.</summary>
    public uint NextHop;

    /// <summary>The neighbour's place in the neighbour table, or -1.</summary>
    public int Neighbour;

    /// <summary>Bytes of the largest packet the path takes.</summary>
    public int Mtu;

    /// <summary>The counter of identifications for this destination.</summary>
    public int Identification;

    /// <summary>The state of the tables this was made from.</summary>
    public int Generation;

    public byte Interface;

    public HopKind Kind;

    /// <summary>Packets go without DF even if their sender asks for it.</summary>
    public bool IsMtuLocked;
}

/// <summary>
/// The destinations sent to last, one a place, each made from the route, neighbour and path-MTU tables; a change of any of
/// them ends all at once.
/// </summary>
internal sealed class HopCache
{
    private const int Bits = 8;

    private readonly Hop[] hops = new Hop[1 << Bits];

    /// <summary>Grows when a table changes; a hop of an earlier generation is not used.</summary>
    public int Generation { get; private set; } = 1;

    public void Invalidate() => Generation++;

    /// <summary>The place of a destination, whatever stands there now.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref Hop Place(uint destination) => ref hops[(int)((destination * 0x9E3779B1u) >> (32 - Bits))];
}
