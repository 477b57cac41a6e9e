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
    private readonly StageCountEmitter counts = new(plan, code);
    private readonly bool turnsRound = EgressEmitter.IsOpen(plan);
    private readonly bool severalInterfaces = plan.Spec.HasSeveralInterfaces;
    private readonly PlannedStage? turnsBursts = TurnsBursts(plan);
    private readonly bool rejects = plan.Stages.Any(stage => stage.Spec.Is(Roles.Network) && NetworkLayerOf(stage) is not null);

    public void Emit()
    {
        code.Summary("Packets on their way in: first those that a stage held and lets go on, the deepest stage first; then the burst.");
        code.Block(
            $"private void ReceivePackets(global::System.ReadOnlySpan<{Frame}> burst, global::System.Span<global::Millrace.Memory.FrameMetadata> frames, long now)",
            EmitBody);
        counts.EmitMembers();
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
        code.Line("var ended = nic.Ended;");
        code.Line("var endedCount = 0;");
        code.Line("var index = 0;");
        if (turnsRound)
        {
            code.Line("var turned = nic.Turned.Packets;");
            code.Line("var turnedCount = 0;");
            code.Line("var turnedMore = 0;");
            code.Line("var chained = 0;");
        }

        code.Line("var receivedMore = 0;");
        code.Line("long delivered = 0;");
        code.Line("long consumed = 0;");
        counts.EmitLocals();
        if (HasFlush)
        {
            code.Line("var flushed = false;");
        }

        if (severalInterfaces)
        {
            code.Line("var receivedBy = (byte)nic.ReceivedBy;");
        }

        code.Line("int wirePackets;");
        code.Line($"{Frame} frame;");
        code.Line($"{Packet} packet;");
        code.Line($"{Verdict} verdict;");
        drops.EmitLocals();
        handlers.EmitLocals();
        if (resuming.Length > 0)
        {
            code.Line("global::Millrace.ResumedPacket resumed;");
        }

        foreach (var stage in stages.Where(stage => stage.Spec.Is(Roles.Prefetches) && stage != turnsBursts))
        {
            code.Line($"{stage.Field}.Prefetch(burst);");
        }

        EmitTurnedBursts();
        code.Line();
        code.Block("for (;;)", EmitTurn);
        code.Line();
        EmitCounting();
    }

    /// <summary>The stage that may turn packets round before the loop looks at them, if there is one.</summary>
    private static PlannedStage? TurnsBursts(Plan plan)
    {
        PlannedStage[] first = [.. plan.Ingress.Take(2)];
        return EgressEmitter.IsOpen(plan) && first.Length == 2 && first[0].Spec.Ensures.Contains("LinkHeaderParsed") && first[1].Spec.Is(Roles.TurnsBursts)
            && !plan.Ingress.Any(stage => stage.Spec.Is(Roles.RxHandler)) && !first.Any(stage => stage.Spec.IsBound)
            ? first[1]
            : null;
    }

    /// <summary>
    /// A stage right behind the link layer turns packets round before the loop looks at them, where that is all that becomes of them:
    /// the loop goes on with the first that it left.
    /// </summary>
    private void EmitTurnedBursts()
    {
        if (turnsBursts is not { } stage)
        {
            return;
        }

        code.Line($"turnedCount = {stage.Field}.TurnBurst(burst, frames, turned, {(severalInterfaces ? "receivedBy" : "0")});");
        code.Line("index = turnedCount;");
        if (counts.Leaving(stage) is { } leaving)
        {
            code.Line($"{leaving} += turnedCount;");
        }
    }

    /// <summary>What is counted for each packet is kept in locals: a chain of additions in memory would be the length of the loop.</summary>
    private void EmitCounting()
    {
        code.Line("nic.ReleaseEnded(endedCount);");
        if (turnsRound)
        {
            code.Line("nic.Turned.Note(arena, turnedCount, turnedMore, chained);");
            code.Line("ledger.Forwarded += turnedCount + turnedMore;");
        }

        code.Line("ledger.Received += index + receivedMore;");
        code.Line("ledger.Delivered += delivered;");
        code.Line("ledger.Consumed += consumed;");
        counts.EmitEnd();
    }

    private bool HasFlush => resuming.Any(stage => stage.Spec.Is(Roles.PollEnd));

    private void EmitTurn()
    {
        foreach (var stage in resuming.Reverse())
        {
            EmitResume(stage);
        }

        EmitEndOfBurst();
        code.Line("frame = burst[index];");
        code.Line($"packet = new {Packet}(frame, ref frames[frame.Index]);");
        code.Line("index++;");
        if (severalInterfaces)
        {
            code.Line("packet.Metadata.Interface = receivedBy;");
        }

        code.Line("wirePackets = packet.Metadata.WirePackets;");
        code.Block("if (wirePackets != 1)", () => code.Line("receivedMore += wirePackets - 1;"));
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
            code.Line($"packet = new {Packet}(resumed.Frame, ref frames[resumed.Frame.Index], resumed.Offset);");
            code.Line("packet.EtherType = resumed.EtherType;");
            code.Line("packet.Protocol = resumed.Protocol;");
            code.Line("wirePackets = packet.Metadata.WirePackets;");
            handlers.EmitFirstRound();
            counts.EmitResumed(stage);
            code.Line($"goto After{stage.Name};");
        });
        code.Line();
    }

    private void EmitEndOfBurst()
    {
        code.Block("if ((uint)index >= (uint)burst.Length)", () =>
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
            counts.EmitSeen(stage);
            if (stage.Spec.Is(Roles.RxHandler))
            {
                handlers.EmitCall(stage);
            }
            else
            {
                code.Line($"verdict = {stage.Field}.Receive(ref packet);");
            }

            drops.EmitLeave(stage.Name, counted: counts.Leaving(stage));
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

    /// <summary>Who keeps a packet goes on with the next; what has ended is freed together with others.</summary>
    private void EmitSettle()
    {
        EmitTransmit();
        code.Line();
        code.Block("switch (verdict.Kind)", () =>
        {
            Case("Drop", "break;", ["ledger.DropIngress(verdict.Reason, wirePackets);", .. drops.Calls()]);
            Case("Deliver", "break;", "delivered += wirePackets;");
            Case("Consumed", "break;", "consumed += wirePackets;");
            Case("Queued", "continue;", "delivered += wirePackets;");
            code.Line("default:");
            code.Line("    continue;");
        });
        code.Line();
        if (resuming.Length > 0)
        {
            code.Block("if (endedCount == ended.Length)", () =>
            {
                code.Line($"arena.Release(ended, endedCount, {Holders}.Loop);");
                code.Line("endedCount = 0;");
            });
            code.Line();
        }

        code.Line("ended[endedCount++] = packet.Frame;");
    }

    /// <summary>
    /// What is turned round with nothing in between goes to the NIC together. Without stages that let packets go on later
    /// there are no more than came in, and the loop calls nothing.
    /// </summary>
    private void EmitTransmit() => code.Block($"if (verdict.Kind == {VerdictKind}.Transmit)", () =>
    {
        if (!turnsRound)
        {
            code.Line("ledger.Forwarded += wirePackets;");
            code.Line("forwarded.Enqueue(arena, packet.Frame);");
            code.Line("continue;");
            return;
        }

        if (resuming.Length > 0)
        {
            code.Block("if (turnedCount == turned.Length)", () =>
            {
                code.Line("ledger.Forwarded += wirePackets;");
                code.Line("forwarded.Enqueue(arena, packet.Frame);");
                code.Line("continue;");
            });
            code.Line();
        }

        code.Block("if (wirePackets != 1)", () => code.Line("turnedMore += wirePackets - 1;"));
        code.Line();
        code.Line($"chained |= packet.Metadata.NextFragment.Index;");
        code.Line($"packet.Metadata.Holders = (packet.Metadata.Holders & ~{Holders}.Loop) | {Holders}.TransmitRing;");
        code.Line("turned[turnedCount++] = packet.Frame;");
        code.Line("continue;");
    });

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
