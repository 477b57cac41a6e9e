using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Ip;

/// <summary>
/// Puts datagrams together from fragments (RFC 791 §3.2, RFC 815) with Linux's judgements (net/ipv4/ip_fragment.c): an
/// overlap discards the datagram, or is cut off if that is set, a repeated fragment is dropped alone, and a datagram waits a
/// bounded time within a bounded number of frames. Fragments are kept in the frames they came in; those count against the sockets' share, so
/// that they do not starve the receive ring.
/// </summary>
internal sealed partial class Reassembly
{
    private const int SourceBuckets = 1024;

    private readonly Arena arena;
    private readonly Ledger ledger;
    private readonly Entropy entropy;
    private readonly IIpv4Settings settings;
    private readonly IcmpSender icmp;
    private readonly DatagramTable table;
    private readonly uint[] sourceCounts = new uint[SourceBuckets];
    private FrameList whole;
    private int heldFrames;

    public Reassembly(Arena arena, Ledger ledger, Entropy entropy, IIpv4Settings settings, IcmpSender icmp)
    {
        this.arena = arena;
        this.ledger = ledger;
        this.entropy = entropy;
        this.settings = settings;
        this.icmp = icmp;
        table = new DatagramTable(settings.ReassemblyFrames, entropy);
    }

    /// <summary>Packets of the wire in it, those of whole datagrams that were not taken yet included.</summary>
    public long HeldPackets { get; private set; }

    public bool HasWhole => !whole.IsEmpty;

    public long NextDeadline => table.Oldest < 0 ? long.MaxValue : table[table.Oldest].ExpiresAt;

    /// <summary>Gives the loop a datagram that is whole.</summary>
    public bool TryTake(out Frame packet)
    {
        if (!whole.TryDequeue(arena, out packet))
        {
            return false;
        }

        HeldPackets -= arena.Metadata(packet).WirePackets;
        heldFrames -= PacketBytes.CountFrames(arena, packet);
        arena.MoveChain(packet, Holders.Reassembly, Holders.Loop);
        return true;
    }

    /// <summary>Takes in a fragment whose header was checked and whose link-layer padding was cut off.</summary>
    public Verdict Receive(Frame packet, ref FrameMetadata metadata, long now)
    {
        var header = Header(ref metadata);
        var start = Ipv4Header.FragmentStart(header);
        var hasMore = (Ipv4Header.FragmentWord(header) & Ipv4Header.MoreFragments) != 0;
        var length = PayloadLength(header);
        if (hasMore && (length & 7) != 0)
        {
            PacketBytes.Trim(arena, packet, length & 7);
            length &= ~7;
        }

        if (length == 0 || Ipv4Header.HeaderLength(header) + start + length > Ipv4Header.MaxTotalLength)
        {
            return Verdict.Drop(DropReason.IpInHeader);
        }

        var frames = PacketBytes.CountFrames(arena, packet);
        if (heldFrames + frames > settings.ReassemblyFrames)
        {
            return Verdict.Drop(DropReason.FragmentMemory);
        }

        var key = new DatagramKey(
            Ipv4Header.Source(header), Ipv4Header.Destination(header), Ipv4Header.Identification(header), Ipv4Header.Protocol(header));
        var expiresAt = now + (settings.ReassemblySeconds * Durations.Second);
        var index = table.Find(in key);
        if (index < 0 && (index = table.Add(in key, expiresAt)) < 0)
        {
            return Verdict.Drop(DropReason.FragmentMemory);
        }

        RestartIfTooFar(index, key.Source, expiresAt);
        var verdict = Insert(ref table[index], packet, ref metadata, start, length, hasMore);
        if (verdict.Kind == VerdictKind.Held)
        {
            heldFrames += frames;
            HeldPackets += metadata.WirePackets;
            if (table[index].HasLast && table[index].ReceivedLength == table[index].End)
            {
                Complete(index);
            }
        }
        else if ((verdict.Reason == DropReason.FragmentOverlap && !TrimsOverlaps) || table[index].Fragments.IsEmpty)
        {
            Discard(index, DropReason.FragmentOverlap);
        }

        return verdict;
    }

    /// <summary>Drops what has waited too long, and says so to the sender if the first fragment is there.</summary>
    public void Advance(long now)
    {
        while (table.Oldest >= 0 && table[table.Oldest].ExpiresAt <= now)
        {
            var index = table.Oldest;
            var first = table[index].Fragments.First;
            if (!first.IsNone && Ipv4Header.FragmentStart(Header(ref arena.Metadata(first))) == 0)
            {
                icmp.SendError(first, IcmpType.TimeExceeded, IcmpTimeExceeded.Reassembly, now);
            }

            Discard(index, DropReason.FragmentReassemblyTimeout);
        }
    }

    /// <summary>
    /// Old fragments of a source that has sent many others since belong to another datagram of the same identification
    /// (ip_frag_too_far). Sources that meet in one counter look further apart than they are.
    /// </summary>
    private void RestartIfTooFar(int index, uint source, long expiresAt)
    {
        var count = ++sourceCounts[(int)entropy.Hash(0x7269_6473, source, 0) & (SourceBuckets - 1)];
        ref var datagram = ref table[index];
        var limit = settings.ReassemblyMaxDistance;
        if (limit > 0 && !datagram.Fragments.IsEmpty && count - datagram.SourceCount > (uint)limit)
        {
            DropFragments(ref datagram, DropReason.FragmentTooFar);
            table.Restart(index, expiresAt);
        }

        table[index].SourceCount = count;
    }

    /// <summary>Puts a fragment in its place (ip_frag_queue).</summary>
    private Verdict Insert(ref FragmentedDatagram datagram, Frame packet, ref FrameMetadata metadata, int start, int length, bool hasMore)
    {
        var end = start + length;
        var contradicts = hasMore
            ? end > datagram.End && datagram.HasLast
            : end < datagram.End || (datagram.HasLast && end != datagram.End);
        if (contradicts)
        {
            return Verdict.Drop(DropReason.FragmentOverlap);
        }

        Frame previous;
        var verdict = TrimsOverlaps
            ? TrimNew(ref datagram, packet, ref metadata, hasMore, end, ref start, out previous)
            : FindPlace(in datagram, start, end, out previous);
        if (!verdict.IsContinue)
        {
            return verdict;
        }

        for (var frame = packet; !frame.IsNone; frame = arena.Metadata(frame).NextFragment)
        {
            if (!arena.TryMoveShare(frame, Share.Sockets))
            {
                return Verdict.Drop(DropReason.FragmentMemory);
            }
        }

        datagram.HasLast |= !hasMore;
        datagram.End = Math.Max(datagram.End, end);
        datagram.ReceivedLength += end - start;
        datagram.WirePackets += metadata.WirePackets;
        datagram.EcnSeen |= (byte)(1 << (Ipv4Header.TypeOfService(Header(ref metadata)) & 3));
        arena.MoveChain(packet, Holders.Loop, Holders.Reassembly);
        if (TrimsOverlaps)
        {
            TrimOld(ref datagram, previous, end);
        }

        if (previous.IsNone)
        {
            datagram.Fragments.Prepend(arena, packet);
        }
        else
        {
            datagram.Fragments.InsertAfter(arena, previous, packet);
        }

        return Verdict.Held;
    }

    /// <param name="previous">The fragment before the new one; none if it is the first.</param>
    /// <returns>Continue if no byte of it is there yet.</returns>
    private Verdict FindPlace(in FragmentedDatagram datagram, int start, int end, out Frame previous)
    {
        previous = datagram.Fragments.Last;
        if (previous.IsNone || EndOf(previous) <= start)
        {
            return Verdict.Continue;
        }

        previous = Frame.None;
        var covered = start;
        for (var frame = datagram.Fragments.First; !frame.IsNone; frame = arena.Metadata(frame).Next)
        {
            var from = Ipv4Header.FragmentStart(Header(ref arena.Metadata(frame)));
            var to = EndOf(frame);
            if (to <= start)
            {
                previous = frame;
                continue;
            }

            if (from >= end || from > covered)
            {
                break;
            }

            covered = to;
        }

        if (covered >= end)
        {
            return Verdict.Drop(DropReason.DuplicateFragment);
        }

        return covered > start || StartsBefore(previous, datagram.Fragments.First, end)
            ? Verdict.Drop(DropReason.FragmentOverlap)
            : Verdict.Continue;
    }

    /// <summary>Whether the fragment behind <paramref name="previous"/> begins before the new one ends.</summary>
    private bool StartsBefore(Frame previous, Frame first, int end)
    {
        var next = previous.IsNone ? first : arena.Metadata(previous).Next;
        return !next.IsNone && Ipv4Header.FragmentStart(Header(ref arena.Metadata(next))) < end;
    }

    private int EndOf(Frame fragment)
    {
        var header = Header(ref arena.Metadata(fragment));
        var length = PayloadLength(header);
        var hasMore = (Ipv4Header.FragmentWord(header) & Ipv4Header.MoreFragments) != 0;
        return Ipv4Header.FragmentStart(header) + (hasMore ? length & ~7 : length);
    }

    private void Discard(int index, DropReason reason)
    {
        DropFragments(ref table[index], reason);
        table.Remove(index);
    }

    private void DropFragments(ref FragmentedDatagram datagram, DropReason reason)
    {
        while (datagram.Fragments.TryDequeue(arena, out var fragment))
        {
            DropFragment(fragment, arena.Metadata(fragment).WirePackets, reason);
        }
    }

    private void DropFragment(Frame fragment, int wirePackets, DropReason reason)
    {
        ledger.DropHeld(fragment, new PacketDrop(reason, "Ipv4", IsIngress: true, HasLinkHeader: true), wirePackets);
        HeldPackets -= wirePackets;
        heldFrames -= PacketBytes.CountFrames(arena, fragment);
        arena.ReleaseChain(fragment, Holders.Reassembly);
    }

    private static Span<byte> Header(ref FrameMetadata metadata) => Arena.Slot(ref metadata).Slice(metadata.NetworkOffset);

    private static int PayloadLength(ReadOnlySpan<byte> header) => Ipv4Header.TotalLength(header) - Ipv4Header.HeaderLength(header);
}
