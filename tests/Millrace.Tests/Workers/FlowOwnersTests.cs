using Millrace.Workers;

namespace Millrace.Tests.Workers;

public sealed class FlowOwnersTests
{
    [Fact]
    public void A_place_belongs_to_one_worker_until_its_last_flow_is_gone()
    {
        var owners = new FlowOwners(16);
        Assert.Equal(-1, owners.OwnerOf(5));
        Assert.True(owners.TryClaim(5, 2));
        Assert.True(owners.TryClaim(5 + 16, 2));
        Assert.False(owners.TryClaim(5, 1));
        Assert.Equal((2, true, false), (owners.OwnerOf(21), owners.IsOpenTo(5, 2), owners.IsOpenTo(5, 1)));

        owners.Release(5);
        Assert.Equal(2, owners.OwnerOf(5));
        owners.Release(21);
        Assert.Equal(-1, owners.OwnerOf(5));
        Assert.True(owners.TryClaim(5, 1));
        Assert.Throws<InvalidOperationException>(() => owners.Release(6));
    }

    [Fact]
    public void Worker_numbers_up_to_the_last_are_kept_whole()
    {
        var owners = new FlowOwners(64);
        Span<int> flows = stackalloc int[WorkerGroup.MaximumWorkers];
        for (var worker = 0; worker < WorkerGroup.MaximumWorkers; worker++)
        {
            Assert.True(owners.TryClaim((uint)worker, worker));
            Assert.Equal(worker, owners.OwnerOf((uint)worker));
        }

        owners.CountFlows(flows);
        Assert.Equal(-1, flows.IndexOfAnyExcept(1));
    }

    [Fact]
    public void Places_are_a_power_of_two() =>
        Assert.Contains("power of two", Assert.Throws<ArgumentOutOfRangeException>(() => new FlowOwners(100)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Claims_from_several_threads_never_overlap()
    {
        const int Places = 8;
        const int Rounds = 200_000;
        var owners = new FlowOwners(Places);
        var holders = new int[Places];
        var overlaps = 0;

        void Work(int worker)
        {
            var random = new Random(worker);
            for (var i = 0; i < Rounds; i++)
            {
                var hash = (uint)random.Next(Places);
                if (owners.TryClaim(hash, worker))
                {
                    // nobody else may be between a claim and its release
                    overlaps += Interlocked.CompareExchange(ref holders[hash], worker + 1, 0) == 0 ? 0 : 1;
                    Volatile.Write(ref holders[hash], 0);
                    owners.Release(hash);
                }
            }
        }

        await Task.WhenAll(Enumerable.Range(0, 3).Select(worker => Task.Run(() => Work(worker))));
        Assert.Equal(0, overlaps);
        Assert.All(Enumerable.Range(0, Places), place => Assert.Equal(-1, owners.OwnerOf((uint)place)));
    }
}
