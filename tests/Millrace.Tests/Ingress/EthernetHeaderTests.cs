using Millrace.Headers;

namespace Millrace.Tests.Ip;

public sealed class EthernetHeaderTests
{
    [Fact]
    public void Swapped_addresses_change_places_and_nothing_else_changes()
    {
        var frame = Enumerable.Range(1, 20).Select(octet => (byte)octet).ToArray();
        EthernetHeader.SwapAddresses(frame);
        Assert.Equal(new byte[] { 7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6, 13, 14, 15, 16, 17, 18, 19, 20 }, frame);
    }
}
