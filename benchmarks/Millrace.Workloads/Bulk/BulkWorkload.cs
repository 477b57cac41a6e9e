using System.Globalization;
using Millrace.Nics;

namespace Millrace.Workloads.Bulk;

/// <summary>W1: one connection, as many bytes as asked for from one stack to another on the same thread.</summary>
public static class BulkWorkload
{
    private const int Kibi = 1024;
    private const int SegmentLength = 1460;
    private const long PartLength = 4L * Kibi * Kibi;
    private const long ComparedLength = 16L * Kibi * Kibi;
    private const long QuickLength = 128L * Kibi * Kibi;
    private const long WholeLength = 1024L * Kibi * Kibi;

    private const NicFeatures CutsAndChecks = NicFeatures.TransmitChecksum | NicFeatures.ScatterGather | NicFeatures.TcpSegmentation;

    public static IEnumerable<KeyValuePair<(string, string), Func<RunLength, IEnumerable<Reading>>>> Variants
    {
        get
        {
            foreach (var (name, mode) in new[] { ("handover", WireMode.HandOver), ("copying", WireMode.Copying) })
            {
                var plain = mode == WireMode.Copying ? NicFeatures.ReceiveSum : NicFeatures.None;
                yield return Variant(name + "-64", mode, plain, NewPair);
                yield return Variant(name + "-256", mode, plain, NewLargePair, 256 * Kibi);
                yield return Variant(name + "-64-zerocopy", mode, plain, NewPair, isZeroCopy: true);
                yield return Variant(name + "-64-nochecksum", mode, NicFeatures.TransmitChecksum, NewOffloadedPair);
                yield return Variant(name + "-64-timestamps", mode, plain, NewTimestampsPair);
                yield return Variant(name + "-64-full", mode, plain, NewFullPair);
                yield return Variant(name + "-64-ack2", mode, plain, NewTwoAPollPair);
                yield return Variant(name + "-64-gso", mode, plain, NewSegmentingPair);
                yield return Variant(name + "-64-gso-nochecksum", mode, CutsAndChecks, NewSuperPacketPair);
            }
        }
    }

    private static KeyValuePair<(string, string), Func<RunLength, IEnumerable<Reading>>> Variant(
        string name, WireMode mode, NicFeatures features, Func<MemoryWire, BulkSource, BulkSink, BulkPair> pair,
        int inFlight = 64 * Kibi, bool isZeroCopy = false) =>
        new(("W1", name), length => [Measure(name, new MemoryWireOptions { Mode = mode, Features = features }, pair, inFlight, isZeroCopy, length)]);

    private static Reading Measure(
        string name, MemoryWireOptions options, Func<MemoryWire, BulkSource, BulkSink, BulkPair> newPair, int inFlight, bool isZeroCopy, RunLength length)
    {
        var stream = new BulkStream();
        var source = new BulkSource(stream);
        var sink = new BulkSink(stream, inFlight, isZeroCopy);
        using var wire = new MemoryWire(options);
        using var pair = newPair(wire, source, sink);
        pair.Connect();

        sink.ComparesEveryByte = true;
        pair.Transfer(ComparedLength);
        sink.ComparesEveryByte = false;
        WarmUp.Run(() => pair.Transfer(PartLength));

        var bytes = length.IsQuick ? QuickLength : WholeLength;
        var (segments, acknowledgments) = (pair.SegmentsSent, pair.AcknowledgmentsSent);
        pair.ForgetMost();
        var watches = Stopwatches.Start();
        pair.Transfer(bytes);
        var (wall, cpu) = watches.Elapsed;
        (segments, acknowledgments) = (pair.SegmentsSent - segments, pair.AcknowledgmentsSent - acknowledgments);
        var most = pair.MostInFlight;

        sink.ComparesEveryByte = true;
        pair.Transfer(ComparedLength);
        var units = (double)bytes / SegmentLength;
        var note = string.Create(
            CultureInfo.InvariantCulture,
            $"at most {most} B on their way; a segment for {(double)segments / acknowledgments:0.0} to each acknowledgment; every byte of 16 MiB before and after compared, the ends of each read between");
        return new Reading(name, "ns/1460B", wall / units, cpu / units, sink.IsRight && pair.IsWhole, note);
    }

    private static BulkPair NewPair(MemoryWire wire, BulkSource source, BulkSink sink)
    {
        var sender = new BulkSender(new() { Nic = wire.A, Entropy = new Entropy(1, 2), Source = source });
        var receiver = new BulkReceiver(new() { Nic = wire.B, Entropy = new Entropy(3, 4), Sink = sink });
        return new BulkPair(sender, sender.Tcp, source, receiver, receiver.Tcp, sink);
    }

    private static BulkPair NewLargePair(MemoryWire wire, BulkSource source, BulkSink sink)
    {
        var sender = new BulkSender256(new() { Nic = wire.A, Entropy = new Entropy(1, 2), Source = source });
        var receiver = new BulkReceiver256(new() { Nic = wire.B, Entropy = new Entropy(3, 4), Sink = sink });
        return new BulkPair(sender, sender.Tcp, source, receiver, receiver.Tcp, sink);
    }

    private static BulkPair NewOffloadedPair(MemoryWire wire, BulkSource source, BulkSink sink)
    {
        var sender = new OffloadedSender(new() { Nic = wire.A, Entropy = new Entropy(1, 2), Source = source });
        var receiver = new OffloadedReceiver(new() { Nic = wire.B, Entropy = new Entropy(3, 4), Sink = sink });
        return new BulkPair(sender, sender.Tcp, source, receiver, receiver.Tcp, sink);
    }

    private static BulkPair NewTimestampsPair(MemoryWire wire, BulkSource source, BulkSink sink)
    {
        var sender = new TimestampsSender(new() { Nic = wire.A, Entropy = new Entropy(1, 2), Source = source });
        var receiver = new TimestampsReceiver(new() { Nic = wire.B, Entropy = new Entropy(3, 4), Sink = sink });
        return new BulkPair(sender, sender.Tcp, source, receiver, receiver.Tcp, sink);
    }

    private static BulkPair NewFullPair(MemoryWire wire, BulkSource source, BulkSink sink)
    {
        var sender = new FullSender(new() { Nic = wire.A, Entropy = new Entropy(1, 2), Source = source });
        var receiver = new FullReceiver(new() { Nic = wire.B, Entropy = new Entropy(3, 4), Sink = sink });
        return new BulkPair(sender, sender.Tcp, source, receiver, receiver.Tcp, sink);
    }

    private static BulkPair NewTwoAPollPair(MemoryWire wire, BulkSource source, BulkSink sink)
    {
        var sender = new BulkSender(new() { Nic = wire.A, Entropy = new Entropy(1, 2), Source = source });
        var receiver = new TwoAPollReceiver(new() { Nic = wire.B, Entropy = new Entropy(3, 4), Sink = sink });
        return new BulkPair(sender, sender.Tcp, source, receiver, receiver.Tcp, sink);
    }

    private static BulkPair NewSegmentingPair(MemoryWire wire, BulkSource source, BulkSink sink)
    {
        var sender = new SegmentingSender(new() { Nic = wire.A, Entropy = new Entropy(1, 2), Source = source });
        var receiver = new MergingReceiver(new() { Nic = wire.B, Entropy = new Entropy(3, 4), Sink = sink });
        return new BulkPair(sender, sender.Tcp, source, receiver, receiver.Tcp, sink);
    }

    private static BulkPair NewSuperPacketPair(MemoryWire wire, BulkSource source, BulkSink sink)
    {
        var sender = new SuperPacketSender(new() { Nic = wire.A, Entropy = new Entropy(1, 2), Source = source });
        var receiver = new SuperPacketReceiver(new() { Nic = wire.B, Entropy = new Entropy(3, 4), Sink = sink });
        return new BulkPair(sender, sender.Tcp, source, receiver, receiver.Tcp, sink);
    }
}
