using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Millrace.Generators.Spec;

namespace Millrace.Generators.Parsing;

/// <summary>Reads one stage from its attribute and the symbols of its struct: built-in and users' stages alike.</summary>
internal sealed class StageParser(SettingsParser settingsParser, Compilation compilation, Action<DiagnosticDescriptor, Location?, object[]> report)
{
    private const string AnyStage = "Millrace.StageAttribute`1";
    private const string RxHandler = "Millrace.RxHandlerAttribute`1";
    private const string RxHandlerInterface = "Millrace.IRxHandler";
    private const int RxHandlerPlace = 700;

    private static readonly (string Interface, Roles Role)[] RolesByInterface =
    [
        ("Millrace.IIngressStage", Roles.Ingress),
        ("Millrace.IEgressStage", Roles.Egress),
        ("Millrace.INetworkStage", Roles.Network),
        ("Millrace.IResumesIngress", Roles.ResumesIngress),
        ("Millrace.IResumesEgress", Roles.ResumesEgress),
        ("Millrace.IPollStart", Roles.PollStart),
        ("Millrace.IPrefetches", Roles.Prefetches),
        ("Millrace.ITurnsBursts", Roles.TurnsBursts),
        ("Millrace.IPollEnd", Roles.PollEnd),
        ("Millrace.IOriginates", Roles.Originates),
        ("Millrace.ITimed", Roles.Timed),
        ("Millrace.IStartStop", Roles.StartStop),
        ("Millrace.IInterfaceObserver", Roles.InterfaceObserver),
        ("Millrace.ITransportErrorObserver", Roles.TransportErrorObserver),
        ("Millrace.ITransmitCompletions", Roles.TransmitCompletions),
        ("Millrace.Workers.IWorkerNotices", Roles.WorkerNotices),
        ("Millrace.ITransmitObserver", Roles.TransmitObserver),
        ("Millrace.IDropObserver", Roles.DropObserver),
        ("System.IDisposable", Roles.Disposable),
    ];

    /// <summary>Reads a declared stage; null if its type cannot be used.</summary>
    public StageSpec? Parse(AttributeData attribute, int ordinal)
    {
        var type = attribute.AttributeClass!;
        if (type.Is(AnyStage) || type.Is(RxHandler))
        {
            if (type.TypeArguments[0].TypeKind == TypeKind.Error)
            {
                return null;
            }

            return type.TypeArguments[0] is INamedTypeSymbol stage
                ? ParseUserStage(attribute, stage, ordinal)
                : Invalid(attribute, type.TypeArguments[0].Name, "is not a struct", "name a struct that implements IIngressStage");
        }

        return Parse(type, attribute, ordinal);
    }

    /// <summary>Reads the stage of an attribute class, with defaults alone if there is no declaration.</summary>
    public StageSpec? Parse(INamedTypeSymbol attributeClass, AttributeData? attribute, int ordinal)
    {
        var label = attributeClass.Name.WithoutSuffix("Attribute");
        var stageType = attributeClass.Attribute("Millrace.StageTypeAttribute");
        if (stageType is null || stageType.ConstructorArguments.Length == 0 || stageType.ConstructorArguments[0].Value is not INamedTypeSymbol named)
        {
            return Invalid(attribute, attributeClass.Name, "carries no [StageType]", "write [StageType(typeof(YourStage<>))] on the attribute class");
        }

        var definition = named.OriginalDefinition;
        var place = stageType.Named("Place", 0);
        var summary = string.Join(" ", stageType.Named("Summary", "").Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries));
        var common = (attribute, label, ordinal, place, summary);
        var forSeveralWorkers = attributeClass.Attribute("Millrace.ForSeveralWorkersAttribute") is not null;
        if (definition.TypeKind == TypeKind.Interface)
        {
            var settings = settingsParser.Parse(definition, attribute, label, new HashSet<string>());
            return Describe(common, definition, "", Roles.None, settings, [], forSeveralWorkers);
        }

        if (!IsUsable(attribute, definition))
        {
            return null;
        }

        return ParseStruct(common, definition, StringValue(attribute, "Name") ?? label, forSeveralWorkers);
    }

    private StageSpec? ParseUserStage(AttributeData attribute, INamedTypeSymbol stage, int ordinal)
    {
        if (stage.IsGenericType)
        {
            return Invalid(
                attribute, stage.Name, "is generic", "give it an attribute of its own that derives from StageAttribute and carries [StageType(typeof(" + stage.Name + "<>))]");
        }

        if (attribute.AttributeClass.Is(RxHandler))
        {
            return ParseRxHandler(attribute, stage, ordinal);
        }

        return IsUsable(attribute, stage)
            ? ParseStruct((attribute, stage.Name, ordinal, 0, ""), stage, StringValue(attribute, "Name") ?? stage.Name, false)
            : null;
    }

    /// <summary>A handler of received frames is a stage of ingress with a fixed place, and answers otherwise.</summary>
    private StageSpec? ParseRxHandler(AttributeData attribute, INamedTypeSymbol handler, int ordinal)
    {
        if (handler.AllInterfaces.Any(part => part.Is("Millrace.IIngressStage")))
        {
            return Invalid(attribute, handler.Name, "is a stage of ingress already", "implement IRxHandler without IIngressStage");
        }

        if (handler.TypeKind == TypeKind.Struct && !handler.AllInterfaces.Any(part => part.Is(RxHandlerInterface)))
        {
            report(Diagnostics.NoRxHandler, attribute.Location(), [handler.Name]);
            return null;
        }

        const string Summary = "decides who goes on with what its interface receives";
        var stage = IsUsable(attribute, handler)
            ? ParseStruct((attribute, handler.Name, ordinal, RxHandlerPlace, Summary), handler, StringValue(attribute, "Name") ?? handler.Name, false, Roles.Ingress | Roles.RxHandler)
            : null;
        return stage is null ? null : stage with
        {
            Needs = stage.Needs.Append("LinkHeaderParsed").Distinct().ToEquatable(),
            Drops = (stage.Drops.Count == 0 ? ["StagePolicy"] : stage.Drops.AsEnumerable()).Append("RecursionLimit").Distinct().ToEquatable(),
        };
    }

    private StageSpec? ParseStruct(
        (AttributeData? Attribute, string Label, int Ordinal, int Place, string Summary) common, INamedTypeSymbol stage, string name, bool forSeveralWorkers,
        Roles also = Roles.None)
    {
        var roles = RolesOf(stage) | also;
        if ((roles & (Roles.Ingress | Roles.Egress | Roles.TransmitCompletions | Roles.TransmitObserver | Roles.DropObserver)) == 0)
        {
            report(Diagnostics.NoStageInterface, common.Attribute.Location(), [stage.Name]);
            return null;
        }

        if ((roles & Roles.Network) != 0 && !Provided(stage).Any(provided => provided.Types.Contains("global::Millrace.NetworkLayer")))
        {
            return Invalid(common.Attribute, stage.Name, "is a network stage without a layer", "give it a public property of type NetworkLayer with [Provides]");
        }

        if (!SyntaxFacts.IsValidIdentifier(name) || name != name.Escaped())
        {
            return Invalid(common.Attribute, stage.Name, $"is given the name '{name}'", "write a Name that is an identifier, such as \"Second\"");
        }

        if (StructRules.Fault(stage) is var (problem, remedy))
        {
            return Invalid(common.Attribute, stage.Name, problem, remedy);
        }

        if (ReservedNames.IsTakenBesideStages(name))
        {
            return Invalid(common.Attribute, stage.Name, $"would be called '{name}' like a member of the generated class", "give it another name");
        }

        var chosen = new HashSet<string>(stage.TypeParameters.Select(PropertyOf).Where(property => ChosenType(common.Attribute, property) is not null));
        SettingsSpec? settings = null;
        var typeParameters = new List<TypeParameterSpec>();
        foreach (var parameter in stage.TypeParameters)
        {
            var specification = TypeParameter(parameter, common, stage, chosen, ref settings);
            if (specification is null)
            {
                return null;
            }

            typeParameters.Add(specification);
        }

        return Describe((common.Attribute, common.Label, common.Ordinal, common.Place, common.Summary), stage, name, roles, settings, typeParameters,
            forSeveralWorkers);
    }

    private TypeParameterSpec? TypeParameter(
        ITypeParameterSymbol parameter, (AttributeData? Attribute, string Label, int, int, string) common, INamedTypeSymbol stage,
        HashSet<string> chosen, ref SettingsSpec? settings)
    {
        var property = PropertyOf(parameter);
        if (ChosenType(common.Attribute, property) is { } type)
        {
            if (!Satisfies(type, parameter))
            {
                Invalid(
                    common.Attribute, type.Name, $"cannot be {property}",
                    "name a struct that implements " + string.Join(" and ", parameter.ConstraintTypes.Select(constraint => constraint.Name))
                        + (parameter.HasUnmanagedTypeConstraint ? " and has no references in its fields" : ""));
                return null;
            }

            return new TypeParameterSpec(parameter.Name, StageParameterKind.Chosen, type.Qualified(), null);
        }

        var constraint = parameter.ConstraintTypes.OfType<INamedTypeSymbol>().FirstOrDefault(candidate => candidate.TypeKind == TypeKind.Interface);
        switch (constraint?.Metadata())
        {
            case null:
                report(Diagnostics.StageTypeInvalid, common.Attribute.Location(),
                    [common.Label, stage.Name, $"does not say what its type parameter {parameter.Name} is", "constrain it to 'struct' and to a settings interface"]);
                return null;
            case "Millrace.Sockets.ITcpApplications":
                return new TypeParameterSpec(parameter.Name, StageParameterKind.TcpApplications, constraint!.Qualified(), null);
            case "Millrace.Sockets.IUdpApplications":
                return new TypeParameterSpec(parameter.Name, StageParameterKind.UdpApplications, constraint!.Qualified(), null);
            case "Millrace.INetfilterHooks":
                return new TypeParameterSpec(parameter.Name, StageParameterKind.NetfilterHooks, constraint!.Qualified(), null);
        }

        if (!IsSettings(constraint!))
        {
            report(Diagnostics.StageTypeInvalid, common.Attribute.Location(),
                [common.Label, stage.Name, $"needs a type for {parameter.Name}", $"write [{common.Label}({property} = typeof(…))] with a struct that implements {constraint!.Name}"]);
            return null;
        }

        // the first settings interface is the stage's own; the others belong to other attributes
        if (settings is null)
        {
            settings = settingsParser.Parse(constraint!, common.Attribute, common.Label, chosen);
            return new TypeParameterSpec(parameter.Name, StageParameterKind.Settings, settings.Interface, null);
        }

        var defaults = settingsParser.Parse(constraint!, null, SettingsParser.SettingsName(constraint!), chosen, undeclared: true);
        return new TypeParameterSpec(parameter.Name, StageParameterKind.Settings, constraint!.Qualified(), defaults);
    }

    private static string PropertyOf(ITypeParameterSymbol parameter) =>
        parameter.Name.Length > 1 && parameter.Name[0] == 'T' ? parameter.Name.Substring(1) : parameter.Name;

    /// <summary>Whether there is nothing but getters to implement, which the generator can do.</summary>
    private static bool IsSettings(INamedTypeSymbol type) => type.AllInterfaces.Add(type).All(part => part.GetMembers()
        .Where(member => member.IsAbstract && !member.IsStatic)
        .All(member => member is IPropertySymbol { SetMethod: null } or IMethodSymbol { MethodKind: MethodKind.PropertyGet }));

    private bool Satisfies(INamedTypeSymbol type, ITypeParameterSymbol parameter) =>
        type is { TypeKind: TypeKind.Struct, IsRefLikeType: false, IsUnboundGenericType: false }
        && (!parameter.HasUnmanagedTypeConstraint || type.IsUnmanagedType)
        && compilation.IsSymbolAccessibleWithin(type, compilation.Assembly)
        && parameter.ConstraintTypes.All(constraint => type.AllInterfaces.Any(part => SymbolEqualityComparer.Default.Equals(part, constraint)));

    /// <summary>
    /// A type given by a property of the type parameter's name, such as <c>CongestionControl = typeof(Cubic)</c>, or else the default of that property.
    /// </summary>
    private INamedTypeSymbol? ChosenType(AttributeData? attribute, string property)
    {
        foreach (var argument in attribute?.NamedArguments ?? [])
        {
            if (argument.Key == property && argument.Value.Value is INamedTypeSymbol type)
            {
                return type;
            }
        }

        var declared = attribute?.AttributeClass?.GetMembers(property).OfType<IPropertySymbol>().FirstOrDefault();
        return declared is null ? null : settingsParser.DefaultOf(declared)?.ConstructorArguments[0].Value as INamedTypeSymbol;
    }

    private StageSpec Describe(
        (AttributeData? Attribute, string Label, int Ordinal, int Place, string Summary) common, INamedTypeSymbol stage, string name,
        Roles roles, SettingsSpec? settings, List<TypeParameterSpec> typeParameters, bool forSeveralWorkers)
    {
        var isStage = roles != Roles.None;
        var constructor = isStage ? Constructor(stage) : [];
        return new StageSpec(
            common.Ordinal,
            isStage ? name : common.Label,
            Text(common.Attribute) ?? common.Label,
            LineOf(common.Attribute),
            common.Place,
            common.Summary,
            isStage ? stage.QualifiedOpen() : "",
            stage.IsPublic(),
            forSeveralWorkers,
            roles,
            settings,
            typeParameters.ToEquatable(),
            constructor.Select(parameter => Parameter(parameter, stage)).ToEquatable(),
            (isStage ? Provided(stage) : []).ToEquatable(),
            Listed(stage, "Millrace.DropsAttribute").ToEquatable(),
            Listed(stage, "Millrace.NeedsAttribute").ToEquatable(),
            Listed(stage, "Millrace.EnsuresAttribute").ToEquatable());
    }

    public static IEnumerable<IParameterSymbol> Constructor(INamedTypeSymbol type)
    {
        var constructor = type.InstanceConstructors
            .Where(candidate => candidate.DeclaredAccessibility is Accessibility.Public or Accessibility.Internal)
            .OrderByDescending(candidate => candidate.Parameters.Length)
            .FirstOrDefault();
        return constructor is null ? [] : constructor.Parameters;
    }

    public static ParameterSpec Parameter(IParameterSymbol parameter, INamedTypeSymbol owner) => new(
        parameter.Name,
        parameter.Type.Qualified(),
        parameter.Type is ITypeParameterSymbol argument ? argument.Ordinal : -1,
        parameter.HasExplicitDefaultValue || parameter.IsParams,
        parameter.Type is ITypeParameterSymbol || parameter.Type.IsPublic(),
        parameter.Type is INamedTypeSymbol { IsAbstract: true, TypeKind: TypeKind.Class } type && type.ContainingAssembly?.Name == "Millrace");

    private static IEnumerable<ProvidedSpec> Provided(INamedTypeSymbol stage)
    {
        foreach (var property in stage.GetMembers().OfType<IPropertySymbol>().Where(property => property.Attribute("Millrace.ProvidesAttribute") is not null))
        {
            var types = new List<string>();
            for (var type = property.Type; type is not null && type.SpecialType != SpecialType.System_Object; type = type.BaseType)
            {
                types.Add(type.Qualified());
            }

            types.AddRange(property.Type.AllInterfaces.Select(type => type.Qualified()));
            yield return new ProvidedSpec(property.Name, property.Type.Qualified(), property.Type.IsPublic(), types.ToEquatable());
        }
    }

    public static IEnumerable<string> Listed(INamedTypeSymbol stage, string attribute)
    {
        foreach (var argument in stage.Attribute(attribute)?.ConstructorArguments ?? [])
        {
            foreach (var value in argument.Kind == TypedConstantKind.Array ? argument.Values : [argument])
            {
                if (value.Type is not null && Literals.TryConvert(value, value.Type, out var converted, out _))
                {
                    yield return converted.Display;
                }
            }
        }
    }

    private static Roles RolesOf(INamedTypeSymbol stage)
    {
        var roles = Roles.None;
        foreach (var type in stage.AllInterfaces)
        {
            var name = type.Metadata();
            roles |= RolesByInterface.Where(pair => pair.Interface == name).Select(pair => pair.Role).FirstOrDefault();
        }

        return roles;
    }

    private bool IsUsable(AttributeData? attribute, INamedTypeSymbol stage)
    {
        if (stage.IsRefLikeType)
        {
            return Invalid(attribute, stage.Name, "is a ref struct", "make it an ordinary struct: the loop keeps it in a field") is not null;
        }

        if (stage.TypeKind != TypeKind.Struct)
        {
            return Invalid(attribute, stage.Name, "is not a struct", "make it a struct: the loop keeps it in a field and calls it directly") is not null;
        }

        if (!compilation.IsSymbolAccessibleWithin(stage, compilation.Assembly))
        {
            return Invalid(attribute, stage.Name, "is not visible here", "make it internal or public, and its containing types too") is not null;
        }

        return true;
    }

    private StageSpec? Invalid(AttributeData? attribute, string type, string problem, string remedy)
    {
        var label = attribute?.AttributeClass?.Name.WithoutSuffix("Attribute") ?? type;
        report(Diagnostics.StageTypeInvalid, attribute.Location(), [label, type, problem, remedy]);
        return null;
    }

    private static string? StringValue(AttributeData? attribute, string name) => attribute.Named<string?>(name, null);

    public static string? Text(AttributeData? attribute)
    {
        if (attribute?.ApplicationSyntaxReference?.GetSyntax() is not AttributeSyntax syntax)
        {
            return attribute?.AttributeClass?.Name.WithoutSuffix("Attribute");
        }

        var pieces = syntax.ToString().Split(new[] { ' ', '\t', '\r', '\n' }, StringSplitOptions.RemoveEmptyEntries);
        return string.Join(" ", pieces);
    }

    public static int LineOf(AttributeData? attribute) => attribute.Location() is { } location
        ? location.GetLineSpan().StartLinePosition.Line + 1
        : 0;
}
