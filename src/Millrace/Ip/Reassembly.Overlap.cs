using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Ip;

/// <summary>
/// Overlaps that are cut off (<see cref="FragmentOverlap.Trim"/>), as ip_frag_queue did before overlaps were found to serve
/// attackers only. What begins first in the datagram stays whole; where two begin at one place, the one that came last.
/// </summary>
internal sealed partial class Reassembly
{
    private bool TrimsOverlaps => settings.ReassemblyOverlap == FragmentOverlap.Trim;

    /// <summary>Finds the place of a fragment and cuts off what the fragment before it has already.</summary>
    /// <param name="start">Moves on by what was cut off.</param>
    /// <param name="previous">The last fragment that begins before it; none if it is the first.</param>
    private Verdict TrimNew(
        ref FragmentedDatagram datagram, Frame packet, ref FrameMetadata metadata, bool hasMore, int end, ref int start, out Frame previous)
    {
        // the end is known from here on, even if nothing is left of the fragment
        datagram.HasLast |= !hasMore;
        datagram.End = Math.Max(datagram.End, end);
        previous = Frame.None;
        for (var frame = datagram.Fragments.First; !frame.IsNone && StartOf(frame) < start; frame = arena.Metadata(frame).Next)
        {
            previous = frame;
        }

        var overlap = previous.IsNone ? 0 : EndOf(previous) - start;
        if (overlap <= 0)
        {
            return Verdict.Continue;
        }

        if (start + overlap >= end)
        {
            return Verdict.Drop(DropReason.DuplicateFragment);
        }

        if (!TryCutFront(ref metadata, overlap))
        {
            return Verdict.Drop(DropReason.FragmentMemory);
        }

        start += overlap;
        return Verdict.Continue;
    }

    /// <summary>Cuts off what those behind a new fragment have of it, and drops those that it covers.</summary>
    private void TrimOld(ref FragmentedDatagram datagram, Frame previous, int end)
    {
        while (true)
        {
            var next = previous.IsNone ? datagram.Fragments.First : arena.Metadata(previous).Next;
            if (next.IsNone || StartOf(next) >= end)
            {
                return;
            }

            var overlap = end - StartOf(next);
            if (end < EndOf(next) && TryCutFront(ref arena.Metadata(next), overlap))
            {
                datagram.ReceivedLength -= overlap;
                return;
            }

            datagram.ReceivedLength -= EndOf(next) - StartOf(next);
            datagram.Fragments.RemoveAfter(arena, previous);
            var wirePackets = arena.Metadata(next).WirePackets;
            datagram.WirePackets -= wirePackets;
            DropFragment(next, wirePackets, DropReason.FragmentOverlap);
        }
    }

    private int StartOf(Frame fragment) => Ipv4Header.FragmentStart(Header(ref arena.Metadata(fragment)));

    /// <summary>
    /// Cuts off payload by moving the header up to what is left of it. Only of a fragment that is not the datagram's first, so
    /// that nobody reads what lies before its header any more.
    /// </summary>
    /// <returns>False if the cut goes beyond the first of several frames; the fragment then has to come again.</returns>
    private static bool TryCutFront(ref FrameMetadata metadata, int count)
    {
        var header = Header(ref metadata);
        var headerLength = Ipv4Header.HeaderLength(header);
        if (metadata.NetworkOffset + headerLength + count >= metadata.DataOffset + metadata.DataLength)
        {
            return false;
        }

        header[..headerLength].CopyTo(header[count..]);
        metadata.NetworkOffset += (ushort)count;
        Ipv4Header.CutFront(Header(ref metadata), count);
        return true;
    }
}
