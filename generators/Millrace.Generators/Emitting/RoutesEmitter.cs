using System.Globalization;
using Millrace.Generators.Planning;
using static Millrace.Generators.Parsing.Literals;

namespace Millrace.Generators.Emitting;

/// <summary>The routes of a declaration as data of the program; nothing where none is declared.</summary>
internal sealed class RoutesEmitter(Plan plan, CodeWriter code)
{
    /// <summary>How a constructor is given them.</summary>
    public const string Argument = "new global::Millrace.Ip.DeclaredRoutes(RouteData.Words)";

    public void Emit()
    {
        if (plan.Spec.Routes.Count == 0)
        {
            return;
        }

        code.Line();
        code.Summary("The declared routes: network, prefix length, gateway, interface, metric and kind of each.");
        code.Block("private static class RouteData", () =>
        {
            code.Line("public static global::System.ReadOnlySpan<uint> Words => new uint[]");
            code.Block("", () =>
            {
                foreach (var route in plan.Spec.Routes)
                {
                    code.Line($"// [{route.Declared}]");
                    code.Line($"{Hexadecimal(route.Network)}, {Text(route.PrefixLength)}, {Hexadecimal(route.Gateway)}, {Text(route.Interface)}, {Text(route.Metric)}, {Text(route.Kind)},");
                }
            }, "};");
        });
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
