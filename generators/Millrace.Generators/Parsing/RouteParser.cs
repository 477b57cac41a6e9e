using System.Globalization;
using Microsoft.CodeAnalysis;
using Millrace.Generators.Spec;

namespace Millrace.Generators.Parsing;

/// <summary>Reads the routes of a declaration and asks of each what the kernel would ask: a network, and a way to its gateway.</summary>
internal sealed class RouteParser
{
    /// <summary>What a network stage's constructor takes them as.</summary>
    public const string DeclaredRoutes = "global::Millrace.Ip.DeclaredRoutes";

    private const string Label = "Route";
    private const int LastKind = 3;
    private const string AddressType = "global::Millrace.Ip.InterfaceAddress";

    private readonly INamedTypeSymbol stack;
    private readonly List<string> interfaces;
    private readonly StageSpec? network;
    private readonly List<Link> links = [];
    private readonly Action<DiagnosticDescriptor, Location?, object[]> report;

    public RouteParser(
        INamedTypeSymbol stack, List<string> interfaces, List<StageSpec> stages, List<AddressSpec> addresses, Action<DiagnosticDescriptor, Location?, object[]> report)
    {
        this.stack = stack;
        this.interfaces = interfaces;
        this.report = report;
        network = stages.FirstOrDefault(stage => stage.Is(Roles.Network) && stage.Constructor.Any(parameter => parameter.Type == DeclaredRoutes));
        if (network?.Settings?.Items.FirstOrDefault(item => item.Type == AddressType) is { } own)
        {
            AddLink(Math.Max(0, network.On), own.Display);
        }

        addresses.ForEach(address => AddLink(address.Interface, address.Text));
    }

    public List<RouteSpec> Parse()
    {
        var routes = new List<RouteSpec>();
        foreach (var attribute in stack.GetAttributes().Where(attribute => attribute.AttributeClass.Is(Names.RouteAttribute)))
        {
            if (Read(attribute) is not { } route)
            {
                continue;
            }

            if (Clash(route, routes) is var (problem, remedy))
            {
                Refuse(attribute, problem, remedy);
                continue;
            }

            routes.Add(route);
        }

        return routes;
    }

    private RouteSpec? Read(AttributeData attribute)
    {
        if (!TryReadNetwork(attribute, out var address, out var prefixLength) || !TryReadGateway(attribute, out var gateway))
        {
            return null;
        }

        var on = InterfaceParser.On(attribute, interfaces, report);
        if (on < 0 && attribute.Named<string?>("On", null) is not null)
        {
            return null;
        }

        int kind = attribute.Named<byte>("Kind", 0);
        if (kind > LastKind)
        {
            report(Diagnostics.SettingText, attribute.Location(), ["Kind", Label, kind, "a kind of route", "RouteKind.Blackhole"]);
            return null;
        }

        if (Fault(kind, gateway, ref on) is var (problem, remedy))
        {
            Refuse(attribute, problem, remedy);
            return null;
        }

        return new RouteSpec(
            StageParser.Text(attribute) ?? Label, address, prefixLength, gateway ?? 0, Math.Max(0, on), attribute.Named("Metric", 0u), kind);
    }

    private bool TryReadNetwork(AttributeData attribute, out uint address, out int prefixLength)
    {
        var text = attribute.ConstructorArguments.FirstOrDefault().Value as string ?? "";
        var parts = text.Split('/');
        prefixLength = 0;
        var isNetwork = Literals.TryParseIpv4(parts[0], out address) && parts.Length == 2
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out prefixLength) && prefixLength <= 32;
        var masked = address & Mask(prefixLength);
        if (!isNetwork || masked != address)
        {
            var example = isNetwork ? Dotted(masked) + "/" + parts[1] : "10.1.0.0/16";
            report(Diagnostics.SettingText, attribute.Location(),
                ["Network", Label, $"\"{text}\"", "an IPv4 network with the length of its prefix and zeros behind it", $"\"{example}\""]);
        }

        return isNetwork && masked == address;
    }

    private bool TryReadGateway(AttributeData attribute, out uint? gateway)
    {
        gateway = null;
        if (attribute.Named<string?>("Via", null) is not { } text)
        {
            return true;
        }

        if (Literals.TryParseIpv4(text, out var address) && address != 0)
        {
            gateway = address;
            return true;
        }

        report(Diagnostics.SettingText, attribute.Location(), ["Via", Label, $"\"{text}\"", "the IPv4 address of a gateway", "\"10.0.0.254\", or leave it out"]);
        return false;
    }

    /// <param name="on">The interface; found by the gateway if there is one.</param>
    private (string Problem, string Remedy)? Fault(int kind, uint? gateway, ref int on)
    {
        if (network is null)
        {
            return ("there is no network stage to take it", "declare [Ipv4(\"10.0.0.2/24\")]");
        }

        if (kind != 0)
        {
            return gateway is null && on < 0 ? null : ("a route of this Kind leads nowhere", "leave out Via and On, or leave out Kind");
        }

        if (gateway is not { } address)
        {
            return on >= 0 || interfaces.Count == 1 ? null
                : ("it names neither a gateway nor an interface", $"write Via = \"…\" with a gateway, or On = \"{interfaces[0]}\" if its hosts are on the link");
        }

        if (links.Any(link => link.Address == address))
        {
            return ($"its gateway {Dotted(address)} is an address of this stack itself", "write the address of another router, or leave out Via");
        }

        var wanted = on;
        var found = links.FirstOrDefault(link => (wanted < 0 || link.Interface == wanted) && link.Address != 0 && ((link.Address ^ address) & Mask(link.PrefixLength)) == 0);
        if (found is null)
        {
            var where = on < 0 ? "of no interface" : $"not that of '{interfaces[on]}'";
            return ($"the network of its gateway {Dotted(address)} is {where}", "name a gateway on " + Networks(on) + ", or give an interface an address on its network");
        }

        on = found.Interface;
        return null;
    }

    private (string Problem, string Remedy)? Clash(RouteSpec route, List<RouteSpec> routes)
    {
        if (routes.Any(other => other.Network == route.Network && other.PrefixLength == route.PrefixLength && other.Metric == route.Metric))
        {
            return ("another one of the same Metric leads there", "give one of them another Metric, or remove it");
        }

        var hasGateway = network!.Settings!.Items.Any(item => item is { Name: "Gateway", Given: true });
        if (route is { PrefixLength: 0, Metric: 0 } && hasGateway)
        {
            return ($"Gateway of [{network.Name}] leads there", "leave out one of them, or give the route a Metric");
        }

        var room = network.Settings.Items.FirstOrDefault(item => item.Name == "Routes")?.Display;
        return int.TryParse(room, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && routes.Count + (hasGateway ? 1 : 0) >= count
            ? ($"there is room for {room} routes", $"write [{network.Name}(…, Routes = …)] with more")
            : null;
    }

    private string Networks(int on)
    {
        var networks = links.Where(link => link.Address != 0 && (on < 0 || link.Interface == on))
            .Select(link => $"{Dotted(link.Address & Mask(link.PrefixLength))}/{link.PrefixLength.ToString(CultureInfo.InvariantCulture)}").ToArray();
        return networks.Length == 0 ? "the network of an interface" : string.Join(" or ", networks);
    }

    private void AddLink(int index, string text)
    {
        if (Literals.TryParseInterfaceAddress(text, out var address))
        {
            links.Add(new Link(index, (uint)address.Numbers[0], (int)address.Numbers[1]));
        }
    }

    private void Refuse(AttributeData attribute, string problem, string remedy) =>
        report(Diagnostics.RouteUnusable, attribute.Location(), [attribute.ConstructorArguments.FirstOrDefault().Value as string ?? "", problem, remedy]);

    private static uint Mask(int prefixLength) => prefixLength == 0 ? 0 : uint.MaxValue << (32 - prefixLength);

    private static string Dotted(uint address) => string.Join(".", new[] { address >> 24, (address >> 16) & 255, (address >> 8) & 255, address & 255 });

    private sealed record Link(int Interface, uint Address, int PrefixLength);
}
