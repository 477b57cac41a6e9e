using Millrace.Memory;
using Millrace.Tcp;

namespace Millrace.Tests.Tcp;

public sealed class PrrTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void It_sends_in_proportion_and_ends_at_the_threshold(int seed)
    {
        // RFC 6937 §2 and §3.1 over a recovery in which everything lost goes again: at no time more is sent than the reduction bound, and at its end
        // the window is the threshold
        var random = new Random(seed);
        for (var run = 0; run < 500; run++)
        {
            const int Mss = 1000;
            var window = random.Next(4, 400) * Mss;
            var threshold = Math.Max((int)(window * (0.5 + (0.3 * random.NextDouble()))), 2 * Mss);
            var lost = random.Next(1, (window / Mss) - 2) * Mss;
            var pipe = window - lost;
            var delivered = 0;
            var sent = 0;
            while (delivered + Mss <= window - lost)
            {
                delivered += Mss;
                pipe -= Mss;
                var room = Tcp<TestTcpSettings, TestSocketMemory, TestSmallQueues, TestApplications, Cubic>.ReducedRoom(
                    threshold, pipe, Mss, goesWell: false, Mss, window, delivered, sent);
                Assert.True(room >= 0 && pipe + room <= Math.Max(threshold, pipe + (2 * Mss)), $"{room} beside {pipe}, the threshold is {threshold}");
                if (pipe > threshold)
                {
                    // proportional: what was sent is the threshold's share of what was delivered
                    Assert.True(sent + room <= ((long)threshold * delivered / window) + Mss, "it sends more than in proportion");
                }

                var now = room / Mss * Mss;
                sent += now;
                pipe += now;
            }

            // slow start within the reduction brings the window back to the threshold, but for rounding
            Assert.InRange(pipe, Math.Min(threshold, sent) - (2 * Mss), threshold + Mss);
        }
    }

    [Fact]
    public void The_first_loss_goes_again_however_much_is_in_flight() => Assert.Equal(
        1000,
        Tcp<TestTcpSettings, TestSocketMemory, TestSmallQueues, TestApplications, Cubic>.ReducedRoom(50_000, 99_000, 1000, goesWell: false, 1000, 100_000, 1000, 0));
}
