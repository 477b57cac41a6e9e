using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Millrace.Generators.Spec;

namespace Millrace.Generators.Parsing;

/// <summary>
/// Reads a declaration. The generator takes the <see cref="StackSpec"/> and leaves the diagnostics; the analyzer does the
/// opposite, so both judge alike.
/// </summary>
internal sealed class StackParser(INamedTypeSymbol stack, Compilation compilation)
{
    private readonly List<Diagnostic> diagnostics = [];
    private readonly List<Location?> stageLocations = [];
    private readonly List<Location?> applicationLocations = [];

    public IReadOnlyList<Diagnostic> Diagnostics => diagnostics;

    public bool HasErrors => diagnostics.Count > 0;

    /// <summary>Where a stage of the given ordinal was declared.</summary>
    public Location? StageLocation(int ordinal) =>
        ordinal >= 0 && ordinal < stageLocations.Count ? stageLocations[ordinal] : StackLocation;

    public Location? ApplicationLocation(int ordinal) => applicationLocations[ordinal];

    public Location? StackLocation => stack.Locations.FirstOrDefault(location => location.IsInSource);

    /// <returns>Null if this is no declaration that could be read at all.</returns>
    public StackSpec? Parse()
    {
        var declaration = stack.Attribute(Names.NetworkStackAttribute);
        if (declaration is null || stack.TypeKind != TypeKind.Class)
        {
            return null;
        }

        CheckShape();
        CheckFrames(declaration);
        CheckOneDeclaration(declaration);
        var profile = EnumName(declaration, "Profile") ?? "Linux_6_18";
        CheckProfile(declaration, profile);
        var interfaces = new InterfaceParser(stack, Report).Parse();
        var settings = new SettingsParser(profile, EnumName(declaration, "Runtime") == "All", interfaces, Report);
        var parser = new StageParser(settings, compilation, Report);
        var stages = Stages(parser, interfaces);
        var applications = Applications();
        var hooks = new HookParser(compilation, Report).Parse(stack, stages);
        var addresses = new AddressParser(stack, interfaces, Report).Parse(stages);
        var line = declaration.Location()?.GetLineSpan();
        return new StackSpec(
            stack.ContainingNamespace.IsGlobalNamespace ? "" : stack.ContainingNamespace.ToDisplayString(),
            stack.Name,
            line is null ? stack.Name : System.IO.Path.GetFileName(line.Value.Path),
            stack.DeclaredAccessibility == Accessibility.Public,
            profile,
            interfaces.ToEquatable(),
            declaration.Named("RingFrames", 512),
            declaration.Named("SocketFrames", 0),
            stages.ToEquatable(),
            applications.ToEquatable(),
            hooks.ToEquatable(),
            Fallbacks(declaration).ToEquatable(),
            BetweenWorkers(declaration).ToEquatable(),
            addresses.ToEquatable(),
            new RouteParser(stack, interfaces, stages, addresses, Report).Parse().ToEquatable());
    }

    private void Report(DiagnosticDescriptor rule, Location? location, object[] arguments) =>
        diagnostics.Add(Diagnostic.Create(rule, location ?? StackLocation, arguments));

    /// <summary>No NIC's ring is longer, and the sockets' share is 2 GiB at most.</summary>
    private void CheckFrames(AttributeData declaration)
    {
        CheckRange(declaration, "NetworkStack", "RingFrames", declaration.Named("RingFrames", 512), 1, 65_536);
        CheckRange(declaration, "NetworkStack", "SocketFrames", declaration.Named("SocketFrames", 0), 0, 1 << 20);
    }

    private void CheckShape()
    {
        var declarations = stack.DeclaringSyntaxReferences.Select(reference => reference.GetSyntax()).OfType<TypeDeclarationSyntax>().ToArray();
        if (stack.IsRecord)
        {
            Shape("is a record", "write 'sealed partial class'");
            return;
        }

        var isPartial = declarations.Length == 0 || declarations.All(syntax => syntax.Modifiers.Any(SyntaxKind.PartialKeyword));
        if (!stack.IsStatic && !stack.IsAbstract && (!stack.IsSealed || !isPartial))
        {
            var missing = !stack.IsSealed && !isPartial ? "sealed and partial" : stack.IsSealed ? "partial" : "sealed";
            Report(Generators.Diagnostics.SealedPartial, null, [stack.Name, missing]);
        }

        CheckKind();
    }

    private void CheckKind()
    {
        if (stack.IsStatic || stack.IsAbstract)
        {
            Shape(stack.IsStatic ? "is static" : "is abstract", "write 'sealed partial class'; it is made with 'new " + stack.Name + "(setup)'");
        }

        if (stack.IsFileLocal)
        {
            Shape("is file-local", "remove 'file': its other half is in a file of its own");
        }

        if (ReservedNames.IsMember(stack.Name))
        {
            Shape("has the name of a member that it will have", $"name it {stack.Name}Stack, for example");
        }

        if (stack.IsGenericType)
        {
            Shape("is generic", "remove its type parameters");
        }

        if (stack.ContainingType is not null)
        {
            Shape("is nested in " + stack.ContainingType.Name, "move it to a namespace");
        }

        if (stack.BaseType is { SpecialType: not SpecialType.System_Object, TypeKind: not TypeKind.Error })
        {
            Shape("has the base class " + stack.BaseType.Name, "remove it and hold that object beside the stack");
        }

        // the generated constructor is part of the class by the time an analyzer sees it
        if (stack.InstanceConstructors.Any(constructor => !constructor.IsImplicitlyDeclared && constructor.DeclaringSyntaxReferences.Any(IsWritten)))
        {
            Shape("has a constructor of its own", "remove it; what it is made of is a member of the generated Setup");
        }
    }

    private static bool IsWritten(SyntaxReference reference) => !reference.SyntaxTree.FilePath.EndsWith(".g.cs", StringComparison.Ordinal);

    private void Shape(string problem, string remedy) => Report(Generators.Diagnostics.Shape, null, [stack.Name, problem, remedy]);

    private void CheckOneDeclaration(AttributeData declaration)
    {
        var place = declaration.ApplicationSyntaxReference?.GetSyntax().FirstAncestorOrSelf<TypeDeclarationSyntax>();
        foreach (var attribute in stack.GetAttributes().Where(attribute => IsOfDeclaration(attribute) || IsOfInterface(attribute)))
        {
            if (attribute.ApplicationSyntaxReference?.GetSyntax().FirstAncestorOrSelf<TypeDeclarationSyntax>() is { } other && other != place)
            {
                Report(Generators.Diagnostics.SecondDeclaration, attribute.Location(), [attribute.AttributeClass!.Name.WithoutSuffix("Attribute"), stack.Name]);
            }
        }
    }

    private static bool IsOfInterface(AttributeData attribute) =>
        attribute.AttributeClass.Is(Names.InterfaceAttribute) || attribute.AttributeClass.Is(Names.Ipv4AddressAttribute)
        || attribute.AttributeClass.Is(Names.RouteAttribute);

    private List<StageSpec> Stages(StageParser parser, List<string> interfaces)
    {
        var stages = new List<StageSpec>();
        foreach (var attribute in stack.GetAttributes().Where(IsStage))
        {
            var ordinal = stageLocations.Count;
            stageLocations.Add(attribute.Location());
            var on = InterfaceParser.On(attribute, interfaces, Report);
            if (parser.Parse(attribute, ordinal) is { } stage)
            {
                stages.Add(stage with { On = interfaces.Count > 1 ? on : -1, NamesInterface = attribute.Named<string?>("On", null) is not null });
            }
        }

        return stages;
    }

    private List<ApplicationSpec> Applications()
    {
        var applications = new List<ApplicationSpec>();
        foreach (var attribute in stack.GetAttributes().Where(IsApplication).Where(attribute => attribute.AttributeClass!.TypeArguments.All(type => type.TypeKind != TypeKind.Error)))
        {
            var ordinal = applications.Count;
            applicationLocations.Add(attribute.Location());
            var handler = attribute.AttributeClass!.TypeArguments.FirstOrDefault() as INamedTypeSymbol;
            var name = handler?.Name ?? "AsyncSockets";
            applications.Add(new ApplicationSpec(
                ordinal,
                KindOf(attribute),
                Unused(name, applications),
                StageParser.Text(attribute) ?? name,
                StageParser.LineOf(attribute),
                handler?.Qualified() ?? "",
                handler?.IsPublic() ?? true,
                attribute.ConstructorArguments.Length > 0 && attribute.ConstructorArguments[0].Value is int port ? port : 0,
                attribute.Named("Connections", 1024),
                attribute.Named("Backlog", 0),
                attribute.Named("FastOpenQueue", 0),
                attribute.Named("Calls", 1024),
                (handler is null ? [] : StageParser.Constructor(handler).Select(parameter => StageParser.Parameter(parameter, handler))).ToEquatable()));
            CheckApplication(attribute, handler, applications);
        }

        return applications;
    }

    /// <summary>The name, with a number if another handler has it: the same struct on another port, or one of another namespace.</summary>
    private static string Unused(string name, List<ApplicationSpec> applications)
    {
        var unused = name;
        for (var number = 2; applications.Any(application => application.Name.ToCamelCase() == unused.ToCamelCase()); number++)
        {
            unused = name + number.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        return unused;
    }

    private void CheckApplication(AttributeData attribute, INamedTypeSymbol? handler, List<ApplicationSpec> applications)
    {
        var application = applications[applications.Count - 1];
        var label = attribute.AttributeClass!.Name.WithoutSuffix("Attribute");
        CheckRange(attribute, label, "port", application.Port, 0, 65535);
        CheckRange(attribute, label, "Connections", application.Connections, 1, 1 << 24);
        CheckRange(attribute, label, "Backlog", application.Backlog, 0, 65535);
        CheckRange(attribute, label, "FastOpenQueue", application.FastOpenQueue, 0, 65535);
        CheckRange(attribute, label, "Calls", application.Calls, 1, 1 << 20);
        if (handler is not null && StructRules.Fault(handler) is var (problem, remedy))
        {
            Report(Generators.Diagnostics.StageTypeInvalid, attribute.Location(), [label, handler.Name, problem, remedy]);
        }

        var other = applications.FirstOrDefault(other => other != application && other.Kind == application.Kind && other.Port == application.Port && other.Port != 0);
        if (other is not null)
        {
            Report(Generators.Diagnostics.PortTaken, attribute.Location(), [label, other.Name, application.Port]);
        }
    }

    private void CheckProfile(AttributeData declaration, string profile)
    {
        if (!char.IsLetter(profile[0]))
        {
            // a number that was cast; its defaults would be those of another kernel
            Report(
                Generators.Diagnostics.SettingText, declaration.Location(),
                ["Profile", "NetworkStack", profile, "a kernel whose defaults are known", "KernelProfile.Linux_6_18"]);
        }
    }

    private void CheckRange(AttributeData attribute, string label, string what, int value, int minimum, int maximum)
    {
        // the asynchronous sockets have none
        var applies = what != "port" || label != "AsyncSockets";
        if (applies && (value < minimum || value > maximum))
        {
            Report(Generators.Diagnostics.OutOfRange, attribute.Location(), [what, label, value, minimum, maximum]);
        }
    }

    private IEnumerable<FallbackSpec> Fallbacks(AttributeData declaration)
    {
        var parser = QuietParser(declaration);
        foreach (var attribute in OfAssemblies(declaration, "Millrace.FallbackAttribute").Where(attribute => attribute.ConstructorArguments.Length == 2))
        {
            if (attribute.ConstructorArguments[1].Value is INamedTypeSymbol stage
                && Literals.TryConvert(attribute.ConstructorArguments[0], attribute.ConstructorArguments[0].Type!, out var name, out _)
                && parser.Parse(stage, null, -1) is { } specification)
            {
                yield return new FallbackSpec(name.Display, specification);
            }
        }
    }

    private IEnumerable<StageSpec> BetweenWorkers(AttributeData declaration)
    {
        var parser = QuietParser(declaration);
        foreach (var attribute in OfAssemblies(declaration, "Millrace.BetweenWorkersAttribute"))
        {
            if (attribute.ConstructorArguments.Length == 1 && attribute.ConstructorArguments[0].Value is INamedTypeSymbol stage && parser.Parse(stage, null, -1) is { } specification)
            {
                yield return specification;
            }
        }
    }

    /// <summary>What is put in reports nothing of its own: what it lacks is the fault of whoever registered it.</summary>
    private StageParser QuietParser(AttributeData declaration)
    {
        var quiet = new Action<DiagnosticDescriptor, Location?, object[]>((_, _, _) => { });
        return new StageParser(new SettingsParser(EnumName(declaration, "Profile") ?? "Linux_6_18", false, [], quiet), compilation, quiet);
    }

    private IEnumerable<AttributeData> OfAssemblies(AttributeData declaration, string metadataName) =>
        new[] { compilation.Assembly, declaration.AttributeClass!.ContainingAssembly }
            .Distinct<IAssemblySymbol>(SymbolEqualityComparer.Default)
            .SelectMany(assembly => assembly.GetAttributes())
            .Where(attribute => attribute.AttributeClass.Is(metadataName));

    /// <summary>Whether the attribute means something only below [NetworkStack].</summary>
    public static bool IsOfDeclaration(AttributeData attribute) => IsStage(attribute) || IsApplication(attribute) || HookParser.IsHook(attribute);

    private static bool IsStage(AttributeData attribute) => attribute.AttributeClass.DerivesFrom(Names.StageAttribute);

    private static bool IsApplication(AttributeData attribute) => attribute.AttributeClass is { } type
        && (type.Is("Millrace.TcpHandlerAttribute`1") || type.Is("Millrace.UdpHandlerAttribute`1") || type.Is(Names.AsyncSocketsAttribute));

    private static ApplicationKind KindOf(AttributeData attribute) => attribute.AttributeClass!.Name switch
    {
        "TcpHandlerAttribute" => ApplicationKind.Tcp,
        "UdpHandlerAttribute" => ApplicationKind.Udp,
        _ => ApplicationKind.AsyncSockets,
    };

    private static string? EnumName(AttributeData attribute, string property)
    {
        foreach (var argument in attribute.NamedArguments)
        {
            if (argument.Key == property && argument.Value.Type is { } type && Literals.TryConvert(argument.Value, type, out var name, out _))
            {
                return name.Display;
            }
        }

        return null;
    }
}
