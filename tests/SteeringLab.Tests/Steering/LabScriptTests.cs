using SteeringLab.Steering;

namespace SteeringLab.Tests.Steering;

public sealed class LabScriptTests
{
    [Fact]
    public void Steps_are_read_with_their_times_and_put_in_order()
    {
        var script = LabScript.Parse(" 2s:rps 0x3 ; 1.5s : rss all 1;250ms:busy 20;3s:team stop;4s:xps crossed;", out var problem);
        Assert.Null(problem);
        Assert.Equal(
            [
                new ScriptStep(0.25, new LabChange(ChangeKind.BusyPoll, 20)),
                new ScriptStep(1.5, new LabChange(ChangeKind.RssAll, 1)),
                new ScriptStep(2, new LabChange(ChangeKind.RpsMask, 3)),
                new ScriptStep(3, new LabChange(ChangeKind.TeamStop)),
                new ScriptStep(4, new LabChange(ChangeKind.XpsMap, 1)),
            ],
            script!.Steps);
    }

    [Theory]
    [InlineData("rss random", ChangeKind.RssRandom, 0)]
    [InlineData("rss  rotate", ChangeKind.RssRotate, 0)]
    [InlineData("rps next", ChangeKind.RpsNext, 0)]
    [InlineData("rps 2", ChangeKind.RpsMask, 2)]
    [InlineData("xps next", ChangeKind.XpsNext, 0)]
    [InlineData("xps first", ChangeKind.XpsMap, 3)]
    [InlineData("busy toggle", ChangeKind.BusyToggle, 0)]
    [InlineData("busy 1000000", ChangeKind.BusyPoll, 1_000_000)]
    [InlineData("team start", ChangeKind.TeamStart, 0)]
    public void Every_change_has_words(string text, object kind, long value)
    {
        Assert.True(LabChange.TryParse(text, out var change));
        Assert.Equal(new LabChange((ChangeKind)kind, (ulong)value), change);
    }

    [Theory]
    [InlineData("")]
    [InlineData("rss")]
    [InlineData("rss all")]
    [InlineData("rss all -1")]
    [InlineData("rps 0xg")]
    [InlineData("xps mine")]
    [InlineData("busy 1000001")]
    [InlineData("team jump")]
    [InlineData("rss random now")]
    public void Other_words_are_none(string text) => Assert.False(LabChange.TryParse(text, out _));

    [Fact]
    public void Churn_is_the_same_for_a_seed_and_means_something_to_the_workers_there_are()
    {
        var (first, second, other) = (Take(new Churn(0.1, 2, 5)), Take(new Churn(0.1, 2, 5)), Take(new Churn(0.1, 2, 6)));
        Assert.Equal(first, second);
        Assert.NotEqual(first, other);
        Assert.All(Take(new Churn(0.1, 1, 5)), change => Assert.True(change.IsFor(1), change.ToString()));
        Assert.Contains(first, change => change.Kind == ChangeKind.TeamStop);
        Assert.Equal(first.Count(change => change.Kind == ChangeKind.TeamStop), first.Count(change => change.Kind == ChangeKind.TeamStart));
    }

    private static List<LabChange> Take(Churn churn) => [.. Enumerable.Range(0, 200).SelectMany(_ => churn.Next())];
}
