using Millrace.Generators.Planning;
using Millrace.Generators.Spec;

namespace Millrace.Generators.Emitting;

/// <summary>
/// How many packets each stage saw. In a pipeline that is passed once and in order only those who leave it early, or enter it late,
/// are counted: what a stage saw is what the stage before it saw, without those that it kept or ended, and with those that it let
/// go on later. So a packet costs one addition and not one a stage.
/// </summary>
internal sealed class StageCountEmitter
{
    private readonly CodeWriter code;
    private readonly PlannedStage[] stages;
    private readonly bool isStraight;

    public StageCountEmitter(Plan plan, CodeWriter code)
    {
        this.code = code;
        stages = [.. plan.Ingress];
        isStraight = !stages.Any(stage => stage.Spec.IsBound || stage.Spec.Is(Roles.RxHandler));
    }

    // of what the last stage continues nobody else could see more
    private IEnumerable<PlannedStage> Left => isStraight ? stages.Take(stages.Length - 1) : [];

    private IEnumerable<PlannedStage> Resumed => Left.Where(stage => stage.Spec.Is(Roles.ResumesIngress));

    public void EmitLocals()
    {
        if (Left.Any())
        {
            code.Line("ref var passed = ref this.passed;");
        }

        if (!isStraight)
        {
            code.Line("ref var counters = ref this.counters;");
        }
    }

    public void EmitSeen(PlannedStage stage)
    {
        if (!isStraight)
        {
            code.Line($"counters.{stage.Name}.Received++;");
        }
    }

    /// <summary>The counter of packets that a stage does not continue; none if no stage follows that could miss them.</summary>
    public string? Leaving(PlannedStage stage) => Left.Contains(stage) ? $"passed.{stage.Name}Left" : null;

    public void EmitResumed(PlannedStage stage)
    {
        if (Resumed.Contains(stage))
        {
            code.Line($"passed.{stage.Name}Resumed++;");
        }
    }

    /// <summary>Behind the loop: <c>index</c> packets were taken from the burst.</summary>
    public void EmitEnd()
    {
        if (isStraight && stages.Length > 0)
        {
            code.Line("CountStages(index);");
        }
    }

    /// <summary>The members of the stack that this needs.</summary>
    public void EmitMembers()
    {
        if (!isStraight || stages.Length == 0)
        {
            return;
        }

        code.Line();
        code.Block("private void CountStages(long seen)", () =>
        {
            foreach (var stage in stages)
            {
                code.Line($"counters.{stage.Name}.Received += seen;");
                if (Left.Contains(stage))
                {
                    code.Line($"seen -= passed.{stage.Name}Left;");
                }

                if (Resumed.Contains(stage))
                {
                    code.Line($"seen += passed.{stage.Name}Resumed;");
                }
            }

            if (Left.Any())
            {
                code.Line("passed = default;");
            }
        });
        if (!Left.Any())
        {
            return;
        }

        code.Line();
        code.Line("// of this poll: packets that a stage did not continue, and those that it let go on later");
        code.Line("private PassedCounts passed;");
        code.Line();
        code.Block("private struct PassedCounts", () =>
        {
            foreach (var stage in Left)
            {
                code.Line($"public int {stage.Name}Left;");
            }

            foreach (var stage in Resumed)
            {
                code.Line($"public int {stage.Name}Resumed;");
            }
        });
    }
}
