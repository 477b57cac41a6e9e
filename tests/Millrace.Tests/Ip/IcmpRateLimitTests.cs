using Millrace.Ip;

namespace Millrace.Tests.Ip;

public sealed class IcmpRateLimitTests
{
    private const long Second = 1_000_000_000;

    [Theory]
    [InlineData(1, 50, 1000)]
    [InlineData(2, 25, 500)]
    [InlineData(4, 12, 250)]
    public void Workers_share_the_limit_of_their_host(int workers, int burst, int inASecond)
    {
        var limit = new IcmpRateLimit(new Entropy(1, 2), new Ipv4Settings(new Ipv4Options())) { Workers = workers };
        var destination = 0u;
        Assert.Equal(burst, Enumerable.Range(0, 1000).Count(_ => limit.TryTake(destination++, Second)));

        // one every millisecond, to somebody else each time, until the bucket has been filled a thousand times by a thousandth
        var taken = 0;
        for (var i = 1; i <= 1000; i++)
        {
            taken += limit.TryTake(destination++, Second + (i * Second / 1000)) ? 1 : 0;
        }

        Assert.InRange(taken, inASecond - 1, inASecond + 1);
        Assert.Equal(1000 - burst + 1000 - taken, limit.Suppressed);
    }

    [Fact]
    public void More_workers_than_messages_in_a_burst_may_still_send_one_each()
    {
        var limit = new IcmpRateLimit(new Entropy(1, 2), new Ipv4Settings(new Ipv4Options())) { Workers = 64 };
        Assert.True(limit.TryTake(1, Second));
        Assert.False(limit.TryTake(2, Second));
    }
}
