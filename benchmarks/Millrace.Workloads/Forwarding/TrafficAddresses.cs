using Millrace.Headers;

namespace Millrace.Workloads.Forwarding;

/// <summary>Who sends the frames, and to whom.</summary>
internal static class TrafficAddresses
{
    public static MacAddress Sender => MacAddress.Parse("02:00:00:00:00:01");

    public static MacAddress Local => MacAddress.Parse("02:00:00:00:00:02");
}
