using Millrace.Headers;

namespace Millrace.Tests.Ip;

public sealed class EthernetHeaderTests
{
    [Theory]
    [InlineData(14)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(64)]
    public void Swapped_addresses_change_places_and_nothing_else_changes(int length)
    {
        var frame = Enumerable.Range(1, length).Select(octet => (byte)octet).ToArray();
        var expected = frame[6..12].Concat(frame[..6]).Concat(frame[12..]).ToArray();
        EthernetHeader.SwapAddresses(frame);
        Assert.Equal(expected, frame);
    }
}
