namespace Millrace.Tests.Gro;

/// <summary>A packet after GRO: what it is made of, and what must be known of it for cutting.</summary>
internal sealed record MergedPacket(byte[] Bytes, int SegmentCount, int GsoSize, bool FixedId, bool Ecn)
{
    public static MergedPacket Single(byte[] bytes) => new(bytes, 1, 0, false, false);
}

/// <summary>
/// GRO over whole packets in byte arrays, written from the kernel's rules with no thought of speed: the oracle of the stage.
/// A packet is merged by keeping the list of packets it was made of; bytes are put together when it is complete.
/// </summary>
internal sealed class PlainGro(int maxSize = 65_536, int bucketCount = 8, int heldCount = 8)
{
    private readonly List<List<TcpPacket>>[] buckets = [.. Enumerable.Range(0, bucketCount).Select(_ => new List<List<TcpPacket>>())];
    private readonly List<MergedPacket> output = [];

    public IReadOnlyList<MergedPacket> Output => output;

    public void Receive(TcpPacket packet)
    {
        var bucket = buckets[packet.Hash % bucketCount];
        if (packet.IpOptions.Length > 0 || packet.Fragment != 0)
        {
            // its ports cannot be relied on: what is held between its addresses goes first
            foreach (var other in buckets)
            {
                foreach (var held in other.Where(held => held[0].Flow / 4 == packet.Flow / 4).ToArray())
                {
                    Flush(other, held);
                }
            }

            output.Add(MergedPacket.Single(packet.ToBytes()));
            return;
        }

        var same = bucket.Find(held => held[0].Flow == packet.Flow && held[0].SourceMac == packet.SourceMac);
        if (same != null)
        {
            if (MayMerge(same, packet))
            {
                same.Add(packet);
                if (packet.Payload.Length < same[0].Payload.Length || EndsMerging(packet))
                {
                    Flush(bucket, same);
                }

                return;
            }

            Flush(bucket, same);
        }

        if (packet.Payload.Length == 0 || EndsMerging(packet) || packet.HasBadIpChecksum)
        {
            output.Add(MergedPacket.Single(packet.ToBytes()));
            return;
        }

        if (bucket.Count == heldCount)
        {
            Flush(bucket, bucket[0]);
        }

        bucket.Add([packet]);
    }

    public void PollEnd()
    {
        foreach (var bucket in buckets)
        {
            while (bucket.Count > 0)
            {
                Flush(bucket, bucket[0]);
            }
        }
    }

    private static bool EndsMerging(TcpPacket packet) =>
        (packet.Flags & (TcpPacket.Urg | TcpPacket.Psh | TcpPacket.Rst | TcpPacket.Syn | TcpPacket.Fin)) != 0;

    private bool MayMerge(List<TcpPacket> held, TcpPacket packet)
    {
        var first = held[0];
        var payload = held.Sum(part => part.Payload.Length);
        const byte mayDiffer = TcpPacket.Fin | TcpPacket.Psh | TcpPacket.Cwr;
        if ((packet.Flags & TcpPacket.Cwr) != 0
            || (packet.Flags & ~mayDiffer) != (first.Flags & ~mayDiffer)
            || packet.Acknowledgment != first.Acknowledgment
            || packet.Window != first.Window
            || !packet.Options.SequenceEqual(first.Options)
            || packet.Ttl != first.Ttl
            || packet.Tos != first.Tos
            || packet.DontFragment != first.DontFragment
            || packet.HasBadIpChecksum
            || packet.Payload.Length == 0
            || packet.Payload.Length > first.Payload.Length
            || packet.Sequence != first.Sequence + (uint)payload)
        {
            return false;
        }

        // below the maximum, as bytes of the network packet
        if (40 + first.Options.Length + payload + packet.Payload.Length >= maxSize)
        {
            return false;
        }

        return IsFixed([.. held, packet]) ? packet.Id == first.Id : packet.Id == (ushort)(first.Id + held.Count);
    }

    private static bool IsFixed(List<TcpPacket> parts) => parts.Count > 1 && parts[0].DontFragment && parts[1].Id == parts[0].Id;

    private void Flush(List<List<TcpPacket>> bucket, List<TcpPacket> held)
    {
        bucket.Remove(held);
        var first = held[0];
        if (held.Count == 1)
        {
            output.Add(MergedPacket.Single((first with { Padding = 0 }).ToBytes()));
            return;
        }

        var whole = first with
        {
            Padding = 0,
            Payload = [.. held.SelectMany(part => part.Payload)],
            Flags = held.Aggregate(first.Flags, (flags, part) => (byte)(flags | (part.Flags & (TcpPacket.Fin | TcpPacket.Psh)))),
        };
        output.Add(new MergedPacket(whole.ToBytes(), held.Count, first.Payload.Length, IsFixed(held), (first.Flags & TcpPacket.Cwr) != 0));
    }
}
