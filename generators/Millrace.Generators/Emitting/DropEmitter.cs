using System.Globalization;
using Millrace.Generators.Planning;
using Millrace.Generators.Spec;
using static Millrace.Generators.Emitting.TypeNames;

namespace Millrace.Generators.Emitting;

/// <summary>What a loop notes of who ends a packet, for stages that are told of drops; nothing where there are none.</summary>
internal sealed class DropEmitter(Plan plan, CodeWriter code, bool isIngress)
{
    private readonly PlannedStage[] observers = [.. plan.WithRole(Roles.DropObserver)];

    public void EmitLocals()
    {
        if (observers.Length == 0)
        {
            return;
        }

        code.Line("string dropper;");
        if (!isIngress)
        {
            code.Line("bool isLinked;");
        }
    }

    /// <summary>A stage's way out of the loop, if it does not continue the packet.</summary>
    /// <param name="counted">The counter of packets that leave here, if there is one.</param>
    public void EmitLeave(string stage, bool hasLinkHeader = true, string? counted = null) => code.Block("if (!verdict.IsContinue)", () =>
    {
        if (counted is not null)
        {
            code.Line($"{counted}++;");
        }

        EmitDropper(stage, hasLinkHeader);
        code.Line("goto Settle;");
    });

    public void EmitDropper(string stage, bool hasLinkHeader = true)
    {
        if (observers.Length == 0)
        {
            return;
        }

        code.Line($"dropper = \"{stage}\";");
        if (!isIngress)
        {
            code.Line($"isLinked = {(hasLinkHeader ? "true" : "false")};");
        }
    }

    /// <summary>The calls of those who are told; one that is bound to an interface hears of its own packets.</summary>
    public IEnumerable<string> Calls() => observers.Select(stage =>
        (stage.Spec.IsBound ? $"if (packet.Metadata.Interface == {stage.Spec.On.ToString(CultureInfo.InvariantCulture)}) " : "")
        + $"{stage.Field}.Dropped(packet.Frame, new {PacketDrop}(verdict.Reason, dropper, {(isIngress ? "true, true" : "false, isLinked")}));");
}
