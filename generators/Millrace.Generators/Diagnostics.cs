using Microsoft.CodeAnalysis;

namespace Millrace.Generators;

/// <summary>Every rule of a declaration. A message ends with what to write instead.</summary>
internal static class Diagnostics
{
    private const string Category = "Millrace";

    public static readonly DiagnosticDescriptor SealedPartial = Rule(
        "MR0001", "A network stack is a sealed partial class",
        "'{0}' carries [NetworkStack] but is not {1}: write 'sealed partial class {0}'");

    public static readonly DiagnosticDescriptor Shape = Rule(
        "MR0002", "A network stack is a plain top-level class",
        "'{0}' cannot be a network stack because it {1}: {2}");

    public static readonly DiagnosticDescriptor Order = Rule(
        "MR0003", "Stages stand in Linux's order",
        "[{0}] stands after [{1}], but packets that come in pass it first: move [{0}] before [{1}]");

    public static readonly DiagnosticDescriptor Duplicate = Rule(
        "MR0004", "A stage is declared once",
        "'{0}' names two stages of this stack: remove one of them, or give a stage of your own another Name");

    public static readonly DiagnosticDescriptor NeedNotEnsured = Rule(
        "MR0005", "What a stage needs is ensured before it",
        "[{0}] needs {1}, which no stage before it ensures: {2}");

    public static readonly DiagnosticDescriptor HandlerWithoutTransport = Rule(
        "MR0006", "A handler has its transport",
        "[{0}] has no transport in this stack: declare [{1}] before it");

    public static readonly DiagnosticDescriptor OutOfRange = Rule(
        "MR0007", "A setting has a value that is allowed",
        "{0} of [{1}] is {2}: write a value from {3} to {4}");

    public static readonly DiagnosticDescriptor UnknownRuntime = Rule(
        "MR0008", "A run-time setting exists",
        "[{0}] has no setting '{1}' that could change at run time: name one of {2}");

    public static readonly DiagnosticDescriptor CapacityAtRuntime = Rule(
        "MR0009", "A setting that is used when the stack is made is fixed",
        "{1} of [{0}] is used when the stack is made and cannot change at run time: remove it from Runtime");

    public static readonly DiagnosticDescriptor StageTypeInvalid = Rule(
        "MR0010", "A stage type can be used",
        "[{0}] names '{1}', which {2}: {3}");

    public static readonly DiagnosticDescriptor SecondDeclaration = Rule(
        "MR0011", "All stages stand on one declaration",
        "[{0}] stands on another part of '{1}' than [NetworkStack], and the order between files is not defined: move it below [NetworkStack]");

    public static readonly DiagnosticDescriptor NoStageInterface = Rule(
        "MR0012", "A stage implements a stage interface",
        "'{0}' sees no packets: implement IIngressStage, IEgressStage or both");

    public static readonly DiagnosticDescriptor SetupClash = Rule(
        "MR0013", "Setup members do not clash",
        "The constructors of {0} and {1} both ask for '{2}', but as {3} and {4}: rename one of the parameters");

    public static readonly DiagnosticDescriptor SettingMissing = Rule(
        "MR0014", "A setting without a default is given",
        "{0} of [{1}] has no default under the profile: write [{1}({0} = …)]");

    public static readonly DiagnosticDescriptor SettingText = Rule(
        "MR0015", "A setting's value can be read",
        "{0} of [{1}] is {2}, which is not {3}: write {4}");

    public static readonly DiagnosticDescriptor UnknownInterface = Rule(
        "MR0016", "A stage is bound to an interface that exists",
        "[{0}] is bound to interface '{1}', but {2}: write On = \"{3}\" or leave it out");

    public static readonly DiagnosticDescriptor Unprovided = Rule(
        "MR0017", "What a constructor asks of an earlier stage is provided",
        "The constructor of {0} asks for '{1}', which no stage before it provides: {2}");

    public static readonly DiagnosticDescriptor UnmatchedSetting = Rule(
        "MR0018", "An attribute's property has a setting behind it",
        "'{0}' of [{1}] is given, but {2} has no getter of that name: add one to the interface, or leave the argument out");

    public static readonly DiagnosticDescriptor SettingsWithoutInstance = Rule(
        "MR0019", "A stage with run-time settings takes them in its constructor",
        "[{0}] has run-time settings, but the constructor of {1} does not take them: add a parameter of type {2} and read the settings from it");

    public static readonly DiagnosticDescriptor NoIngress = Rule(
        "MR0020", "A stack has a stage",
        "'{0}' declares no stage that receives packets: write [NicQueues(1)] below [NetworkStack]");

    public static readonly DiagnosticDescriptor PortTaken = Rule(
        "MR0021", "A port has one handler",
        "[{0}] and {1} are both on port {2}: give one of them another port");

    public static readonly DiagnosticDescriptor NotDeclared = Rule(
        "MR0022", "Stages stand below [NetworkStack]",
        "[{0}] stands on '{1}', which is no network stack: write [NetworkStack] above it");

    public static readonly DiagnosticDescriptor TwinOfNoStack = Rule(
        "MR0023", "A twin is of a network stack",
        "'{0}' is to be the twin of '{1}', which carries no [NetworkStack]: name a class that does");

    public static readonly DiagnosticDescriptor QueueWithoutWorker = Rule(
        "MR0024", "A queue has its worker",
        "[NicQueues({0})] has more queues than the stack has workers, which are {1}: write [Workers({0})] above it");

    public static readonly DiagnosticDescriptor InterfaceName = Rule(
        "MR0025", "An interface has a name of its own",
        "'{0}' cannot be an interface of '{1}' because {2}: {3}");

    public static readonly DiagnosticDescriptor BoundStage = Rule(
        "MR0026", "A stage is bound where the interface of a packet is known",
        "[{0}] cannot be bound to interface '{1}' because {2}: {3}");

    public static readonly DiagnosticDescriptor NoRxHandler = Rule(
        "MR0027", "A handler of received frames implements its interface",
        "'{0}' handles no frames: implement IRxHandler");

    public static readonly DiagnosticDescriptor RxHandlerTaken = Rule(
        "MR0028", "An interface has one handler of received frames",
        "The handler [{0}] {1}: {2}");

    public static readonly DiagnosticDescriptor DeafBridge = Rule(
        "MR0029", "A bridge hears what is addressed to others",
        "[{0}] forwards what is addressed to others, which the NICs do not let in: write [NicQueues({1}, Promiscuous = true)]");

    public static readonly DiagnosticDescriptor NoHookInterface = Rule(
        "MR0030", "A hook implements a hook interface",
        "'{0}' is at no point of netfilter: implement IPreRoutingHook, ILocalInHook, IForwardHook, ILocalOutHook or IPostRoutingHook");

    public static readonly DiagnosticDescriptor DuplicateHook = Rule(
        "MR0031", "A hook has a name of its own",
        "'{0}' names two hooks of this stack: give one of them another Name, or remove it");

    public static readonly DiagnosticDescriptor HookWithoutNetwork = Rule(
        "MR0032", "A hook has its network layer",
        "The hook '{0}' has no network layer in this stack that would call it: declare one such as [Ipv4(\"10.0.0.2/24\")]");

    public static readonly DiagnosticDescriptor RouteUnusable = Rule(
        "MR0033", "A declared route leads somewhere",
        "The route to {0} cannot be used because {1}: {2}");

    private static DiagnosticDescriptor Rule(string id, string title, string message) =>
        new(id, title, message, Category, DiagnosticSeverity.Error, isEnabledByDefault: true);

    public static DiagnosticDescriptor ById(string id) => All.First(rule => rule.Id == id);

    public static readonly DiagnosticDescriptor[] All =
    [
        SealedPartial, Shape, Order, Duplicate, NeedNotEnsured, HandlerWithoutTransport, OutOfRange, UnknownRuntime,
        CapacityAtRuntime, StageTypeInvalid, SecondDeclaration, NoStageInterface, SetupClash, SettingMissing, SettingText,
        UnknownInterface, Unprovided, UnmatchedSetting, SettingsWithoutInstance, NoIngress, PortTaken, NotDeclared, TwinOfNoStack,
        QueueWithoutWorker,
        InterfaceName, BoundStage,
        NoRxHandler, RxHandlerTaken, DeafBridge,
        NoHookInterface, DuplicateHook, HookWithoutNetwork,
        RouteUnusable,
    ];
}
