namespace Millrace.Generators.Parsing;

/// <summary>Names that the generated class needs for itself.</summary>
internal static class ReservedNames
{
    private static readonly string[] Nested =
    [
        "Applications", "Budget", "HandlerStates", "HookStates", "NetfilterHooks", "RouteData", "Setup", "StackSettings", "StageCounts", "StageStates", "TcpApplications", "UdpApplications",
    ];

    private static readonly string[] Members =
    [
        "Advance", "Arena", "BusyPollBudget", "BusyPollMicroseconds", "Counters", "Deferral", "Dispose", "Handlers", "HeldEgress", "HeldIngress", "Hooks", "Interfaces", "Ledger", "Ipv4", "Network", "NextDeadline",
        "Pipeline", "Poll", "Queue", "ReadStageCounters", "RoundBudget", "SetInterrupt", "Settings", "Sockets", "Stages", "Tcp", "Udp", "Wait", "Wake", "Weight", "WorkerCount", "Workers",
    ];

    private static readonly string[] OfEveryType =
    [
        "Equals", "Finalize", "GetHashCode", "GetType", "MemberwiseClone", "ReferenceEquals", "ToString",
    ];

    /// <summary>Whether a type of the user's could not be seen from the class, because a nested type stands before it.</summary>
    public static bool IsNestedType(string name) => Array.IndexOf(Nested, name) >= 0;

    /// <summary>Whether a class of the name would have a member of its own name.</summary>
    public static bool IsMember(string name) => IsNestedType(name) || Array.IndexOf(Members, name) >= 0 || Array.IndexOf(OfEveryType, name) >= 0;

    /// <summary>Whether no stage can have the name: there is a member of it beside the stages already.</summary>
    public static bool IsTakenBesideStages(string name) =>
        IsNestedType(name) || name is "Stack" or "stack" || Array.IndexOf(OfEveryType, name) >= 0;
}
