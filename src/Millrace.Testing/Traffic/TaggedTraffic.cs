using Millrace.Testing.Packets;

namespace Millrace.Testing.Traffic;

/// <summary>
/// Puts what another source makes into a VLAN, and some of it elsewhere: into another VLAN, under another tag or two, under a
/// tag without a VLAN, under none, or under half a tag.
/// </summary>
/// <param name="id">The VLAN of most frames.</param>
/// <param name="others">VLANs of some frames.</param>
public sealed class TaggedTraffic(ITrafficSource source, int id, IReadOnlyList<int> others) : ITrafficSource
{
    private const ushort Service = 0x88A8;

    private readonly List<byte[]> untagged = [];

    public void Next(TrafficRandom random, long now, IList<byte[]> frames)
    {
        ArgumentNullException.ThrowIfNull(frames);
        untagged.Clear();
        source.Next(random, now, untagged);
        foreach (var frame in untagged)
        {
            frames.Add(frame.Length < EthernetFrame.HeaderLength ? frame : Dress(frame, random));
        }
    }

    public void Observe(Dissection frame, long now) => source.Observe(frame, now);

    /// <summary>The frame with a tag between its addresses and its type.</summary>
    public static byte[] Tag(byte[] frame, ushort tci, ushort protocol = EthernetFrame.TypeVlan)
    {
        const int addresses = EthernetFrame.HeaderLength - sizeof(ushort);
        return [.. frame[..addresses], (byte)(protocol >> 8), (byte)protocol, (byte)(tci >> 8), (byte)tci, .. frame[addresses..]];
    }

    private byte[] Dress(byte[] frame, TrafficRandom random)
    {
        // a priority a conversation, as hosts do, or nothing could be merged
        var tci = (ushort)(id | (frame[11] << 13));
        return random.Next(100) switch
        {
            0 => frame,
            1 => Tag(frame, 0x6000),
            2 => Tag(Tag(frame, tci), 0x2000),
            3 => Tag(Tag(frame, 0x8000), tci),
            4 => Tag(frame, tci, Service),
            5 => Tag(Tag(frame, (ushort)random.Pick(others)), tci, Service),
            6 => Tag(frame, tci)[..(EthernetFrame.HeaderLength + random.Next(4))],
            7 or 8 => Tag(frame, (ushort)random.Pick(others)),
            _ => Tag(frame, tci),
        };
    }
}
