using Millrace.Generators.Planning;
using Millrace.Generators.Spec;
using static Millrace.Generators.Emitting.TypeNames;

namespace Millrace.Generators.Emitting;

/// <summary>The loop of packets that go out.</summary>
internal sealed class EgressEmitter(Plan plan, CodeWriter code)
{
    private readonly PlannedStage[] stages = [.. plan.Egress.Select(index => plan.Stages[index])];
    private readonly DropEmitter drops = new(plan, code, isIngress: false);

    // the entry of packets that have their link header: behind the network stage, or the first stage if there is none
    private bool HasLinkLabel => plan.Network is not null;

    /// <summary>
    /// Whether nothing lies between a packet that was turned round and the NIC: no stage, and nobody who looks on.
    /// </summary>
    public static bool IsOpen(Plan plan)
    {
        var stages = plan.Egress.Select(index => plan.Stages[index]).ToArray();
        var behind = plan.Network is { } network ? stages.Length - 1 - Array.IndexOf(stages, network) : stages.Length;
        return behind == 0 && !plan.WithRole(Roles.TransmitObserver).Any();
    }

    public void Emit()
    {
        EmitSend();
        code.Line();
        code.Summary("Packets on their way out: those that a stage held or cut first, the stage nearest the NIC before the others; then what was turned round; then the outbox.");
        code.Block("private void TransmitPackets(long now)", EmitBody);
    }

    private void EmitSend()
    {
        var originators = plan.WithRole(Roles.Originates).ToArray();
        code.Summary("Lets stages fill the outbox and empties it, until nobody has more to send or the NIC takes no more.");
        code.Block("private void Send(long now)", () =>
        {
            if (originators.Length == 0)
            {
                code.Line("TransmitPackets(now);");
            }
            else
            {
                EmitRounds(originators);
            }

            if (!plan.Spec.HasSeveralInterfaces)
            {
                if (IsOpen(plan))
                {
                    code.Line("nic.Turned.GiveBack(arena, ref forwarded);");
                }

                code.Block("if (!forwarded.IsEmpty)", () => code.Line("nic.DropSurplus(ref forwarded);"));
            }
        });
    }

    private void EmitRounds(PlannedStage[] originators)
    {
        code.Line("bool more;");
        code.Line("long created;");
        code.Line("do");
        code.Block("", () =>
        {
            // what lay in the outbox counts as progress too: another stage had filled it, and it has room now
            code.Line("created = ledger.Created - outbox.Count;");
            code.Line("more = false;");
            foreach (var stage in originators)
            {
                code.Line($"more |= {stage.Field}.FillOutbox(now);");
            }

            code.Line("TransmitPackets(now);");
        });
        var full = plan.Spec.HasSeveralInterfaces ? "!nic.IsFull" : "outbox.Count == 0";
        code.Line($"while (more && ledger.Created != created && {full});");
    }

    private void EmitBody()
    {
        code.Line("var arena = this.arena;");
        code.Line("var ledger = this.ledger;");
        if (plan.Spec.HasSeveralInterfaces)
        {
            code.Line("var nic = this.nic;");
            code.Line("ref var counters = ref this.counters;");
        }
        else
        {
            code.Line("var batch = nic.Batch;");
            code.Line("ref var counters = ref this.counters;");
            code.Line("var isUp = networkInterface.IsUp;");
            code.Line("var count = nic.Pending;");
            code.Line("var room = nic.Room(isUp);");
        }

        code.Line("int wirePackets;");
        code.Line($"{Frame} frame;");
        code.Line($"{Packet} packet;");
        code.Line($"{Verdict} verdict;");
        drops.EmitLocals();
        code.Line();
        if (plan.Spec.HasSeveralInterfaces)
        {
            code.Line("nic.BeginTransmit();");
        }

        code.Block("for (;;)", EmitTurn);
        code.Line();
        code.Line(plan.Spec.HasSeveralInterfaces ? "nic.Flush(now);" : "nic.Flush(count, now);");
    }

    private void EmitTurn()
    {
        if (!plan.Spec.HasSeveralInterfaces)
        {
            code.Block("if (count >= room)", () =>
            {
                code.Line("count = nic.Flush(count, now);");
                code.Line("room = nic.Room(isUp);");
                code.Block("if (count >= room)", () => code.Line("break;"));
            });
            code.Line();
        }

        foreach (var stage in stages.Reverse().Where(stage => stage.Spec.Is(Roles.ResumesEgress)))
        {
            code.Block($"if ({stage.Field}.TryResumeEgress(out frame))", () =>
            {
                EmitOpen();
                code.Line($"goto After{stage.Name};");
            });
            code.Line();
        }

        EmitTurned();
        EmitForwarded();
        EmitOutbox();
        foreach (var stage in stages)
        {
            EmitStage(stage);
        }

        EmitNic();
        code.Line();
        code.Label("Settle");
        EmitSettle();
    }

    private void EmitOpen()
    {
        code.Line($"packet = new {Packet}(frame, ref arena.Metadata(frame));");
        code.Line("wirePackets = packet.Metadata.WirePackets;");
    }

    /// <summary>Behind what was held, for it came later, and before what has to wait for room.</summary>
    private void EmitTurned()
    {
        if (!IsOpen(plan))
        {
            return;
        }

        code.Block("if (nic.Turned.Count > 0)", () =>
        {
            code.Line(plan.Spec.HasSeveralInterfaces ? "nic.Turn(ref forwarded);" : "count = nic.Turn(count, isUp, ref forwarded, now);");
            code.Line("continue;");
        });
        code.Line();
    }

    private void EmitForwarded()
    {
        code.Block("if (forwarded.TryDequeue(arena, out frame))", () =>
        {
            EmitOpen();
            if (plan.Spec.HasSeveralInterfaces)
            {
                EmitRefusal("nic.HasRoom(packet.Metadata.Interface, now)", "FullRing");
            }

            code.Line(plan.Network is { } network ? $"goto After{network.Name};" : "goto Linked;");
        });
        code.Line();
    }

    private void EmitOutbox()
    {
        if (!plan.HasOutbox)
        {
            code.Line("break;");
            EmitLinkedLabel();
            return;
        }

        code.Block("if (!outbox.TryTakeNext(out frame))", () => code.Line("break;"));
        code.Line();
        code.Line("ref readonly var outgoing = ref outbox.Taken;");
        EmitOpen();
        if (plan.Network is { } network)
        {
            code.Block("if (outgoing.IsLinkFrame)", () =>
            {
                code.Line("packet.Metadata.Interface = outgoing.Interface;");
                code.Line($"goto After{network.Name};");
            });
            return;
        }

        code.Block("if (!outgoing.IsLinkFrame)", () =>
        {
            code.Line($"verdict = {Verdict}.Drop({DropReason}.IpOutNoRoutes);");
            drops.EmitDropper("loop", hasLinkHeader: false);
            code.Line("goto Settle;");
        });
        EmitLinkedLabel();
    }

    private void EmitLinkedLabel()
    {
        if (!HasLinkLabel)
        {
            code.Line();
            code.Label("Linked");
        }
    }

    private void EmitStage(PlannedStage stage)
    {
        code.Line();
        StackEmitter.Banner(code, plan, stage);
        StackEmitter.Bound(code, stage, () =>
        {
            code.Line($"counters.{stage.Name}.Transmitted++;");
            code.Line(stage.Spec.Is(Roles.Network)
                ? $"verdict = {stage.Field}.Transmit(ref packet, in outgoing);"
                : $"verdict = {stage.Field}.Transmit(ref packet);");
            drops.EmitLeave(stage.Name, hasLinkHeader: plan.Network is null || IsBehind(plan.Network, stage));
        });
        if (stage.Spec.Is(Roles.ResumesEgress) || stage.Spec.Is(Roles.Network))
        {
            code.Line();
            code.Label("After" + stage.Name);
        }
    }

    private bool IsBehind(PlannedStage network, PlannedStage stage) => Array.IndexOf(stages, stage) > Array.IndexOf(stages, network);

    private void EmitNic()
    {
        code.Line();
        code.Line($"// ── {plan.Spec.InterfaceNames}");
        if (plan.Spec.HasSeveralInterfaces)
        {
            EmitRefusal("nic.IsUp(packet.Metadata.Interface)", "DeviceNotReady");
            EmitRefusal("nic.TryEnqueue(packet.Frame, wirePackets, packet.Metadata.Interface, now)", "FullRing");
            EmitObservers();
            code.Line("continue;");
            return;
        }

        code.Block("if (!isUp)", () =>
        {
            code.Line($"verdict = {Verdict}.Drop({DropReason}.DeviceNotReady);");
            drops.EmitDropper("loop");
            code.Line("goto Settle;");
        });
        code.Line();
        EmitObservers();
        code.Line($"arena.MoveChain(ref packet.Metadata, {Holders}.Loop, {Holders}.TransmitRing);");
        code.Line("batch[count++] = packet.Frame;");
        code.Line("nic.HeldPackets += wirePackets;");
        code.Line("continue;");
    }

    private void EmitRefusal(string condition, string reason)
    {
        code.Block($"if (!{condition})", () =>
        {
            code.Line($"verdict = {Verdict}.Drop({DropReason}.{reason});");
            drops.EmitDropper("loop");
            code.Line("goto Settle;");
        });
        code.Line();
    }

    /// <summary>Nothing can drop the packet any more, and the NIC does not have it yet.</summary>
    private void EmitObservers()
    {
        foreach (var stage in plan.WithRole(Roles.TransmitObserver))
        {
            StackEmitter.Banner(code, plan, stage);
            StackEmitter.Bound(code, stage, () =>
            {
                code.Line($"counters.{stage.Name}.Transmitted++;");
                code.Line($"{stage.Field}.Transmitting(packet.Frame);");
            });
            code.Line();
        }
    }

    private void EmitCompletions()
    {
        foreach (var stage in plan.WithRole(Roles.TransmitCompletions))
        {
            code.Line($"    {stage.Field}.Transmitted(packet.Frame);");
        }
    }

    private void EmitSettle()
    {
        code.Block("switch (verdict.Kind)", () =>
        {
            code.Line($"case {VerdictKind}.Drop:");
            code.Line("    ledger.DropEgress(verdict.Reason, wirePackets);");
            foreach (var call in drops.Calls())
            {
                code.Line("    " + call);
            }

            EmitCompletions();
            code.Line($"    arena.ReleaseChain(packet.Frame, {Holders}.Loop);");
            code.Line("    break;");
            code.Line($"case {VerdictKind}.Consumed:");
            code.Line("    // it went to this stack itself");
            code.Line("    ledger.Transmitted += wirePackets;");
            EmitCompletions();
            code.Line($"    arena.ReleaseChain(packet.Frame, {Holders}.Loop);");
            code.Line("    break;");
        });
    }
}
