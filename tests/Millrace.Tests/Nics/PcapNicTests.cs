using Millrace.Memory;
using Millrace.Nics;

namespace Millrace.Tests.Nics;

public sealed class PcapNicTests
{
    [Fact]
    public void Packets_come_with_the_distances_they_were_captured_with()
    {
        using var nic = new PcapNic(Capture((1000, 60), (1500, 3000), (4000, 61)));
        using var station = new Station(nic);
        var first = station.Receive(70_000);
        Assert.Equal(Station.Pattern(60, 0), station.Bytes(first));
        Assert.Equal(70_500, station.Queue.NextEvent);
        Assert.True(station.Receive(70_499).IsNone);
        var second = station.Receive(70_500);
        Assert.Equal(Station.Pattern(3000, 1), station.Bytes(second));
        Assert.Equal(3000, station.Arena.Metadata(second).TotalLength);
        Assert.False(nic.IsAtEnd);
        Assert.Equal(73_000, station.Queue.NextEvent);
        Assert.Equal(Station.Pattern(61, 2), station.Bytes(station.Receive(80_000)));
        Assert.True(nic.IsAtEnd);
        Assert.Equal(long.MaxValue, station.Queue.NextEvent);
        Assert.Equal((3, 0), (nic.Played, nic.Skipped));
    }

    [Fact]
    public void As_fast_as_possible_waits_for_frames_only()
    {
        using var nic = new PcapNic(Capture((0, 60), (1_000_000, 60), (2_000_000, 60)),
            new PcapNicOptions { Timing = ReplayTiming.AsFastAsPossible, RingSize = 2 });
        using var station = new Station(nic);
        var burst = new Frame[10];
        Assert.Equal(2, station.Queue.Receive(burst, 5));
        Assert.Equal(long.MaxValue, station.Queue.NextEvent);
        station.Refill();
        Assert.Equal(5, station.Queue.NextEvent);
        Assert.Equal(1, station.Queue.Receive(burst, 5));
        Assert.Equal(0, station.Queue.Missed);
    }

    [Fact]
    public void A_damaged_capture_ends_the_replay_and_says_why()
    {
        var stream = new MemoryStream();
        using (var writer = CaptureWriter.Create(stream, CaptureFormat.Pcap, leaveOpen: true))
        {
            writer.Write(0, Station.Pattern(60, 0));
            writer.Write(1, Station.Pattern(60, 1));
        }

        stream.SetLength(stream.Length - 1);
        stream.Position = 0;
        using var nic = new PcapNic(CaptureReader.Open(stream), new PcapNicOptions { Timing = ReplayTiming.AsFastAsPossible });
        using var station = new Station(nic);
        Assert.Equal(1, station.Swallow(0));
        Assert.True(nic.IsAtEnd);
        Assert.Equal(1, nic.Failure!.WholePackets);
    }

    [Fact]
    public void What_the_stack_sends_is_captured()
    {
        var stream = new MemoryStream();
        using (var writer = CaptureWriter.Create(stream, leaveOpen: true))
        {
            using var nic = new PcapNic(Capture((1_000_000, 60)), new PcapNicOptions { Transmitted = writer });
            using var station = new Station(nic);
            station.Receive(50);
            Assert.True(station.TrySend(station.Make(Station.Pattern(200, 9), frameLength: 90), 60));
            Assert.Equal(1, station.Reclaim(60));
        }

        stream.Position = 0;
        using var reader = CaptureReader.Open(stream);
        Assert.True(reader.Read());
        Assert.Equal(Station.Pattern(200, 9), reader.Data.ToArray());
        Assert.Equal(1_000_010, reader.Current.Timestamp);
    }

    [Fact]
    public void A_real_capture_is_played_whole_and_every_frame_comes_back()
    {
        using var nic = new PcapNic(CaptureReader.Open(Path.Combine(Requires.Captures(), "http-packets.pcap")),
            new PcapNicOptions { Timing = ReplayTiming.AsFastAsPossible });
        var station = new Station(nic);
        Assert.Equal(1985, station.Swallow(0));
        Assert.Null(nic.Failure);
        station.Queue.Drain();
        Assert.Equal(station.Arena.Capacity, station.Arena.FreeCount);
        station.Arena.Dispose();
    }

    [Fact]
    public void Nothing_is_allocated_while_a_capture_is_played_and_written()
    {
        var stream = new MemoryStream();
        using (var source = CaptureWriter.Create(stream, leaveOpen: true))
        {
            for (var i = 0; i < 3000; i++)
            {
                source.Write(i, Station.Pattern(1000, i));
            }
        }

        stream.Position = 0;
        using var writer = CaptureWriter.Create(Stream.Null, CaptureFormat.Pcapng);
        using var nic = new CapturingNic(new PcapNic(CaptureReader.Open(stream), new PcapNicOptions { Timing = ReplayTiming.AsFastAsPossible }), writer);
        using var station = new Station(nic);
        var burst = new Frame[32];
        Play(station, burst, 1000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Play(station, burst, 2000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(3000, writer.PacketCount);

        static void Play(Station station, Frame[] burst, int packets)
        {
            while (packets > 0)
            {
                var count = station.Queue.Receive(burst.AsSpan(0, Math.Min(burst.Length, packets)), 1);
                for (var i = 0; i < count; i++)
                {
                    station.Free(burst[i]);
                }

                station.Refill();
                packets -= count;
            }
        }
    }

    [Fact]
    public void A_capturing_NIC_writes_both_directions_as_they_pass()
    {
        var stream = new MemoryStream();
        using var wire = new MemoryWire();
        using (var writer = CaptureWriter.Create(stream, leaveOpen: true))
        {
            using Station a = new(new CapturingNic(wire.A, writer, timeOffset: 1_000)), b = new(wire.B);
            a.TrySend(a.Make(Station.Pattern(500, 1), frameLength: 200), 10);
            b.Send(Station.Pattern(80, 2), 20);
            Assert.Equal(1, a.Swallow(30));
        }

        stream.Position = 0;
        using var reader = CaptureReader.Open(stream);
        Assert.True(reader.Read());
        Assert.Equal(1_010, reader.Current.Timestamp);
        Assert.Equal(Station.Pattern(500, 1), reader.Data.ToArray());
        Assert.True(reader.Read());
        Assert.Equal(1_030, reader.Current.Timestamp);
        Assert.Equal(Station.Pattern(80, 2), reader.Data.ToArray());
        Assert.False(reader.Read());
    }

    private static CaptureReader Capture(params (long Timestamp, int Length)[] packets)
    {
        var stream = new MemoryStream();
        using (var writer = CaptureWriter.Create(stream, leaveOpen: true))
        {
            for (var i = 0; i < packets.Length; i++)
            {
                writer.Write(packets[i].Timestamp, Station.Pattern(packets[i].Length, i));
            }
        }

        stream.Position = 0;
        return CaptureReader.Open(stream);
    }
}
