using Millrace.Generators.Parsing;
using Millrace.Generators.Spec;

namespace Millrace.Generators.Planning;

/// <summary>Finds for every constructor parameter where its value comes from; what nothing has becomes a member of Setup.</summary>
internal sealed class Wiring(
    EquatableArray<string> interfaces, bool hasRoutes, List<StageSpec> stages, List<PlannedSettings> settings, Workers workers, bool hasDeferral, bool hasHooks,
    List<Problem> problems)
{
    private const string WorkerPort = "global::Millrace.Workers.WorkerPort";
    private const string NicType = "global::Millrace.Nics.Nic";

    private readonly string[] reserved =
        [.. interfaces.Count == 1 ? ["Nic"] : interfaces.Select(Parsing.InterfaceParser.Member), "Queue", "Entropy", "Setup", "Group", "Worker"];

    public List<SetupMember> Setup { get; } = [];

    public bool UsesOutbox { get; private set; }

    public bool UsesTransportErrors { get; private set; }

    public PlannedStage Stage(int index, string whyInserted)
    {
        var stage = stages[index];
        var own = Own(stage);
        var arguments = Arguments(stage.Constructor, parameter => Resolve(parameter, stage.TypeParameters, own, stage.Name, stage.Ordinal, index));
        CheckInstances(stage, own, arguments);
        var types = stage.TypeParameters.Select(parameter => TypeArgument(parameter, own)).ToArray();
        var type = types.Length == 0 ? stage.Type : stage.Type + "<" + string.Join(", ", types) + ">";
        var isPublic = stage.IsPublic && (own?.Spec.IsPublic ?? true);
        return new PlannedStage(stage, "_" + stage.Name.ToCamelCase(), type, whyInserted, isPublic, arguments);
    }

    /// <summary>Settings that can change are read through an instance, the stage's own and those of other attributes.</summary>
    private void CheckInstances(StageSpec stage, PlannedSettings? own, EquatableArray<Argument> arguments)
    {
        foreach (var parameter in stage.TypeParameters.Where(parameter => parameter.Kind == StageParameterKind.Settings))
        {
            var group = SettingsFor(parameter, own);
            if (group.Spec.HasRuntime && !arguments.Any(argument => argument.Source == ArgumentSource.Settings && argument.Text == group.Name))
            {
                problems.Add(new Problem(
                    Diagnostics.SettingsWithoutInstance.Id, stage.Ordinal, -1, false,
                    new[] { group.Name, stage.Type.WithoutGlobal().Split('.').Last(), parameter.Name }.ToEquatable()));
            }
        }
    }

    public EquatableArray<Argument> Application(ApplicationSpec application) =>
        Arguments(application.Constructor, parameter => Resolve(parameter, default, null, application.Name, -1, stages.Count));

    public EquatableArray<Argument> Hook(HookSpec hook) =>
        Arguments(hook.Constructor, parameter => Resolve(parameter, default, null, hook.Name, -1, stages.Count));

    /// <summary>Behind an optional parameter that is left out the others are named.</summary>
    private static EquatableArray<Argument> Arguments(EquatableArray<ParameterSpec> constructor, Func<ParameterSpec, Argument?> resolve)
    {
        var arguments = new List<Argument>();
        var isNamed = false;
        foreach (var parameter in constructor)
        {
            if (resolve(parameter) is { } argument)
            {
                arguments.Add(isNamed ? argument with { Name = parameter.Name } : argument);
            }
            else
            {
                isNamed = true;
            }
        }

        return arguments.ToEquatable();
    }

    private PlannedSettings? Own(StageSpec stage) => stage.Settings is null ? null : settings.First(group => group.Name == stage.Name);

    private string TypeArgument(TypeParameterSpec parameter, PlannedSettings? own) => parameter.Kind switch
    {
        StageParameterKind.TcpApplications => "TcpApplications",
        StageParameterKind.UdpApplications => "UdpApplications",
        StageParameterKind.NetfilterHooks => hasHooks ? "NetfilterHooks" : "global::Millrace.NoHooks",
        StageParameterKind.Chosen => parameter.Type,
        _ => SettingsFor(parameter, own).Struct,
    };

    private PlannedSettings SettingsFor(TypeParameterSpec parameter, PlannedSettings? own) =>
        own is not null && own.Spec.Interface == parameter.Type ? own : settings.First(group => group.Spec.Interface == parameter.Type);

    private Argument? Resolve(
        ParameterSpec parameter, EquatableArray<TypeParameterSpec> typeParameters, PlannedSettings? own, string owner, int ordinal, int index)
    {
        if (parameter.TypeParameter >= 0)
        {
            var type = typeParameters[parameter.TypeParameter];
            return type.Kind switch
            {
                StageParameterKind.TcpApplications => new Argument(ArgumentSource.TcpApplications, "", -1),
                StageParameterKind.UdpApplications => new Argument(ArgumentSource.UdpApplications, "", -1),
                StageParameterKind.NetfilterHooks when hasHooks => new Argument(ArgumentSource.NetfilterHooks, "", -1),
                StageParameterKind.NetfilterHooks => null,
                StageParameterKind.Settings => new Argument(ArgumentSource.Settings, SettingsFor(type, own).Name, -1),
                _ => FromSetup(parameter with { Type = type.Type }, owner, ordinal),
            };
        }

        return Vocabulary(parameter.Type) ?? Provided(parameter, index) ?? Rest(parameter, owner, ordinal);
    }

    private Argument? Vocabulary(string type)
    {
        switch (type)
        {
            case "global::Millrace.Memory.Arena":
                return new Argument(ArgumentSource.Arena, "", -1);
            case "global::Millrace.Ledger":
                return new Argument(ArgumentSource.Ledger, "", -1);
            case "global::Millrace.Outbox":
                UsesOutbox = true;
                return new Argument(ArgumentSource.Outbox, "", -1);
            case "global::Millrace.TransportErrors":
                UsesTransportErrors = true;
                return new Argument(ArgumentSource.TransportErrors, "", -1);
            case "global::Millrace.NapiDeferral" when hasDeferral:
                return new Argument(ArgumentSource.Deferral, "", -1);
            case WorkerPort:
                return workers.AreSeveral ? new Argument(ArgumentSource.Workers, "", -1) : null;
            case "global::Millrace.Entropy":
                return new Argument(ArgumentSource.Entropy, "", -1);
            case "global::Millrace.Ip.InterfaceAddresses" when interfaces.Count > 1:
                return new Argument(ArgumentSource.InterfaceAddresses, "", -1);
            case Parsing.RouteParser.DeclaredRoutes when hasRoutes:
                return new Argument(ArgumentSource.DeclaredRoutes, "", -1);
            case NicType when interfaces.Count == 1:
                return new Argument(ArgumentSource.Nic, "", -1);
            case "global::System.Collections.Generic.IReadOnlyList<global::Millrace.Nics.NetworkInterface>":
                return new Argument(ArgumentSource.Interfaces, "", -1);
            default:
                return null;
        }
    }

    private Argument? Provided(ParameterSpec parameter, int index)
    {
        for (var i = index - 1; i >= 0; i--)
        {
            var property = stages[i].Provides.FirstOrDefault(provided => provided.Types.Contains(parameter.Type));
            if (property is not null)
            {
                return new Argument(ArgumentSource.Provided, property.Property, i);
            }
        }

        return null;
    }

    private Argument? Rest(ParameterSpec parameter, string owner, int ordinal)
    {
        if (parameter.IsOptional)
        {
            return null;
        }

        if (!parameter.IsFramework && parameter.Type != WorkerPort)
        {
            return FromSetup(parameter, owner, ordinal);
        }

        var remedy = parameter.Type switch
        {
            WorkerPort => "declare [Workers(2)], or make the parameter optional",
            NicType => "the stack has several; ask for IReadOnlyList<NetworkInterface> instead",
            "global::Millrace.NetworkLayer" => "declare a network stage such as [Ipv4(\"10.0.0.2/24\")] before it",
            "global::Millrace.Tcp.TcpSockets" => "declare [Tcp] before it",
            "global::Millrace.Sockets.UdpSockets" => "declare [Udp] before it",
            _ => "declare a stage that has a [Provides] property of that type before it",
        };
        // a stage whose needs are not ensured lacks the same neighbour, and that is said already
        if (problems.Any(problem => problem.Rule == Diagnostics.NeedNotEnsured.Id && problem.Ordinal == ordinal && ordinal >= 0))
        {
            return null;
        }

        problems.Add(new Problem(Diagnostics.Unprovided.Id, ordinal, -1, false, new[] { owner, parameter.Type.WithoutGlobal(), remedy }.ToEquatable()));
        return null;
    }

    private Argument FromSetup(ParameterSpec parameter, string owner, int ordinal)
    {
        var name = parameter.Name.ToPascalCase();
        var isReserved = Array.IndexOf(reserved, name) >= 0;
        var other = Setup.FirstOrDefault(member => member.Name == name);
        if (isReserved || (other is not null && other.Type != parameter.Type))
        {
            var (who, what) = isReserved ? ("the stack itself", name == "Setup" ? "the name of the type" : "the " + name + " it runs on") : (other!.For, other.Type.WithoutGlobal());
            problems.Add(new Problem(
                Diagnostics.SetupClash.Id, ordinal, -1, false, new[] { owner, who, name, parameter.Type.WithoutGlobal(), what }.ToEquatable()));
        }
        else if (other is null)
        {
            Setup.Add(new SetupMember(name, parameter.Type, parameter.IsPublic, owner));
        }

        return new Argument(ArgumentSource.Setup, name, -1);
    }
}

internal static class TypeText
{
    public static string WithoutGlobal(this string type) => type.Replace("global::", "");
}
