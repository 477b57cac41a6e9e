using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tests.Ip;

public sealed class ReassemblyTests
{
    private static byte[] Fragment(byte[] datagram, int start, int end, ushort id = 7, byte tos = 0, string source = Wire.PeerAddress) =>
        Wire.Ethernet(Wire.Ipv4(
            datagram[start..end], source: source, id: id, tos: tos, protocol: 99,
            fragment: (ushort)((start / 8) | (end < datagram.Length ? 0x2000 : 0))));

    [Fact]
    public void Fragments_in_order_become_one_datagram_that_counts_them_all()
    {
        using var stack = new StackHarness();
        var data = Wire.Bytes(3000);
        Assert.Equal(Verdict.Held, stack.Receive(Fragment(data, 0, 1480)));
        Assert.Equal(1, stack.HeldIngress);
        Assert.Equal(Verdict.Held, stack.Receive(Fragment(data, 1480, 2960)));
        stack.Receive(Fragment(data, 2960, 3000));
        var whole = Assert.Single(stack.Unclaimed);
        Assert.Equal(data, whole.Data);
        Assert.Equal(3, whole.WirePackets);
        Assert.Equal(ChecksumState.None, whole.Checksum);
        Assert.Equal(0, stack.HeldIngress);
    }

    [Fact]
    public void The_longest_transport_header_lies_in_one_frame_however_small_the_fragments_are()
    {
        using var stack = new StackHarness();
        var data = Wire.Bytes(200);
        for (var start = 192; start >= 0; start -= 8)
        {
            stack.Receive(Fragment(data, start, start + 8));
        }

        var whole = Assert.Single(stack.Unclaimed);
        Assert.Equal(data, whole.Data);
        Assert.True(whole.Linear >= 60, $"{whole.Linear} bytes are linear");
    }

    [Fact]
    public void A_datagram_whose_fragments_have_options_is_delivered()
    {
        using var stack = new StackHarness();
        var data = Wire.Udp(Wire.Bytes(2000));
        byte[] Piece(int start, int end, int more) => Wire.Ethernet(Wire.Ipv4(data[start..end], fragment: (ushort)((start / 8) | more), options: [1, 1, 1, 0]));
        stack.Receive(Piece(0, 1000, 0x2000));
        stack.Receive(Piece(1000, data.Length, 0));
        Assert.Equal(data[8..], Assert.Single(stack.Udp.Received).Data);
        Assert.Equal(2, stack.Ledger.Delivered);
    }

    [Fact]
    public void A_repeated_fragment_is_dropped_alone()
    {
        using var stack = new StackHarness();
        var data = Wire.Bytes(100);
        stack.Receive(Fragment(data, 0, 48));
        Assert.Equal(Verdict.Drop(DropReason.DuplicateFragment), stack.Receive(Fragment(data, 0, 48)));
        Assert.Equal(Verdict.Drop(DropReason.DuplicateFragment), stack.Receive(Fragment(data, 8, 24)));
        stack.Receive(Fragment(data, 48, 100));
        Assert.Equal(data, Assert.Single(stack.Unclaimed).Data);
    }

    [Fact]
    public void An_overlap_discards_the_datagram()
    {
        using var stack = new StackHarness();
        var data = Wire.Bytes(100);
        stack.Receive(Fragment(data, 0, 48));
        Assert.Equal(Verdict.Drop(DropReason.FragmentOverlap), stack.Receive(Fragment(data, 40, 72)));
        Assert.Equal(2, stack.Ledger.IngressDrops(DropReason.FragmentOverlap));
        Assert.Equal(0, stack.HeldIngress);
        stack.Receive(Fragment(data, 48, 100));
        Assert.Empty(stack.Unclaimed);
    }

    [Fact]
    public void An_overlap_is_cut_off_the_fragment_that_begins_later_if_that_is_set()
    {
        using var stack = new StackHarness(new Ipv4Options { ReassemblyOverlap = FragmentOverlap.Trim });
        var (first, second) = (Wire.Bytes(200), Wire.Bytes(200).Select(value => (byte)~value).ToArray());
        stack.Receive(Fragment(first, 0, 48));
        stack.Receive(Fragment(first, 96, 200));
        Assert.Equal(Verdict.Held, stack.Receive(Fragment(second, 40, 120)));
        var whole = Assert.Single(stack.Unclaimed);
        Assert.Equal([.. first[..48], .. second[48..120], .. first[120..]], whole.Data);
        Assert.Equal(3, whole.WirePackets);
        Assert.Equal(0, stack.HeldIngress);
    }

    [Fact]
    public void A_fragment_that_covers_others_takes_their_place_if_overlaps_are_cut_off()
    {
        using var stack = new StackHarness(new Ipv4Options { ReassemblyOverlap = FragmentOverlap.Trim });
        var (first, second) = (Wire.Bytes(200), Wire.Bytes(200).Select(value => (byte)~value).ToArray());
        stack.Receive(Fragment(first, 48, 72));
        stack.Receive(Fragment(first, 72, 96));
        stack.Receive(Fragment(second, 48, 96));
        Assert.Equal(2, stack.Ledger.IngressDrops(DropReason.FragmentOverlap));
        Assert.Equal(Verdict.Drop(DropReason.DuplicateFragment), stack.Receive(Fragment(first, 56, 80)));
        Assert.Equal(Verdict.Drop(DropReason.FragmentOverlap), stack.Receive(Fragment(first[..80], 56, 80)));
        stack.Receive(Fragment(first, 0, 48));
        stack.Receive(Fragment(first, 96, 200));
        var whole = Assert.Single(stack.Unclaimed);
        Assert.Equal([.. first[..48], .. second[48..96], .. first[96..]], whole.Data);
        Assert.Equal(3, whole.WirePackets);
        Assert.Equal(0, stack.HeldIngress);
    }

    [Fact]
    public void Two_last_fragments_of_different_ends_discard_the_datagram()
    {
        using var stack = new StackHarness();
        stack.Receive(Fragment(Wire.Bytes(100), 48, 100));
        Assert.Equal(Verdict.Drop(DropReason.FragmentOverlap), stack.Receive(Fragment(Wire.Bytes(120), 104, 120)));
        Assert.Equal(0, stack.HeldIngress);
    }

    [Fact]
    public void A_fragment_behind_the_end_of_the_datagram_discards_it()
    {
        using var stack = new StackHarness();
        stack.Receive(Fragment(Wire.Bytes(100), 48, 100));
        Assert.Equal(Verdict.Drop(DropReason.FragmentOverlap), stack.Receive(Fragment(Wire.Bytes(300), 104, 120)));
    }

    [Fact]
    public void A_datagram_longer_than_an_address_can_say_is_refused()
    {
        using var stack = new StackHarness();
        var frame = Wire.Ethernet(Wire.Ipv4(Wire.Bytes(100), protocol: 99, fragment: 0x1FFF));
        Assert.Equal(Verdict.Drop(DropReason.IpInHeader), stack.Receive(frame));
        Assert.Equal(0, stack.HeldIngress);
    }

    [Fact]
    public void A_fragment_without_payload_is_refused()
    {
        using var stack = new StackHarness();
        Assert.Equal(Verdict.Drop(DropReason.IpInHeader), stack.Receive(Wire.Ethernet(Wire.Ipv4([], protocol: 99, fragment: 0x2000))));
    }

    [Fact]
    public void Datagrams_of_different_identification_do_not_mix()
    {
        using var stack = new StackHarness();
        var one = Wire.Bytes(64, 1);
        var two = Wire.Bytes(64, 2);
        stack.Receive(Fragment(one, 0, 32, id: 1));
        stack.Receive(Fragment(two, 32, 64, id: 2));
        stack.Receive(Fragment(two, 0, 32, id: 2));
        stack.Receive(Fragment(one, 32, 64, id: 1));
        Assert.Equal([two, one], stack.Unclaimed.Select(p => p.Data));
    }

    [Fact]
    public void A_datagram_that_waits_too_long_is_dropped_and_its_sender_told_if_the_first_fragment_came()
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        var data = Wire.Bytes(100);
        stack.Receive(Fragment(data, 0, 48));
        stack.Receive(Fragment(data, 48, 80));
        stack.Advance(29.9);
        stack.Flush();
        Assert.Equal(2, stack.HeldIngress);
        stack.Advance(0.2);
        Assert.Equal(2, stack.Ledger.IngressDrops(DropReason.FragmentReassemblyTimeout));
        var error = Assert.Single(stack.Flush(), s => !s.IsArp);
        Assert.Equal(11, error.Payload[0]);
        Assert.Equal(1, error.Payload[1]);
    }

    [Fact]
    public void Nobody_is_told_of_a_datagram_whose_first_fragment_never_came()
    {
        using var stack = new StackHarness();
        stack.KnowPeer();
        stack.Receive(Fragment(Wire.Bytes(100), 48, 80));
        stack.Advance(31);
        Assert.DoesNotContain(stack.Flush(), s => !s.IsArp);
        Assert.Equal(1, stack.Ledger.IngressDrops(DropReason.FragmentReassemblyTimeout));
    }

    [Fact]
    public void Fragments_too_far_apart_are_of_different_datagrams()
    {
        using var stack = new StackHarness();
        var data = Wire.Bytes(64);
        stack.Receive(Fragment(data, 0, 32, id: 1));
        for (var i = 0; i < 64; i++)
        {
            stack.Receive(Fragment(data, 0, 32, id: (ushort)(100 + i)));
        }

        stack.Receive(Fragment(data, 32, 64, id: 1));
        Assert.Empty(stack.Unclaimed);
        Assert.Equal(1, stack.Ledger.IngressDrops(DropReason.FragmentTooFar));
        stack.Receive(Fragment(data, 0, 32, id: 1));
        Assert.Equal(data, Assert.Single(stack.Unclaimed).Data);
        stack.Advance(60);
        stack.Flush();
    }

    [Fact]
    public void Fragments_hold_no_more_frames_than_declared_and_none_of_the_receive_share()
    {
        using var stack = new StackHarness(new Ipv4Options { ReassemblyFrames = 3 });
        var data = Wire.Bytes(64);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(Verdict.Held, stack.Receive(Fragment(data, 0, 32, id: (ushort)i)));
        }

        Assert.Equal(0, stack.Arena.Used(Share.Receive));
        Assert.Equal(Verdict.Drop(DropReason.FragmentMemory), stack.Receive(Fragment(data, 0, 32, id: 9)));
    }

    [Fact]
    public void Fragments_are_dropped_when_the_sockets_share_is_full()
    {
        using var stack = new StackHarness(sockets: 1);
        Assert.Equal(Verdict.Held, stack.Receive(Fragment(Wire.Bytes(64), 0, 32)));
        Assert.Equal(Verdict.Drop(DropReason.FragmentMemory), stack.Receive(Fragment(Wire.Bytes(64), 32, 64)));
    }

    [Theory]
    [InlineData(2, 2, 2)]
    [InlineData(2, 3, 3)]
    [InlineData(0, 0, 0)]
    public void Congestion_experienced_by_one_fragment_is_of_the_datagram(byte first, byte second, byte expected)
    {
        using var stack = new StackHarness();
        var data = Wire.Bytes(64);
        stack.Receive(Fragment(data, 0, 32, tos: first));
        stack.Receive(Fragment(data, 32, 64, tos: second));
        var whole = Assert.Single(stack.Unclaimed);
        Assert.Equal(expected, whole.Header[1]);
        Assert.Equal(0, Wire.Checksum(whole.Header));
        Assert.Equal(20 + data.Length, (whole.Header[2] << 8) | whole.Header[3]);
    }

    [Fact]
    public void Fragments_with_and_without_ecn_are_not_of_one_datagram()
    {
        using var stack = new StackHarness();
        var data = Wire.Bytes(64);
        stack.Receive(Fragment(data, 0, 32, tos: 0));
        stack.Receive(Fragment(data, 32, 64, tos: 3));
        Assert.Empty(stack.Unclaimed);
        Assert.Equal(2, stack.Ledger.IngressDrops(DropReason.IpInHeader));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Any_order_of_fragments_agrees_with_an_array_of_bytes(int seed)
    {
        var random = new Random(seed);
        using var stack = new StackHarness();
        for (var round = 0; round < 60; round++)
        {
            var oracle = new ReassemblyOracle();
            var data = Wire.Bytes(random.Next(16, 4000), round);
            foreach (var (start, end) in Pieces(random, data.Length))
            {
                var before = stack.Unclaimed.Count;
                var expected = oracle.Receive(data, start, end);
                var verdict = stack.Receive(Fragment(data, start, end, id: (ushort)round), Split(random, end - start));
                Assert.Equal(expected, verdict);
                Assert.Equal(oracle.TakeWhole(), stack.Unclaimed.Count > before ? stack.Unclaimed[^1].Data : null);
                stack.AssertBalanced();
            }
        }

        stack.Advance(31);
        stack.Flush();
        Assert.Equal(0, stack.HeldIngress);
    }

    public static IEnumerable<TheoryDataRow<int>> Seeds => Enumerable.Range(1, 20).Select(seed => new TheoryDataRow<int>(seed));

    private static int[] Split(Random random, int length) => length > 30 && random.Next(4) == 0 ? [14 + 20 + random.Next(1, length)] : [];

    /// <summary>Cuts, repeats, overlaps and leaves out, in any order.</summary>
    private static List<(int Start, int End)> Pieces(Random random, int length)
    {
        var pieces = new List<(int Start, int End)>();
        for (var start = 0; start < length;)
        {
            var end = Math.Min(start == 0 ? (length - 1) & ~7 : length, start + (8 * random.Next(1, 60)));
            pieces.Add((start, end));
            start = end;
        }

        var extra = random.Next(3);
        for (var i = 0; i < extra; i++)
        {
            var (start, end) = pieces[random.Next(pieces.Count)];
            var from = Math.Max(0, start + (8 * random.Next(-2, 3)));
            var to = Math.Min(length, Math.Max(from + 8, random.Next(2) == 0 ? end : from + (8 * random.Next(1, 20))));
            if (from < to && to - from < length && (to == length || (to - from) % 8 == 0))
            {
                pieces.Add((from, to));
            }
        }

        if (random.Next(10) == 0)
        {
            pieces.RemoveAt(random.Next(pieces.Count));
        }

        var order = pieces.ToArray();
        if (random.Next(4) != 0)
        {
            random.Shuffle(order);
        }

        return [.. order];
    }
}

/// <summary>Reassembly with a byte and a flag for each place: slow, and plain to see.</summary>
internal sealed class ReassemblyOracle
{
    private readonly byte[] bytes = new byte[65536];
    private readonly bool[] isThere = new bool[65536];
    private int end;
    private int total = -1;
    private byte[]? whole;

    public Verdict Receive(byte[] data, int start, int stop)
    {
        var isLast = stop == data.Length;
        var there = Enumerable.Range(start, stop - start).Count(i => isThere[i]);
        var contradicts = isLast ? stop < end || (total >= 0 && total != stop) : total >= 0 && stop > total;
        if (contradicts)
        {
            Reset();
            return Verdict.Drop(DropReason.FragmentOverlap);
        }

        if (there == stop - start)
        {
            return Verdict.Drop(DropReason.DuplicateFragment);
        }

        if (there > 0)
        {
            Reset();
            return Verdict.Drop(DropReason.FragmentOverlap);
        }

        data.AsSpan(start, stop - start).CopyTo(bytes.AsSpan(start));
        isThere.AsSpan(start, stop - start).Fill(true);
        end = Math.Max(end, stop);
        total = isLast ? stop : total;
        if (total >= 0 && isThere.AsSpan(0, total).IndexOf(false) < 0)
        {
            whole = bytes[..total];
            Reset();
        }

        return Verdict.Held;
    }

    public byte[]? TakeWhole()
    {
        var taken = whole;
        whole = null;
        return taken;
    }

    private void Reset()
    {
        Array.Clear(isThere);
        end = 0;
        total = -1;
    }
}
