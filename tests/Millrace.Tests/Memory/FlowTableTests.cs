using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tests.Memory;

public sealed class FlowTableTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void It_agrees_with_a_dictionary(int seed)
    {
        var random = new Random(seed);
        var table = new FlowTable(100, new Entropy((ulong)seed, 7));
        var oracle = new Dictionary<FlowKey, int>();
        for (var step = 0; step < 50_000; step++)
        {
            var key = Key(random.Next(150));
            switch (random.Next(3))
            {
                case 0 when oracle.Count < 100 || oracle.ContainsKey(key):
                    Assert.True(table.TrySet(in key, step));
                    oracle[key] = step;
                    break;
                case 0:
                    Assert.False(table.TrySet(in key, step));
                    break;
                case 1:
                    Assert.Equal(oracle.Remove(key), table.Remove(in key));
                    break;
                default:
                    Assert.Equal(oracle.TryGetValue(key, out var expected), table.TryFind(in key, out var found));
                    Assert.Equal(expected, found);
                    break;
            }

            Assert.Equal(oracle.Count, table.Count);
        }
    }

    private static FlowKey Key(int number) => (number % 2) == 0
        ? new FlowKey(InetAddress.Parse("10.0.0.1"), InetAddress.FromIpv4((uint)number), 80, (ushort)number)
        : new FlowKey(InetAddress.Parse("2001:db8::1"), new InetAddress(0x2001_0DB8_0000_0000, (ulong)number), 80, 443);
}
