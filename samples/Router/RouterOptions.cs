using System.Globalization;
using Millrace.Headers;
using Millrace.Ip;

namespace Router;

/// <summary>What the command line asks for.</summary>
/// <param name="RouteCount">Random routes that are added to the declared ones.</param>
/// <param name="Routes">Routes that were named.</param>
/// <param name="UsesTaps">Between two namespaces of the kernel instead of two stacks.</param>
public sealed record RouterOptions(int RouteCount, IReadOnlyList<Ipv4Route> Routes, bool UsesTaps)
{
    public const string Usage = "Usage: Router [--routes N] [--route NETWORK/LENGTH=GATEWAY]… [--tap]; as --routes 500000 --route 172.16.0.0/12=10.2.0.2";

    private const int MostRoutes = 900_000;
    private const byte Wan = 1;

    /// <exception cref="FormatException">The message says what to write.</exception>
    public static RouterOptions Parse(ReadOnlySpan<string> arguments)
    {
        var (count, routes, usesTaps) = (0, new List<Ipv4Route>(), false);
        for (var i = 0; i < arguments.Length; i++)
        {
            switch (arguments[i])
            {
                case "--tap":
                    usesTaps = true;
                    break;
                case "--routes" when i + 1 < arguments.Length
                    && int.TryParse(arguments[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out count) && count <= MostRoutes:
                    i++;
                    break;
                case "--route" when i + 1 < arguments.Length:
                    routes.Add(ParseRoute(arguments[++i]));
                    break;
                case "--routes":
                    throw new FormatException($"--routes takes a number from 0 to {MostRoutes}, as --routes 500000");
                default:
                    throw new FormatException(Usage);
            }
        }

        return new RouterOptions(count, routes, usesTaps);
    }

    private static Ipv4Route ParseRoute(string text)
    {
        var parts = text.Split('=');
        if (parts.Length == 2 && InetAddress.TryParse(parts[1], out var gateway) && gateway.IsIpv4)
        {
            var network = InterfaceAddress.Parse(parts[0]);
            return new Ipv4Route(network.Address, (byte)network.PrefixLength, gateway.Ipv4, Wan);
        }

        throw new FormatException($"'{text}' is not a route; write one as --route 172.16.0.0/12=10.2.0.2");
    }
}
