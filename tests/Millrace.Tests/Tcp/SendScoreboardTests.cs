using Millrace.Headers;
using Millrace.Memory;
using Millrace.Tcp;

namespace Millrace.Tests.Tcp;

/// <summary>The scoreboard against plain lists over random traffic: what is in flight, what is next to be sent again, what a block finds.</summary>
public sealed class SendScoreboardTests
{
    private sealed class Model
    {
        public required Frame Frame;
        public required SequenceNumber Start;
        public required int Length;
        public bool Sacked;
        public bool Lost;
        public bool Retransmitted;
        public bool EverRetransmitted;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void It_says_what_plain_lists_say(int seed)
    {
        var random = new Random(seed);
        using var arena = new Arena(16, 16, 2000);
        var links = new int[arena.Capacity + 1];
        var scoreboard = new SendScoreboard(arena, links);
        var board = default(TcpScoreboard);
        var flight = new List<Model>();
        var byTime = new List<Model>();
        var lost = new List<Model>();
        var next = new SequenceNumber(uint.MaxValue - 50_000);
        scoreboard.Begin(ref board, Frame.None, Frame.None, next);
        for (var step = 0; step < 30_000; step++)
        {
            switch (random.Next(10))
            {
                case < 4 when flight.Count < 1_500:
                    Send();
                    break;
                case < 6 when flight.Count > 0:
                    SackBlock();
                    break;
                case 6 when byTime.Count > 0:
                    Lose(byTime[random.Next(Math.Min(byTime.Count, 5))]);
                    break;
                case 7 when lost.Count > 0:
                    Repeat(lost[0]);
                    break;
                case 8 when random.Next(4) == 0:
                    for (var count = random.Next(60); count > 0 && flight.Count > 0; count--)
                    {
                        Acknowledge();
                    }

                    break;
                case 9 when random.Next(100) == 0:
                    Unmark();
                    break;
            }

            Compare(step);
        }

        void Send()
        {
            Assert.True(arena.TryAllocate(Share.Sockets, Holders.RetransmitQueue, out var frame));
            ref var metadata = ref arena.Metadata(frame);
            var length = random.Next(1, 1461);
            metadata.DataOffset = Arena.Headroom;
            metadata.DataLength = (ushort)length;
            metadata.Sequence = next.Value;
            links[frame.Index] = 0;
            if (flight.Count > 0)
            {
                links[flight[^1].Frame.Index] = frame.Index;
            }

            var model = new Model { Frame = frame, Start = next, Length = length };
            next += length;
            flight.Add(model);
            byTime.Add(model);
            scoreboard.Append(ref board, frame);
        }

        void SackBlock()
        {
            var first = random.Next(flight.Count);
            var last = Math.Min(first + random.Next(1, 80), flight.Count) - 1;
            var start = flight[first].Start;
            var end = flight[last].Start + flight[last].Length;
            Assert.Equal(flight[first].Frame, scoreboard.Find(ref board, flight[0].Frame, start));
            Assert.Equal(flight[first].Frame, scoreboard.Find(ref board, flight[0].Frame, start + (flight[first].Length - 1)));
            for (var frame = scoreboard.NextUnsacked(flight[first].Frame); !frame.IsNone && new SequenceNumber(arena.Metadata(frame).Sequence) < end;)
            {
                var model = flight.Find(candidate => candidate.Frame == frame)!;
                Assert.False(model.Sacked, "found again what was sacked");
                byTime.Remove(model);
                lost.Remove(model);
                model.Sacked = true;
                model.Lost = false;
                model.Retransmitted = false;
                scoreboard.MarkSacked(ref board, frame);
                frame = new Frame(links[frame.Index]);
                frame = frame.IsNone ? frame : scoreboard.NextUnsacked(frame);
            }

            Assert.All(flight[first..(last + 1)], model => Assert.True(model.Sacked, "a block left something out"));
        }

        void Lose(Model model)
        {
            byTime.Remove(model);
            if (lost.Count > 0 && model.Start < lost[0].Start)
            {
                lost.Insert(0, model);
            }
            else
            {
                lost.Add(model);
            }

            model.Lost = true;
            model.Retransmitted = false;
            scoreboard.MarkLost(ref board, model.Frame);
        }

        void Repeat(Model model)
        {
            lost.Remove(model);
            byTime.Add(model);
            model.Retransmitted = true;
            model.EverRetransmitted = true;
            scoreboard.MarkRetransmitted(ref board, model.Frame, next);
        }

        void Acknowledge()
        {
            var model = flight[0];
            flight.RemoveAt(0);
            byTime.Remove(model);
            lost.Remove(model);
            var marks = scoreboard.Remove(ref board, model.Frame);
            Assert.Equal(model.Sacked, (marks & SendMarks.Sacked) != 0);
            Assert.Equal(model.EverRetransmitted, (marks & SendMarks.EverRetransmitted) != 0);
            arena.Release(model.Frame, Holders.RetransmitQueue);
        }

        void Unmark()
        {
            scoreboard.UnmarkLost(ref board, flight.Count > 0 ? flight[0].Frame : Frame.None, Frame.None);
            byTime.InsertRange(0, lost);
            lost.Clear();
            flight.ForEach(model => model.Lost = false);
        }

        void Compare(int step)
        {
            Assert.Equal(flight.Where(model => model.Sacked).Sum(model => model.Length), board.Sacked);
            Assert.Equal(flight.Count(model => model.Sacked), board.SackedSegments);
            Assert.Equal(flight.Where(model => model.Lost).Sum(model => model.Length), board.Lost);
            Assert.Equal(flight.Where(model => model.Retransmitted).Sum(model => model.Length), board.Retransmitted);
            if (step % 50 == 0)
            {
                Assert.Equal(byTime.Select(model => model.Frame), Along(board.TimeFirst));
                Assert.Equal(lost.Select(model => model.Frame), Along(board.LostFirst));
            }
        }

        IEnumerable<Frame> Along(Frame first)
        {
            for (var frame = first; !frame.IsNone; frame = scoreboard.NextByTime(frame))
            {
                yield return frame;
            }
        }
    }
}
