using Millrace.Generators.Planning;
using Millrace.Generators.Spec;
using static Millrace.Generators.Emitting.TypeNames;

namespace Millrace.Generators.Emitting;

/// <summary>The loop of packets that come in.</summary>
internal sealed class IngressEmitter(Plan plan, CodeWriter code)
{
    private readonly PlannedStage[] stages = [.. plan.Ingress];
    private readonly PlannedStage[] resuming = [.. plan.Ingress.Where(stage => stage.Spec.Is(Roles.ResumesIngress))];
    private readonly DropEmitter drops = new(plan, code, isIngress: true);
    private readonly RxHandlerEmitter handlers = new(plan, code);
    private readonly bool rejects = plan.Stages.Any(stage => stage.Spec.Is(Roles.Network) && NetworkLayerOf(stage) is not null);

    public void Emit()
    {
        code.Summary("Packets on their way in: first those that a stage held and lets go on, the deepest stage first; then the burst.");
        code.Block("private void ReceivePackets(int count, long now)", EmitBody);
        if (rejects)
        {
            EmitReject();
        }
    }

    public static string? NetworkLayerOf(PlannedStage stage) =>
        stage.Spec.Provides.FirstOrDefault(provided => provided.Types.Contains("global::Millrace.NetworkLayer"))?.Property;

    private void EmitBody()
    {
        code.Line("var arena = this.arena;");
        code.Line("var ledger = this.ledger;");
        code.Line("var burst = nic.Received;");
        code.Line("ref var counters = ref this.counters;");
        code.Line("var index = 0;");
        if (HasFlush)
        {
            code.Line("var flushed = false;");
        }

        code.Line("int wirePackets;");
        code.Line($"{Packet} packet;");
        code.Line($"{Verdict} verdict;");
        drops.EmitLocals();
        handlers.EmitLocals();
        if (resuming.Length > 0)
        {
            code.Line("global::Millrace.ResumedPacket resumed;");
        }

        foreach (var stage in stages.Where(stage => stage.Spec.Is(Roles.Prefetches)))
        {
            code.Line($"{stage.Field}.Prefetch(new global::System.ReadOnlySpan<{Frame}>(burst, 0, count));");
        }

        code.Line();
        code.Block("for (;;)", EmitTurn);
    }

    private bool HasFlush => resuming.Any(stage => stage.Spec.Is(Roles.PollEnd));

    private void EmitTurn()
    {
        foreach (var stage in resuming.Reverse())
        {
            EmitResume(stage);
        }

        EmitEndOfBurst();
        code.Line($"packet = new {Packet}(burst[index], ref arena.Metadata(burst[index]));");
        code.Line("index++;");
        code.Line("wirePackets = packet.Metadata.WirePackets;");
        code.Line("ledger.Received += wirePackets;");
        handlers.EmitFirstRound();
        foreach (var stage in stages)
        {
            handlers.EmitLabelBefore(stage);
            EmitStage(stage);
        }

        EmitUnclaimed();
        code.Line();
        code.Label("Settle");
        EmitSettle();
    }

    private void EmitResume(PlannedStage stage)
    {
        code.Block($"if ({stage.Field}.TryResumeIngress(out resumed))", () =>
        {
            code.Line($"packet = new {Packet}(resumed.Frame, ref arena.Metadata(resumed.Frame), resumed.Offset);");
            code.Line("packet.EtherType = resumed.EtherType;");
            code.Line("packet.Protocol = resumed.Protocol;");
            code.Line("wirePackets = packet.Metadata.WirePackets;");
            handlers.EmitFirstRound();
            code.Line($"goto After{stage.Name};");
        });
        code.Line();
    }

    private void EmitEndOfBurst()
    {
        code.Block("if (index == count)", () =>
        {
            if (!HasFlush)
            {
                code.Line("break;");
                return;
            }

            code.Block("if (flushed)", () => code.Line("break;"));
            code.Line();
            code.Line("flushed = true;");
            foreach (var stage in resuming.Where(stage => stage.Spec.Is(Roles.PollEnd)))
            {
                code.Line($"{stage.Field}.PollEnd(now);");
            }

            code.Line("continue;");
        });
        code.Line();
    }

    private void EmitStage(PlannedStage stage)
    {
        code.Line();
        StackEmitter.Banner(code, plan, stage);
        StackEmitter.Bound(code, stage, () => handlers.EmitGuarded(stage, () =>
        {
            code.Line($"counters.{stage.Name}.Received++;");
            if (stage.Spec.Is(Roles.RxHandler))
            {
                handlers.EmitCall(stage);
            }
            else
            {
                code.Line($"verdict = {stage.Field}.Receive(ref packet);");
            }

            drops.EmitLeave(stage.Name);
        }));
        if (resuming.Contains(stage))
        {
            code.Line();
            code.Label("After" + stage.Name);
        }
    }

    private void EmitUnclaimed()
    {
        code.Line();
        code.Line("// ── nobody claimed it");
        drops.EmitDropper("loop");
        var unhandled = $"{Verdict}.Drop({DropReason}.UnhandledProtocol)";
        if (plan.Network is null)
        {
            code.Line($"verdict = {unhandled};");
            return;
        }

        var rejected = rejects ? "RejectProtocol(packet.Frame, now)" : $"{Verdict}.Drop({DropReason}.IpNoProtocol)";
        code.Line($"verdict = packet.Metadata.TransportOffset == 0 ? {unhandled} : {rejected};");
    }

    /// <summary>One release for all who end a packet, so that it can be inlined; who keeps one goes on with the next.</summary>
    private void EmitSettle()
    {
        code.Block("switch (verdict.Kind)", () =>
        {
            Case("Drop", "break;", ["ledger.DropIngress(verdict.Reason, wirePackets);", .. drops.Calls()]);
            Case("Deliver", "break;", "ledger.Delivered += wirePackets;");
            Case("Consumed", "break;", "ledger.Consumed += wirePackets;");
            Case("Queued", "continue;", "ledger.Delivered += wirePackets;");
            Case("Transmit", "continue;", "ledger.Forwarded += wirePackets;", "forwarded.Enqueue(arena, packet.Frame);");
            code.Line("default:");
            code.Line("    continue;");
        });
        code.Line();
        code.Line($"arena.ReleaseChain(packet.Frame, {Holders}.Loop);");
    }

    private void Case(string kind, string end, params string[] lines)
    {
        code.Line($"case {VerdictKind}.{kind}:");
        foreach (var line in lines)
        {
            code.Line("    " + line);
        }

        code.Line("    " + end);
    }

    private void EmitReject()
    {
        code.Line();
        code.Summary("No transport claimed a packet for this host: ICMP says so (RFC 1122 §3.2.2.1).");
        code.Line(NoInlining);
        code.Block($"private {Verdict} RejectProtocol({Frame} frame, long now)", () =>
        {
            var network = plan.Network!;
            code.Line($"{network.Field}.{NetworkLayerOf(network)}.Reject(frame, global::Millrace.RejectReason.ProtocolUnreachable, now);");
            code.Line($"return {Verdict}.Drop({DropReason}.IpNoProtocol);");
        });
    }
}
