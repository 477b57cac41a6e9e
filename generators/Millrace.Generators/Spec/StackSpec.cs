namespace Millrace.Generators.Spec;

/// <summary>A declaration as it was read: strings and numbers, equal when it says the same. No order is judged yet.</summary>
internal sealed record StackSpec(
    string Namespace,
    string Name,
    string File,
    bool IsPublic,
    string Profile,
    EquatableArray<string> Interfaces,
    int RingFrames,
    int SocketFrames,
    EquatableArray<StageSpec> Stages,
    EquatableArray<ApplicationSpec> Applications,
    EquatableArray<HookSpec> Hooks,
    EquatableArray<FallbackSpec> Fallbacks,
    EquatableArray<StageSpec> BetweenWorkers,
    EquatableArray<AddressSpec> Addresses,
    EquatableArray<RouteSpec> Routes)
{
    /// <summary>What nothing of a declaration with one interface is compiled for.</summary>
    public bool HasSeveralInterfaces => Interfaces.Count > 1;

    /// <summary>The interfaces for people.</summary>
    public string InterfaceNames => string.Join(", ", Interfaces);
}

/// <summary>A stage, or settings that belong to no stage (<see cref="Type"/> empty).</summary>
/// <param name="Ordinal">Its place in the source, -1 if it was put in.</param>
/// <param name="Declared">The attribute as it stands in the source.</param>
/// <param name="Type">The struct, fully qualified, without type arguments.</param>
/// <param name="ForSeveralWorkers">Whether it is left out where there is one worker.</param>
internal sealed record StageSpec(
    int Ordinal,
    string Name,
    string Declared,
    int Line,
    int Place,
    string Summary,
    string Type,
    bool IsPublic,
    bool ForSeveralWorkers,
    Roles Roles,
    SettingsSpec? Settings,
    EquatableArray<TypeParameterSpec> TypeParameters,
    EquatableArray<ParameterSpec> Constructor,
    EquatableArray<ProvidedSpec> Provides,
    EquatableArray<string> Drops,
    EquatableArray<string> Needs,
    EquatableArray<string> Ensures)
{
    public bool IsStage => Type.Length > 0;

    /// <summary>Index of the interface that <c>On</c> names, -1 for all; never set where there is only one.</summary>
    public int On { get; init; } = -1;

    /// <summary>Whether <c>On</c> is written, also where there is only one interface.</summary>
    public bool NamesInterface { get; init; }

    /// <summary>Whether it sees packets that are for stages of their interface alone.</summary>
    public bool SeesExact => NamesInterface && !Is(Roles.Network);

    /// <summary>Whether it sees the packets of one interface alone; a network stage sees all, its On only says whose its address is.</summary>
    public bool IsBound => On >= 0 && !Is(Roles.Network);

    public bool Is(Roles role) => (Roles & role) != 0;
}

/// <summary>What a stage's interfaces say it does.</summary>
[Flags]
internal enum Roles
{
    None = 0,
    Ingress = 1 << 0,
    Egress = 1 << 1,
    Network = 1 << 2,
    ResumesIngress = 1 << 3,
    ResumesEgress = 1 << 4,
    PollStart = 1 << 5,
    PollEnd = 1 << 6,
    Originates = 1 << 7,
    Timed = 1 << 8,
    StartStop = 1 << 9,
    InterfaceObserver = 1 << 10,
    TransportErrorObserver = 1 << 11,
    Disposable = 1 << 12,
    TransmitCompletions = 1 << 13,
    WorkerNotices = 1 << 14,
    TransmitObserver = 1 << 15,
    DropObserver = 1 << 16,
    RxHandler = 1 << 17,
    Prefetches = 1 << 18,
    TurnsBursts = 1 << 19,
}

/// <param name="Interface">The settings interface, fully qualified.</param>
/// <param name="Name">What the settings are called in <c>stack.Settings</c>.</param>
internal sealed record SettingsSpec(string Interface, string Name, bool IsPublic, EquatableArray<SettingSpec> Items)
{
    public bool HasRuntime => Items.Any(item => item.IsRuntime);
}

/// <param name="Value">An expression of C#.</param>
/// <param name="Display">The value for people.</param>
/// <param name="Given">Whether it is written in the declaration.</param>
/// <param name="Minimum">The ends of the allowed range; both 0 if there is none.</param>
internal sealed record SettingSpec(
    string Name,
    string Type,
    string Value,
    string Display,
    string Source,
    bool Given,
    bool IsRuntime,
    bool DecidesCapacity,
    bool IsHostWide,
    bool HasRange,
    long Minimum,
    long Maximum)
{
    /// <summary>Whether it is a list, which lies in the program's own data and cannot be kept in a field.</summary>
    public bool IsSpan => Type.StartsWith("global::System.ReadOnlySpan<", StringComparison.Ordinal);
}

internal enum StageParameterKind
{
    Settings,
    TcpApplications,
    UdpApplications,
    NetfilterHooks,
    Chosen,
}

/// <param name="Type">The settings interface, or the type that was chosen.</param>
/// <param name="Defaults">The settings with nothing but defaults, in case no attribute declares them.</param>
internal sealed record TypeParameterSpec(string Name, StageParameterKind Kind, string Type, SettingsSpec? Defaults);

/// <param name="TypeParameter">The type parameter the parameter is of, or -1.</param>
internal sealed record ParameterSpec(string Name, string Type, int TypeParameter, bool IsOptional, bool IsPublic, bool IsFramework);

/// <param name="Types">The type of the property and what it can stand for.</param>
internal sealed record ProvidedSpec(string Property, string Type, bool IsPublic, EquatableArray<string> Types);

internal enum ApplicationKind
{
    Tcp,
    Udp,
    AsyncSockets,
}

/// <summary>A handler, or the asynchronous sockets as one more application.</summary>
internal sealed record ApplicationSpec(
    int Ordinal,
    ApplicationKind Kind,
    string Name,
    string Declared,
    int Line,
    string Type,
    bool IsPublic,
    int Port,
    int Connections,
    int Backlog,
    int FastOpenQueue,
    int Calls,
    EquatableArray<ParameterSpec> Constructor);

/// <summary>The address of an interface beside that of the network stage.</summary>
/// <param name="Value">An expression of C#.</param>
/// <param name="Text">As it was written.</param>
internal sealed record AddressSpec(int Interface, string Value, string Text);

/// <summary>A route as the numbers that the network stage takes.</summary>
/// <param name="Declared">The attribute as it stands in the source.</param>
/// <param name="Kind">A value of Millrace.Ip.RouteKind.</param>
internal sealed record RouteSpec(string Declared, uint Network, int PrefixLength, uint Gateway, int Interface, uint Metric, int Kind);

/// <param name="Stage">The stage with its defaults.</param>
internal sealed record FallbackSpec(string Fact, StageSpec Stage);

/// <summary>A class that is to be the twin of a stack.</summary>
/// <param name="Stack">The stack's class, fully qualified.</param>
internal sealed record TwinSpec(string Namespace, string Name, string Stack, StackSpec Spec);
