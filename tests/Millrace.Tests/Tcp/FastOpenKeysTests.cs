using System.Globalization;
using Millrace.Headers;
using Millrace.Tcp;

namespace Millrace.Tests.Tcp;

/// <summary>Cookies of a server against those that Linux gives with the same key.</summary>
public sealed class FastOpenKeysTests
{
    private static readonly InetAddress Client = InetAddress.Parse("192.0.2.1");
    private static readonly InetAddress Server = InetAddress.Parse("192.168.0.1");

    [Theory]
    [InlineData("a1a1a1a1b2b2b2b2c3c3c3c3d4d4d4d4", "3021b9d889017eeb")]
    [InlineData("00000000000000000000000000000000", "b7c12350a90dc8f5")]
    public void A_key_gives_the_cookie_that_the_kernel_gives(string key, string cookie)
    {
        var keys = new FastOpenKeys(new Entropy(1, 2));
        keys.Change(UInt128.Parse(key, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture), null);
        Assert.Equal(new FastOpenCookie(ulong.Parse(cookie, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)), keys.Make(Client, Server));
        Assert.NotEqual(keys.Make(Client, Server), keys.Make(Server, Client));
        Assert.NotEqual(keys.Make(InetAddress.Parse("2001:db8::1"), InetAddress.Parse("2001:db8::2")), keys.Make(Client, Server));
    }

    [Fact]
    public void A_second_key_is_valid_and_old_and_one_that_is_not_there_is_not()
    {
        var keys = new FastOpenKeys(new Entropy(1, 2));
        keys.Change(7, null);
        var cookie = keys.Make(Client, Server);
        keys.Change(8, 7);
        Assert.True(keys.IsValid(cookie, Client, Server, out var isOld));
        Assert.True(isOld);
        keys.Change(8, null);
        Assert.False(keys.IsValid(cookie, Client, Server, out _));
    }
}
