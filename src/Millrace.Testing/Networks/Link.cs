using Millrace.Headers;
using Millrace.Nics;

namespace Millrace.Testing.Networks;

/// <summary>
/// A link of a <see cref="VirtualTimeNetwork"/>. Each side has one NIC or several: several on each side share the link as hosts behind two switches
/// share the cable between them, which makes a dumbbell. Packets come to the NIC of their destination address.
/// </summary>
public sealed class Link
{
    private LinkState state;

    internal Link(VirtualTimeNetwork network, string name, LinkOptions rightward, LinkOptions leftward, int mtu, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(mtu, LinkNic.MinimumMtu);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(mtu, LinkNic.MaximumMtu);
        Network = network;
        Mtu = mtu;
        Left = new LinkSide(this);
        Right = new LinkSide(this);
        Left.Outgoing = Rightward = new LinkDirection(this, $"{name} >", Right, rightward, seed);
        Right.Outgoing = Leftward = new LinkDirection(this, $"{name} <", Left, leftward, ~seed);
    }

    public VirtualTimeNetwork Network { get; }

    public LinkSide Left { get; }

    public LinkSide Right { get; }

    /// <summary>From the left side to the right.</summary>
    public LinkDirection Rightward { get; }

    public LinkDirection Leftward { get; }

    /// <summary>Bytes of the largest network packet.</summary>
    public int Mtu { get; }

    /// <summary>May be changed at any time; what is on its way arrives.</summary>
    public LinkState State
    {
        get => state;
        set
        {
            var hadCarrier = state != LinkState.Down;
            state = value;
            CarrierChanges += hadCarrier == (value != LinkState.Down) ? 0 : 1;
        }
    }

    /// <summary>Changes both directions.</summary>
    public LinkOptions Options
    {
        set => Rightward.Options = Leftward.Options = value;
    }

    internal int CarrierChanges { get; private set; }
}

/// <summary>One side of a link, where NICs are attached.</summary>
public sealed class LinkSide
{
    private readonly List<LinkNic> nics = [];

    internal LinkSide(Link link) => Link = link;

    public Link Link { get; }

    /// <summary>The direction in which the NICs of this side send.</summary>
    public LinkDirection Outgoing { get; internal set; } = null!;

    /// <summary>A NIC for one stack, with an address of its own.</summary>
    /// <param name="ringSize">Frames of the receive ring, and packets of the transmit ring: more wait in the stack.</param>
    public LinkNic NewNic(int ringSize = 256)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(ringSize);
        var nic = new LinkNic(Link, this, Link.Network.NewAddress(), ringSize);
        nics.Add(nic);
        return nic;
    }

    /// <summary>
    /// Lets the packets of a capture arrive that its interface received, at their times: a stack with the entropy and the application of the one
    /// that was captured sends again what it sent then.
    /// </summary>
    /// <param name="reader">A capture made by <see cref="LinkNic.Capture"/>.</param>
    /// <returns>How many there are.</returns>
    public int Replay(CaptureReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var count = 0;
        while (reader.Read())
        {
            if (reader.Direction == CaptureDirection.Inbound)
            {
                Arrive(reader.Data.ToArray(), reader.Current.Timestamp, from: null);
                count++;
            }
        }

        return count;
    }

    internal void Arrive(byte[] frame, long at, LinkNic? from)
    {
        if (nics.Count == 1)
        {
            nics[0].Arrive(frame, at);
            return;
        }

        var address = MacAddress.Read(frame);
        foreach (var nic in nics)
        {
            if (nic != from && (address.IsMulticast || address == nic.Address))
            {
                nic.Arrive(frame, at);
            }
        }
    }
}
