using System.Globalization;
using Millrace.Generators.Parsing;
using Millrace.Generators.Planning;
using Millrace.Generators.Spec;
using static Millrace.Generators.Emitting.TypeNames;

namespace Millrace.Generators.Emitting;

/// <summary>What a caller must hand in, and what the memory comes to.</summary>
internal sealed class SetupEmitter(Plan plan, CodeWriter code)
{
    public void Emit()
    {
        code.Summary("What the stack is made of.");
        code.Block($"{(plan.SetupIsPublic ? "public" : "internal")} readonly struct Setup", () =>
        {
            foreach (var (member, summary) in Nics(plan.Spec))
            {
                code.Summary(summary);
                code.Line($"public required {Nic} {member} {{ get; init; }}");
                code.Line();
            }

            if (plan.Workers.AreSeveral)
            {
                code.Line("/// <summary>What all workers of this stack have between them.</summary>");
                code.Line($"public required {WorkerGroup} Group {{ get; init; }}");
                code.Line();
                code.Line("/// <summary>The worker whose instance this is, from 0; its queue is that of the same number.</summary>");
                code.Line("public required int Worker { get; init; }");
            }
            else
            {
                code.Line("/// <summary>The queue that this stack's worker owns.</summary>");
                code.Line("public int Queue { get; init; }");
            }

            code.Line();
            code.Line("/// <summary>The secret that all workers share.</summary>");
            code.Line($"public required {Entropy} Entropy {{ get; init; }}");
            foreach (var member in plan.Setup)
            {
                code.Line();
                code.Summary($"Asked for by {member.For}.");
                code.Line($"public required {member.Type} {member.Name} {{ get; init; }}");
            }
        });
        code.Line();
        code.Summary("The memory of the stack, fixed when it is made.");
        code.Block("public static class Budget", EmitBudget);
    }

    /// <summary>The members that take the NICs, in the order of the interfaces.</summary>
    public static IEnumerable<(string Member, string Summary)> Nics(StackSpec spec) => spec.HasSeveralInterfaces
        ? spec.Interfaces.Select(name => (InterfaceParser.Member(name), $"The NIC of {name}; the stack opens one of its queues."))
        : [("Nic", "The NIC; the stack opens one of its queues.")];

    /// <summary>Which address is whose, as a network stage takes it.</summary>
    public static string Addresses(Plan plan)
    {
        var first = Math.Max(0, plan.Network?.Spec.On ?? 0).ToString(CultureInfo.InvariantCulture);
        var others = plan.Spec.Addresses.Select(address => $", ({address.Interface.ToString(CultureInfo.InvariantCulture)}, {address.Value})");
        return $"new global::Millrace.Ip.InterfaceAddresses({first}{string.Concat(others)})";
    }

    private void EmitBudget()
    {
        var capacities = plan.Capacities;
        Constant("Weight", capacities.Weight, "Packets a poll takes in at most.");
        Constant("ReceiveFrames", capacities.Receive, "Frames of the receive ring and of the packets of two polls.");
        Constant("ReserveFrames", capacities.Reserve, "Frames for what stages send by themselves.");
        Constant("SocketFrames", capacities.Sockets, $"Frames sockets may hold: {capacities.SocketsFrom}.");
        if (plan.HasOutbox)
        {
            Constant("OutboxPackets", CapacityRules.OutboxCapacity, "Packets the outbox holds.");
        }

        if (plan.Workers.AreSeveral)
        {
            Constant("BorrowedFrames", capacities.Borrowed, "Frames of other workers that can be looked at at once.");
        }

        var borrowed = plan.Workers.AreSeveral ? " + BorrowedFrames" : "";
        code.Summary("Bytes of the arena with its metadata.");
        code.Line($"public const long ArenaBytes = (long)(ReceiveFrames + ReserveFrames + SocketFrames{borrowed}) * {Arena}.FrameTruesize;");
    }

    private void Constant(string name, int value, string summary)
    {
        code.Summary(summary);
        code.Line($"public const int {name} = {value.ToString(CultureInfo.InvariantCulture)};");
        code.Line();
    }
}
