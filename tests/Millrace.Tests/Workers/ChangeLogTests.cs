using Millrace.Headers;
using Millrace.Workers;

namespace Millrace.Tests.Workers;

public sealed class ChangeLogTests
{
    private readonly ChangeLog log = new();

    [Fact]
    public void Each_reader_gets_what_others_added_since_it_began()
    {
        Add(0, 1);
        var first = log.ReadFromHere(0);
        var second = log.ReadFromHere(1);
        Add(0, 2);
        Add(1, 3);
        Add(0, 4);
        Assert.Equal([3], Take(first));
        Assert.Equal([2, 4], Take(second));
        Assert.Equal((false, false), (first.IsBehind, second.IsBehind));
    }

    [Fact]
    public void Own_changes_are_no_work()
    {
        var reader = log.ReadFromHere(0);
        for (var i = 0; i < 1_000; i++)
        {
            Add(0, i);
            reader.SkipOwn();
            Assert.False(reader.IsBehind);
        }
    }

    [Fact]
    public void A_reader_that_has_stopped_keeps_nothing()
    {
        var reader = log.ReadFromHere(0);
        Add(1, 1);
        reader.Stop();
        Assert.False(reader.IsBehind);
        Assert.Empty(Take(reader));
    }

    [Fact]
    public void Threads_that_add_and_read_at_once_lose_nothing_and_see_one_order()
    {
        const int Each = 50_000;
        var readers = new[] { log.ReadFromHere(8), log.ReadFromHere(9) };
        var seen = new[] { new List<int>(), new List<int>() };
        var threads = new List<Thread>();
        foreach (var writer in (int[])[0, 1])
        {
            threads.Add(new Thread(() =>
            {
                for (var i = 0; i < Each; i++)
                {
                    Add(writer, (i * 2) + writer);
                }
            }));
        }

        for (var reader = 0; reader < readers.Length; reader++)
        {
            var (from, to) = (readers[reader], seen[reader]);
            threads.Add(new Thread(() =>
            {
                while (to.Count < 2 * Each)
                {
                    if (from.TryTake(out var notice))
                    {
                        to.Add(notice.Number);
                    }
                }
            }));
        }

        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => Assert.True(thread.Join(TimeSpan.FromSeconds(60))));
        Assert.Equal(seen[0], seen[1]);
        Assert.Equal(Enumerable.Range(0, Each).Select(i => i * 2), seen[0].Where(number => number % 2 == 0));
        Assert.Equal(Enumerable.Range(0, Each).Select(i => (i * 2) + 1), seen[0].Where(number => number % 2 == 1));
    }

    private void Add(int worker, int number) => log.Add(new WorkerNotice(WorkerNoticeKind.RouteAdded, Address: InetAddress.FromIpv4(1), Number: number), worker);

    private static List<int> Take(ChangeLog.Reader reader)
    {
        var taken = new List<int>();
        while (reader.TryTake(out var notice))
        {
            taken.Add(notice.Number);
        }

        return taken;
    }
}
