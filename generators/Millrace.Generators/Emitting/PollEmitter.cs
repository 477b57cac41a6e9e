using Millrace.Generators.Planning;
using Millrace.Generators.Spec;
using static Millrace.Generators.Emitting.TypeNames;

namespace Millrace.Generators.Emitting;

/// <summary>How a poll goes around its loops, and how the stack ends.</summary>
internal sealed class PollEmitter(Plan plan, CodeWriter code, bool hasSockets)
{
    public void Emit()
    {
        EmitPoll();
        code.Line();
        EmitBegin();
        code.Line();
        if (plan.WithRole(Roles.TransmitCompletions).Any())
        {
            EmitReclaim();
            code.Line();
        }

        EmitFinish();
    }

    private void EmitPoll()
    {
        code.Line("public int Poll(int networkInterface, int queue, long now) => Poll(networkInterface, queue, Budget.Weight, now);");
        code.Line();
        code.Block("public int Poll(int networkInterface, int queue, int budget, long now)", () =>
        {
            var own = plan.Workers.AreSeveral ? "setup.Worker" : "setup.Queue";
            if (plan.Spec.HasSeveralInterfaces)
            {
                code.Block(
                    $"if ((uint)networkInterface >= (uint)interfaces.Length || queue != {own})",
                    () => code.Line($"{StackGuard}.NoSuchQueue(networkInterface, queue, interfaces, {own});"));
                code.Line();
                code.Line("return Run(networkInterface, budget, now);");
                return;
            }

            code.Block($"if (networkInterface != 0 || queue != {own})", () => code.Line($"{StackGuard}.NoSuchQueue(networkInterface, queue, {own});"));
            code.Line();
            code.Line("return Run(budget, now);");
        });
        code.Line();
        code.Line($"public void Advance(long now) => Run({(plan.Spec.HasSeveralInterfaces ? "0, " : "")}0, now);");
        code.Line();
        EmitRun();
        code.Line();
        EmitRunPoll();
    }

    private void EmitRun() =>
        code.Block($"private int Run({(plan.Spec.HasSeveralInterfaces ? "int networkInterface, " : "")}int budget, long now)", () =>
        {
            code.Line("global::System.ObjectDisposedException.ThrowIf(disposed, this);");
            code.Block("if (fault is not null)", () => code.Line($"{StackGuard}.Faulted(fault);"));
            code.Line();
            code.Block("try", () => code.Line($"return RunPoll({(plan.Spec.HasSeveralInterfaces ? "networkInterface, " : "")}budget, now);"));
            code.Block("catch (global::System.Exception exception)", () =>
            {
                code.Line("fault = exception;");
                if (hasSockets)
                {
                    code.Line("Sockets.Stop(exception);");
                }

                code.Line("throw;");
            });
        });

    /// <summary>By itself, because what lives across a call in a try block lives on the stack.</summary>
    private void EmitRunPoll()
    {
        code.Line(NoInlining);
        code.Block($"private int RunPoll({(plan.Spec.HasSeveralInterfaces ? "int networkInterface, " : "")}int budget, long now)", () =>
        {
            code.Line("Begin(now);");
            code.Line($"var count = budget > 0 ? nic.Receive({(plan.Spec.HasSeveralInterfaces ? "networkInterface, " : "")}budget, now) : 0;");
            if (plan.Workers.AreSeveral)
            {
                code.Line("workers.Cut();");
            }

            EmitComplete();
            code.Line($"ReceivePackets(new global::System.ReadOnlySpan<{Frame}>(nic.Received, 0, count), arena.Frames, now);");
            code.Line("Finish(now);");
            code.Line("return count;");
        });
    }

    /// <summary>Before the packets: GRO, behind the last of them, does what is decided here.</summary>
    private void EmitComplete()
    {
        if (!plan.HasDeferral)
        {
            return;
        }

        var napi = plan.Settings.First(group => group.Spec.Interface == CapacityRules.NapiSettings);
        code.Block("if (budget > 0 || now >= deferral.TimerAt)", () =>
        {
            code.Line($"var napi = {SettingsEmitter.New(napi, "Settings")};");
            code.Line("deferral.Complete(count, budget, napi.DeferHardIrqs, napi.GroFlushTimeout, now);");
        });
        code.Line();
    }

    private void EmitBegin()
    {
        code.Block("private void Begin(long now)", () =>
        {
            if (plan.WithRole(Roles.StartStop).Any())
            {
                code.Block("if (!started)", () =>
                {
                    code.Line("started = true;");
                    Call(Roles.StartStop, "Start(now)");
                });
                code.Line();
            }

            if (plan.Settings.Any(group => group.Spec.HasRuntime))
            {
                code.Line("Settings.Apply();");
            }

            if (plan.Spec.HasSeveralInterfaces)
            {
                code.Block("foreach (var networkInterface in interfaces)", EmitRefresh);
                code.Line();
            }
            else
            {
                EmitRefresh();
            }

            if (plan.Workers.AreSeveral)
            {
                code.Line("workers.BeginPoll();");
            }

            code.Line(plan.WithRole(Roles.TransmitCompletions).Any() ? "Reclaim(now);" : "nic.Reclaim(now);");
            Call(Roles.PollStart, "PollStart(now)");
            if (plan.Workers.AreSeveral)
            {
                code.Block("while (workers.TryTakeNotice(out var notice))", () => Call(Roles.WorkerNotices, "Noticed(in notice, now)"));
                code.Line();
            }

            if (hasSockets)
            {
                code.Line("Sockets.RunCalls(now);");
            }
        });
    }

    private void EmitRefresh()
    {
        if (plan.WithRole(Roles.InterfaceObserver).Any())
        {
            code.Block("if (networkInterface.Refresh())", () => Call(Roles.InterfaceObserver, "InterfaceChanged(networkInterface, now)"));
            code.Line();
        }
        else
        {
            code.Line("networkInterface.Refresh();");
        }
    }

    private void EmitReclaim()
    {
        code.Block("private void Reclaim(long now)", () => code.Block("while (nic.TryTakeTransmitted(now, out var packet, out var isComplete))", () =>
        {
            Call(Roles.TransmitCompletions, "Transmitted(packet)");
            code.Block("if (isComplete)", () => code.Line($"arena.ReleaseChain(packet, {Holders}.TransmitRing);"));
        }));
    }

    private void EmitFinish()
    {
        code.Block("private void Finish(long now)", () =>
        {
            foreach (var stage in plan.WithRole(Roles.Timed))
            {
                code.Block($"if ({stage.Field}.NextDeadline <= now)", () => code.Line($"{stage.Field}.Advance(now);"));
                code.Line();
            }

            if (plan.HasTransportErrors)
            {
                code.Block("while (transportErrors.TryTake(out var error))", () =>
                {
                    if (plan.Workers.AreSeveral)
                    {
                        code.Block("if (workers.TryPass(in error))", () => code.Line("continue;"));
                        code.Line();
                    }

                    Call(Roles.TransportErrorObserver, "TransportFailed(in error, now)");
                });
                code.Line();
            }

            foreach (var stage in plan.WithRole(Roles.PollEnd).Where(stage => !(stage.Spec.Is(Roles.Ingress) && stage.Spec.Is(Roles.ResumesIngress))))
            {
                code.Line($"{stage.Field}.PollEnd(now);");
            }

            code.Line("Send(now);");
            code.Line("nic.Refill();");
            if (plan.Workers.AreSeveral)
            {
                code.Line("workers.EndPoll();");
            }
        });
    }

    private void Call(Roles role, string call)
    {
        foreach (var stage in plan.WithRole(role))
        {
            code.Line($"{stage.Field}.{call};");
        }
    }

    public void EmitDispose() => code.Block("public void Dispose()", () =>
    {
        code.Block("if (disposed)", () => code.Line("return;"));
        code.Line();
        code.Line("disposed = true;");
        if (plan.WithRole(Roles.StartStop).Any())
        {
            code.Block("if (started)", () => Call(Roles.StartStop, "Stop()"));
            code.Line();
        }

        if (hasSockets)
        {
            code.Line("Sockets.Stop(fault);");
        }

        Call(Roles.Disposable, "Dispose()");
        if (plan.Workers.AreSeveral)
        {
            code.Line("workers.Leave();");
        }

        code.Line("nic.Drain();");
        code.Line("arena.Dispose();");
    });
}
