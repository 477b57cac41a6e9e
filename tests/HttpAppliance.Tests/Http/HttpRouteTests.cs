using System.Text;
using HttpAppliance.Http;

namespace HttpAppliance.Tests.Http;

public sealed class HttpRouteTests
{
    [Theory]
    [InlineData("/", RouteKind.Page, 0)]
    [InlineData("/?q", RouteKind.Page, 0)]
    [InlineData("http://appliance", RouteKind.Page, 0)]
    [InlineData("http://appliance:80/echo?x", RouteKind.Echo, 0)]
    [InlineData("/upload", RouteKind.Upload, 0)]
    [InlineData("/bytes/0", RouteKind.Bytes, 0)]
    [InlineData("/bytes/68719476736", RouteKind.Bytes, 68719476736)]
    [InlineData("/bytes/5/sha256", RouteKind.BytesDigest, 5)]
    [InlineData("/bytes/", RouteKind.NotFound, 0)]
    [InlineData("/bytes/-1", RouteKind.NotFound, 0)]
    [InlineData("/bytes/1x", RouteKind.NotFound, 0)]
    [InlineData("/bytes/1125899906842625", RouteKind.NotFound, 0)]
    [InlineData("/bytes/99999999999999999999999999", RouteKind.NotFound, 0)]
    [InlineData("/bytes/sha256", RouteKind.NotFound, 0)]
    [InlineData("*", RouteKind.NotFound, 0)]
    [InlineData("", RouteKind.NotFound, 0)]
    [InlineData("//", RouteKind.NotFound, 0)]
    public void A_target_names_what_it_says(string target, object kind, long count) =>
        Assert.Equal(new HttpRoute((RouteKind)kind, count), HttpRoute.Find(Encoding.ASCII.GetBytes(target)));
}
