using Microsoft.CodeAnalysis;
using Millrace.Generators.Spec;

namespace Millrace.Generators.Parsing;

/// <summary>Reads the addresses of interfaces beside that of the network stage.</summary>
internal sealed class AddressParser(INamedTypeSymbol stack, List<string> interfaces, Action<DiagnosticDescriptor, Location?, object[]> report)
{
    private const string Label = "Ipv4Address";

    public List<AddressSpec> Parse(List<StageSpec> stages)
    {
        var addresses = new List<AddressSpec>();
        foreach (var attribute in stack.GetAttributes().Where(attribute => attribute.AttributeClass.Is(Names.Ipv4AddressAttribute)))
        {
            var text = attribute.ConstructorArguments.FirstOrDefault().Value as string ?? "";
            if (!Literals.TryParseInterfaceAddress(text, out var address))
            {
                report(Diagnostics.SettingText, attribute.Location(),
                    ["Address", Label, $"\"{text}\"", "an IPv4 address that a host can have, with the length of its prefix", "\"10.0.0.2/24\""]);
                continue;
            }

            var index = InterfaceParser.On(attribute, interfaces, report);
            if (index < 0)
            {
                continue;
            }

            if (Fault(index, stages, addresses) is var (problem, remedy))
            {
                report(Diagnostics.BoundStage, attribute.Location(), [Label, interfaces[index], problem, remedy]);
                continue;
            }

            addresses.Add(new AddressSpec(index, address.Expression, text));
        }

        return addresses;
    }

    private static (string Problem, string Remedy)? Fault(int index, List<StageSpec> stages, List<AddressSpec> addresses)
    {
        if (stages.FirstOrDefault(stage => stage.Is(Roles.Network)) is not { } network)
        {
            return ("there is no network stage to take it", "declare [Ipv4(\"10.0.0.2/24\")]");
        }

        return Math.Max(0, network.On) == index ? ($"[{network.Name}] gives it an address already", "name another interface")
            : addresses.Any(address => address.Interface == index) ? ("it has an address already", "remove one of them")
            : null;
    }
}
