namespace Millrace.Ip;

/// <summary>
/// Identifications of packets that may be fragmented (RFC 6864 §4): counters with random starts, shared by the
/// destinations that meet in one (Linux's ip_idents).
/// </summary>
internal sealed class IdentificationCounters
{
    private const int Count = 1024;

    private readonly ushort[] counters = new ushort[Count];
    private readonly Entropy entropy;

    public IdentificationCounters(Entropy entropy)
    {
        this.entropy = entropy;
        foreach (ref var counter in counters.AsSpan())
        {
            counter = (ushort)entropy.NextUInt32();
        }
    }

    /// <summary>The counter of a pair of addresses.</summary>
    public int Of(uint source, uint destination) => (int)entropy.Hash(0x6970_6964, source, destination) & (Count - 1);

    /// <summary>The identification of a packet that will become <paramref name="count"/> packets of the wire.</summary>
    public ushort Next(int counter, int count)
    {
        var value = counters[counter];
        counters[counter] = (ushort)(value + count);
        return value;
    }
}
