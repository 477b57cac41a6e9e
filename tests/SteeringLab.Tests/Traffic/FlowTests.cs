using Millrace;
using Millrace.Headers;
using SteeringLab.Traffic;

namespace SteeringLab.Tests.Traffic;

/// <summary>What the lab counts as out of order, wrong or moved; a run that shows 0 is worth what these find.</summary>
public sealed class FlowTests
{
    private readonly Flow flow = new FlowBoard(4, FlowMix.Both, new FlowHash(Toeplitz.Published), seed: 9).Flows[1];

    [Fact]
    public void Numbers_in_order_are_no_reordering_whoever_has_them_and_however_many_are_merged()
    {
        ushort number = 0;
        for (var i = 0; i < 70_000; i++)
        {
            var count = (i % 5) + 1;
            flow.Take(i / 1000 % 2, number, count);
            number = (ushort)(number + count);
        }

        Assert.Equal(0, flow.Reordered);
        Assert.Equal(69, flow.WorkerMoves);
        Assert.Equal(210_000, flow.Packets);
    }

    [Fact]
    public void A_gap_is_a_loss_and_what_comes_behind_a_later_one_is_reordered()
    {
        flow.Take(0, 0, 1);
        flow.Take(0, 5, 2);
        Assert.Equal(0, flow.Reordered);
        flow.Take(1, 1, 4);
        Assert.Equal(4, flow.Reordered);
        flow.Take(0, 7, 1);
        Assert.Equal(4, flow.Reordered);
        flow.Take(0, 7, 1);
        Assert.Equal(5, flow.Reordered);
    }

    [Fact]
    public void Reordering_over_the_wrap_of_the_numbers_is_seen()
    {
        flow.Take(0, 65_534, 1);
        Assert.Equal(1, flow.Reordered);
        var fresh = new FlowBoard(1, FlowMix.Udp, new FlowHash(Toeplitz.Published), seed: 9).Flows[0];
        for (var number = 0; number < 65_530; number += 10)
        {
            fresh.Take(0, (ushort)number, 10);
        }

        fresh.Take(0, 2, 1);
        Assert.Equal(0, fresh.Reordered);
        fresh.Take(0, 65_535, 1);
        Assert.Equal(1, fresh.Reordered);
    }

    [Fact]
    public void A_stream_that_is_shifted_doubled_or_of_another_flow_is_wrong()
    {
        var bytes = StreamPattern.At(flow.Index, 1448, 2896).ToArray();
        Assert.True(StreamPattern.IsRight(bytes, flow.Index, 1448));
        Assert.False(StreamPattern.IsRight(bytes, flow.Index, 0));
        Assert.False(StreamPattern.IsRight(bytes, flow.Index, 2896));
        Assert.All(Enumerable.Range(2, 511), other => Assert.False(StreamPattern.IsRight(bytes, other, 1448)));
        bytes[2000] ^= 1;
        Assert.False(StreamPattern.IsRight(bytes, flow.Index, 1448));
        flow.Check(StreamPattern.At(flow.Index, 0, 100));
        flow.Check(StreamPattern.At(flow.Index, 100, 100));
        Assert.Equal(0, flow.WrongBytes);
        flow.Check(StreamPattern.At(flow.Index, 100, 100));
        Assert.Equal(100, flow.WrongBytes);
    }

    [Fact]
    public void A_datagram_is_right_with_its_own_number_and_flow_alone()
    {
        var payload = new byte[Datagram.Length];
        Datagram.Write(payload, flow.Index, 123_456_789);
        Assert.True(Datagram.IsRight(payload, flow.Index));
        Assert.False(Datagram.IsRight(payload, flow.Index + 1));
        Assert.False(Datagram.IsRight(payload.AsSpan(1), flow.Index));
        payload[7] ^= 1;
        Assert.False(Datagram.IsRight(payload, flow.Index));
    }

    [Fact]
    public void A_move_is_counted_when_the_queue_changes_and_not_before_the_first_packet()
    {
        flow.Arrive(1);
        flow.Arrive(1);
        Assert.Equal((0, 1), (flow.QueueMoves, flow.ArrivalQueue));
        flow.Arrive(0);
        flow.Arrive(1);
        Assert.Equal((2, 1), (flow.QueueMoves, flow.ArrivalQueue));
    }
}
