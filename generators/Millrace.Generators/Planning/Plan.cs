using Millrace.Generators.Spec;

namespace Millrace.Generators.Planning;

/// <summary>What is to be emitted: the order is final, names are chosen, constructor parameters have their sources.</summary>
/// <param name="Stages">The stages in pipeline order, those put in included; settings that belong to no stage are not here.</param>
/// <param name="Egress">Indices into <paramref name="Stages"/> in the order of packets that go out.</param>
/// <param name="Notes">What was folded, put in or left out, and why.</param>
internal sealed record Plan(
    StackSpec Spec,
    EquatableArray<PlannedStage> Stages,
    EquatableArray<PlannedSettings> Settings,
    EquatableArray<PlannedApplication> Applications,
    EquatableArray<PlannedHook> Hooks,
    EquatableArray<SetupMember> Setup,
    EquatableArray<int> Egress,
    EquatableArray<PlannedDrop> Drops,
    EquatableArray<string> Notes,
    Capacities Capacities,
    Workers Workers,
    bool HasOutbox,
    bool HasTransportErrors,
    bool HasDeferral,
    EquatableArray<Problem> Problems)
{
    public PlannedStage? Network => Stages.FirstOrDefault(stage => stage.Spec.Is(Roles.Network));

    public IEnumerable<PlannedStage> Ingress => Stages.Where(stage => stage.Spec.Is(Roles.Ingress));

    public IEnumerable<PlannedStage> WithRole(Roles role) => Stages.Where(stage => stage.Spec.Is(role));

    public bool SetupIsPublic => Spec.IsPublic && Setup.All(member => member.IsPublic);

    public bool Has(ApplicationKind kind) => Applications.Any(application => application.Spec.Kind == kind);

    /// <summary>Whether some stage takes the applications of a transport.</summary>
    public bool HasTransport(StageParameterKind kind) => Stages.Any(stage => stage.Spec.TypeParameters.Any(parameter => parameter.Kind == kind));
}

/// <param name="Field">The field of the generated class.</param>
/// <param name="Type">The struct with its type arguments, as written inside the generated class.</param>
/// <param name="WhyInserted">Empty for a declared stage.</param>
internal sealed record PlannedStage(
    StageSpec Spec, string Field, string Type, string WhyInserted, bool IsPublic, EquatableArray<Argument> Arguments)
{
    public string Name => Spec.Name;

    public string Banner => WhyInserted.Length > 0 ? $"[{Spec.Name}] put in: {WhyInserted}" : $"[{Spec.Declared}]";
}

/// <param name="Name">The name under <c>stack.Settings</c>; the struct is called <c>{Name}Settings</c>.</param>
internal sealed record PlannedSettings(string Name, SettingsSpec Spec)
{
    public string Struct => Name + "Settings";
}

internal sealed record PlannedApplication(ApplicationSpec Spec, int Number, EquatableArray<Argument> Arguments);

internal sealed record PlannedHook(HookSpec Spec, EquatableArray<Argument> Arguments)
{
    public string Field => Parsing.Names.ToCamelCase(Spec.Name) + "Hook";
}

internal enum ArgumentSource
{
    Settings,
    Arena,
    Ledger,
    Outbox,
    TransportErrors,
    Deferral,
    Workers,
    Entropy,
    Interfaces,
    InterfaceAddresses,
    DeclaredRoutes,
    Nic,
    TcpApplications,
    UdpApplications,
    NetfilterHooks,
    Provided,
    Setup,
}

/// <param name="Text">The settings' name, the provided property or the member of Setup.</param>
/// <param name="Stage">Index of the providing stage.</param>
internal sealed record Argument(ArgumentSource Source, string Text, int Stage)
{
    /// <summary>The parameter's name where it must be written.</summary>
    public string Name { get; init; } = "";

    public string Label => Name.Length == 0 ? "" : Parsing.Names.Escaped(Name) + ": ";
}

/// <param name="For">Who asked for it.</param>
internal sealed record SetupMember(string Name, string Type, bool IsPublic, string For);

internal sealed record PlannedDrop(string Reason, string Stage);

/// <summary>Frames of each share of the arena, and what they come from.</summary>
internal sealed record Capacities(int Weight, int Ring, int Receive, int Reserve, int Sockets, string SocketsFrom, int Borrowed)
{
    /// <summary>Frames of the receive share that GRO may keep over the end of a poll.</summary>
    public int Kept { get; init; }
}

/// <param name="Ordinal">Ordinal of the stage it is about, or -1.</param>
/// <param name="Other">Ordinal of the other stage, or -1.</param>
/// <param name="IsApplication">Whether <paramref name="Ordinal"/> counts applications.</param>
internal sealed record Problem(string Rule, int Ordinal, int Other, bool IsApplication, EquatableArray<string> Arguments);
