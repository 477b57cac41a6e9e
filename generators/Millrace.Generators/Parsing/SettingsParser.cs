using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Millrace.Generators.Spec;

namespace Millrace.Generators.Parsing;

/// <summary>Reads the values of a settings interface: what the attribute gives, else the default of the profile.</summary>
internal sealed class SettingsParser(string profile, bool allRuntime, List<string> interfaces, Action<DiagnosticDescriptor, Location?, object[]> report)
{
    private static readonly string[] Reserved = ["Runtime", "On", "Name"];

    /// <param name="attribute">The declaration; null for defaults alone.</param>
    /// <param name="label">The attribute's name in messages.</param>
    /// <param name="chosen">Property names that were used otherwise (types of type parameters).</param>
    /// <param name="undeclared">Whether another stage reads them and no attribute declares them.</param>
    public SettingsSpec Parse(INamedTypeSymbol settings, AttributeData? attribute, string label, ISet<string> chosen, bool undeclared = false)
    {
        var getters = Getters(settings);
        var given = attribute is null ? [] : Given(attribute);
        var runtime = RuntimeNames(attribute);
        var location = attribute.Location();
        foreach (var name in given.Keys.Where(name => !Reserved.Contains(name) && !chosen.Contains(name)))
        {
            if (!getters.Any(getter => Matches(getter.Name, name)))
            {
                report(Diagnostics.UnmatchedSetting, location, [name, label, settings.Name]);
            }
        }

        foreach (var name in runtime)
        {
            var getter = getters.FirstOrDefault(candidate => candidate.Name == name);
            if (getter is null)
            {
                var names = string.Join(", ", getters.Where(candidate => !DecidesCapacity(candidate)).Select(candidate => candidate.Name));
                report(Diagnostics.UnknownRuntime, location, [label, name, names.Length == 0 ? "none (it has no such setting)" : names]);
            }
            else if (DecidesCapacity(getter))
            {
                report(Diagnostics.CapacityAtRuntime, location, [label, name]);
            }
        }

        var items = getters.Select(getter => Setting(getter, given, runtime, attribute, undeclared, location, label)).ToEquatable();
        return new SettingsSpec(settings.Qualified(), SettingsName(settings), settings.IsPublic(), items);
    }

    public static string SettingsName(INamedTypeSymbol settings)
    {
        var name = settings.Name.WithoutSuffix("Settings");
        return name.Length > 1 && name[0] == 'I' && char.IsUpper(name[1]) ? name.Substring(1) : name;
    }

    /// <summary>What was written: named arguments, and constructor arguments by the name of their parameter.</summary>
    public static Dictionary<string, TypedConstant> Given(AttributeData attribute)
    {
        var given = new Dictionary<string, TypedConstant>(StringComparer.OrdinalIgnoreCase);
        var parameters = attribute.AttributeConstructor?.Parameters ?? [];
        for (var i = 0; i < parameters.Length && i < attribute.ConstructorArguments.Length; i++)
        {
            if (IsWritten(attribute, parameters[i], i))
            {
                given[parameters[i].Name] = attribute.ConstructorArguments[i];
            }
        }

        foreach (var argument in attribute.NamedArguments)
        {
            given[argument.Key] = argument.Value;
        }

        return given;
    }

    private static bool IsWritten(AttributeData attribute, IParameterSymbol parameter, int index)
    {
        if (!parameter.IsOptional && !parameter.IsParams)
        {
            return true;
        }

        // an optional parameter's default is in the attribute data as if it had been written; only the source tells
        if (attribute.ApplicationSyntaxReference?.GetSyntax() is not AttributeSyntax syntax)
        {
            return true;
        }

        var arguments = syntax.ArgumentList?.Arguments.Where(argument => argument.NameEquals is null).ToArray() ?? [];
        return arguments.Any(argument => argument.NameColon?.Name.Identifier.ValueText == parameter.Name)
            || (index < arguments.Length && arguments[index].NameColon is null);
    }

    private static bool Matches(string getter, string name) => string.Equals(getter, name, StringComparison.OrdinalIgnoreCase);

    private static IPropertySymbol[] Getters(INamedTypeSymbol settings) =>
        [.. settings.AllInterfaces.Add(settings).SelectMany(type => type.GetMembers().OfType<IPropertySymbol>())
            .Where(property => property is { IsAbstract: true, IsStatic: false, GetMethod: not null })];

    private static bool DecidesCapacity(IPropertySymbol getter) =>
        // a list is as long as it was made
        getter.Type.IsRefLikeType || getter.Attribute("Millrace.DecidesCapacityAttribute") is not null;

    private static string[] RuntimeNames(AttributeData? attribute)
    {
        foreach (var argument in attribute?.NamedArguments ?? [])
        {
            if (argument.Key == "Runtime" && argument.Value is { Kind: TypedConstantKind.Array, IsNull: false })
            {
                return [.. argument.Value.Values.Select(value => value.Value as string ?? "")];
            }
        }

        return [];
    }

    private SettingSpec Setting(
        IPropertySymbol getter, Dictionary<string, TypedConstant> given, string[] runtime, AttributeData? attribute, bool undeclared,
        Location? location, string label)
    {
        var written = given.Where(pair => Matches(getter.Name, pair.Key)).Select(pair => (TypedConstant?)pair.Value).FirstOrDefault();
        var origin = (undeclared ? getter.Attribute("Millrace.UndeclaredAttribute") : null) ?? DefaultOf(getter);
        var capacity = DecidesCapacity(getter);
        var isRuntime = !capacity && ((allRuntime && attribute is not null) || runtime.Contains(getter.Name));
        var range = getter.Attribute("Millrace.AllowedAttribute");
        var (minimum, maximum) = range is null ? (0L, 0L) : ((long)range.ConstructorArguments[0].Value!, (long)range.ConstructorArguments[1].Value!);
        var constant = written ?? origin?.ConstructorArguments[0];
        var converted = default(Literals.Converted);
        if (constant is null && attribute is { AttributeConstructor: null })
        {
            // the arguments are not complete, and C# says so
        }
        else if (constant is null)
        {
            report(Diagnostics.SettingMissing, location, [getter.Name, label]);
        }
        else if (getter.Type.QualifiedOpen() == InterfaceParser.SetType)
        {
            if (!InterfaceParser.TryConvertSet(constant!.Value, interfaces, out converted, out var wrong))
            {
                report(Diagnostics.SettingText, location, [getter.Name, label, wrong, "the name of an interface", "one of " + InterfaceParser.Quoted(interfaces)]);
            }
        }
        else if (!Literals.TryConvert(constant!.Value, getter.Type, out converted, out var expected))
        {
            report(Diagnostics.SettingText, location, [getter.Name, label, Text(constant!.Value), expected.What, expected.Example]);
        }
        else if (range is not null && converted.Numbers.Any(IsOutside))
        {
            var invariant = CultureInfo.InvariantCulture;
            var number = converted.Numbers.First(IsOutside);
            report(Diagnostics.OutOfRange, location, [getter.Name, label, number.ToString(invariant), minimum.ToString(invariant), maximum.ToString(invariant)]);
        }

        return new SettingSpec(
            getter.Name, getter.Type.Qualified(), converted.Expression ?? "default", converted.Display ?? "", origin.Named("Source", ""),
            written is not null, isRuntime, capacity, getter.Attribute("Millrace.HostWideAttribute") is not null, range is not null, minimum, maximum);

        bool IsOutside(long number) => number < minimum || number > maximum;
    }

    /// <summary>The default under the profile; null if none is written.</summary>
    public AttributeData? DefaultOf(IPropertySymbol getter)
    {
        AttributeData? youngest = null;
        foreach (var attribute in getter.GetAttributes().Where(attribute => attribute.AttributeClass.Is("Millrace.DefaultAttribute")))
        {
            var of = attribute.NamedArguments.Where(argument => argument.Key == "Profile").Select(argument => argument.Value).FirstOrDefault();
            var name = of.Value is null ? "Linux_6_18" : Literals.TryConvert(of, of.Type!, out var value, out _) ? value.Display : "";
            if (name == profile)
            {
                return attribute;
            }

            youngest = name == "Linux_6_18" ? attribute : youngest;
        }

        return youngest;
    }

    private static string Text(TypedConstant constant) =>
        constant.Kind != TypedConstantKind.Array && constant.Value is string text ? $"\"{text}\"" : constant.ToCSharpString();
}

internal static class AttributeLocations
{
    public static Location? Location(this AttributeData? attribute) => attribute?.ApplicationSyntaxReference is { } reference
        ? Microsoft.CodeAnalysis.Location.Create(reference.SyntaxTree, reference.Span)
        : null;
}
