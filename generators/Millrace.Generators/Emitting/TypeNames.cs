namespace Millrace.Generators.Emitting;

/// <summary>Names that emitted code uses, qualified so that nothing of the user's can stand before them.</summary>
internal static class TypeNames
{
    public const string Arena = "global::Millrace.Memory.Arena";
    public const string Frame = "global::Millrace.Memory.Frame";
    public const string FrameList = "global::Millrace.Memory.FrameList";
    public const string Holders = "global::Millrace.Memory.Holders";
    public const string Packet = "global::Millrace.Packet";
    public const string Verdict = "global::Millrace.Verdict";
    public const string VerdictKind = "global::Millrace.VerdictKind";
    public const string PacketDrop = "global::Millrace.PacketDrop";
    public const string DropReason = "global::Millrace.DropReason";
    public const string Outbox = "global::Millrace.Outbox";
    public const string Outgoing = "global::Millrace.Outgoing";
    public const string Ledger = "global::Millrace.Ledger";
    public const string Entropy = "global::Millrace.Entropy";
    public const string Nic = "global::Millrace.Nics.Nic";
    public const string NetworkInterface = "global::Millrace.Nics.NetworkInterface";
    public const string StageCounters = "global::Millrace.StageCounters";
    public const string NapiDeferral = "global::Millrace.NapiDeferral";
    public const string TransportErrors = "global::Millrace.TransportErrors";
    public const string InterfaceQueue = "global::Millrace.CompilerServices.InterfaceQueue";
    public const string InterfaceQueues = "global::Millrace.CompilerServices.InterfaceQueues";
    public const string AsyncSockets = "global::Millrace.Sockets.AsyncSockets";
    public const string WorkerPort = "global::Millrace.Workers.WorkerPort";
    public const string WorkerGroup = "global::Millrace.Workers.WorkerGroup";
    public const string StackGuard = "global::Millrace.CompilerServices.StackGuard";
    public const string NoInlining =
        "[global::System.Runtime.CompilerServices.MethodImpl(global::System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]";
}
