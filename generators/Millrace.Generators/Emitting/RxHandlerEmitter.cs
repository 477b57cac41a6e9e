using System.Globalization;
using Millrace.Generators.Planning;
using Millrace.Generators.Spec;

namespace Millrace.Generators.Emitting;

/// <summary>What handlers of received frames add to the loop of ingress: another round, and exact delivery; nothing where there are none.</summary>
internal sealed class RxHandlerEmitter
{
    /// <summary>Another round begins behind what takes in, merges and steers: the place of the first stage that sees it is higher.</summary>
    private const int LastPlaceOfOneRound = 599;

    private const string Kind = "global::Millrace.RxHandlerResultKind";
    private const string Flags = "global::Millrace.Memory.FrameFlags";

    private readonly CodeWriter code;
    private readonly PlannedStage[] stages;
    private readonly int interfaces;
    private readonly int handler;
    private readonly int again;

    public RxHandlerEmitter(Plan plan, CodeWriter code)
    {
        this.code = code;
        stages = [.. plan.Ingress];
        interfaces = plan.Spec.Interfaces.Count;
        handler = Array.FindIndex(stages, stage => stage.Spec.Is(Roles.RxHandler));
        again = Array.FindLastIndex(stages, stage => stage.Spec.Place is > 0 and <= LastPlaceOfOneRound) + 1;
    }

    private bool HasHandlers => handler >= 0;

    public void EmitLocals()
    {
        if (HasHandlers)
        {
            code.Line("int rounds;");
            code.Line("global::Millrace.RxHandlerResult handled;");
        }
    }

    public void EmitFirstRound()
    {
        if (HasHandlers)
        {
            code.Line("rounds = 0;");
        }
    }

    public void EmitLabelBefore(PlannedStage stage)
    {
        if (HasHandlers && Array.IndexOf(stages, stage) == again)
        {
            code.Line();
            code.Label("AnotherRound");
        }
    }

    /// <summary>The call of a stage, which does not see what is for stages bound to the packet's interface alone.</summary>
    public void EmitGuarded(PlannedStage stage, Action call)
    {
        if (HasHandlers && Array.IndexOf(stages, stage) > handler && !stage.Spec.SeesExact)
        {
            code.Block($"if ((packet.Metadata.Flags & {Flags}.ExactMatch) == 0)", call);
        }
        else
        {
            call();
        }
    }

    public void EmitCall(PlannedStage stage)
    {
        code.Line($"handled = {stage.Field}.Handle(ref packet);");
        var count = interfaces.ToString(CultureInfo.InvariantCulture);
        code.Block(
            $"if (handled.Kind == {Kind}.Another && global::Millrace.CompilerServices.RxRounds.MayFollow(++rounds, packet.Metadata.Interface, {count}))",
            () => code.Line("goto AnotherRound;"));
        code.Line();
        code.Block($"if (handled.Kind == {Kind}.Exact)", () => code.Line($"packet.Metadata.Flags |= {Flags}.ExactMatch;"));
        code.Line();
        code.Line("verdict = handled.Verdict;");
    }
}
