using System.Globalization;
using Millrace.Generators.Parsing;
using Millrace.Generators.Spec;

namespace Millrace.Generators.Planning;

/// <summary>From what was declared to what is emitted; pure.</summary>
internal static class Planner
{
    public static Plan Plan(StackSpec spec)
    {
        var problems = new List<Problem>();
        var notes = new List<string>();
        OrderRules.Check(spec, problems);
        BindingRules.Check(spec, problems);
        RxHandlerRules.Check(spec, problems);
        var reasons = new Dictionary<string, string>(StringComparer.Ordinal);
        (spec, var workers) = WorkerRules.Apply(spec, reasons, problems, notes);
        var ordered = FactRules.Complete(spec, reasons, problems, notes);
        var stages = ordered.Where(stage => stage.IsStage).ToList();
        if (!stages.Any(stage => stage.Is(Roles.Ingress)))
        {
            problems.Add(new Problem(Diagnostics.NoIngress.Id, -1, -1, false, new[] { spec.Name }.ToEquatable()));
        }

        var settings = SettingsOf(ordered, notes);
        var hasDeferral = CapacityRules.HasDeferral(settings);
        var wiring = new Wiring(spec.Interfaces, spec.Routes.Count > 0, stages, settings, workers, hasDeferral, spec.Hooks.Count > 0, problems);
        var planned = new List<PlannedStage>();
        for (var i = 0; i < stages.Count; i++)
        {
            planned.Add(wiring.Stage(i, reasons[stages[i].Name]));
        }

        var applications = ApplicationsOf(spec, wiring, planned, problems);
        var hooks = spec.Hooks.Select(hook => new PlannedHook(hook, wiring.Hook(hook))).ToEquatable();
        var hasOutbox = stages.Any(stage => stage.Is(Roles.Originates) || stage.Is(Roles.Network)) || wiring.UsesOutbox;
        if (!hasOutbox)
        {
            notes.Add("The outbox is left out: no stage sends of its own accord.");
        }

        if (!wiring.UsesTransportErrors)
        {
            notes.Add("Transport errors are left out: no stage reports them.");
        }

        if (!hasDeferral && ordered.Any(stage => stage.Settings?.Interface == CapacityRules.NapiSettings))
        {
            notes.Add("Deferral of the interrupt is left out: GroFlushTimeout is 0.");
        }

        notes.AddRange(Folded(settings));
        return new Plan(
            spec,
            planned.ToEquatable(),
            settings.ToEquatable(),
            applications.ToEquatable(),
            hooks,
            wiring.Setup.ToEquatable(),
            EgressOrder(stages).ToEquatable(),
            DropsOf(spec, stages, hasOutbox).ToEquatable(),
            notes.ToEquatable(),
            CapacityRules.Of(spec, settings, applications, workers),
            workers,
            hasOutbox,
            wiring.UsesTransportErrors,
            hasDeferral,
            problems.ToEquatable());
    }

    /// <summary>Declared settings, and those that a stage asks for without their attribute, with defaults.</summary>
    private static List<PlannedSettings> SettingsOf(List<StageSpec> stages, List<string> notes)
    {
        var settings = stages.Where(stage => stage.Settings is not null)
            .Select(stage => new PlannedSettings(stage.Name, stage.Settings!)).ToList();
        foreach (var stage in stages)
        {
            foreach (var parameter in stage.TypeParameters.Where(parameter => parameter.Defaults is not null))
            {
                if (settings.Any(planned => planned.Spec.Interface == parameter.Type))
                {
                    continue;
                }

                settings.Add(new PlannedSettings(parameter.Defaults!.Name, parameter.Defaults));
                notes.Add($"The settings of [{parameter.Defaults.Name}] are put in, which is not declared: [{stage.Name}] reads them.");
            }
        }

        return settings;
    }

    private static IEnumerable<string> Folded(List<PlannedSettings> settings)
    {
        foreach (var group in settings)
        {
            var constants = group.Spec.Items.Count(item => !item.IsRuntime);
            var runtime = string.Join(", ", group.Spec.Items.Where(item => item.IsRuntime).Select(item => item.Name));
            var text = constants.ToString(CultureInfo.InvariantCulture);
            yield return runtime.Length == 0
                ? $"[{group.Name}]: {text} settings are folded into constants."
                : $"[{group.Name}]: {text} settings are folded into constants; {runtime} can change at run time.";
        }
    }

    private static List<PlannedApplication> ApplicationsOf(StackSpec spec, Wiring wiring, List<PlannedStage> stages, List<Problem> problems)
    {
        var applications = new List<PlannedApplication>();
        int tcp = 0, udp = 0;
        foreach (var application in spec.Applications.OrderBy(application => application.Kind == ApplicationKind.AsyncSockets ? 1 : 0))
        {
            var isUdp = application.Kind == ApplicationKind.Udp;
            var wanted = isUdp ? StageParameterKind.UdpApplications : StageParameterKind.TcpApplications;
            if (!stages.Any(stage => stage.Spec.TypeParameters.Any(parameter => parameter.Kind == wanted)))
            {
                var label = application.Kind switch { ApplicationKind.Udp => "UdpHandler", ApplicationKind.Tcp => "TcpHandler", _ => "AsyncSockets" };
                problems.Add(new Problem(
                    Diagnostics.HandlerWithoutTransport.Id, application.Ordinal, -1, true, new[] { label, isUdp ? "Udp" : "Tcp" }.ToEquatable()));
            }

            applications.Add(new PlannedApplication(application, isUdp ? udp++ : tcp++, wiring.Application(application)));
        }

        return applications;
    }

    /// <summary>
    /// Two-way stages between network and transport, in reverse; the network stage; stages of egress alone, downwards;
    /// two-way stages above the network stage, in reverse.
    /// </summary>
    private static IEnumerable<int> EgressOrder(List<StageSpec> stages)
    {
        var network = stages.FindIndex(stage => stage.Is(Roles.Network));
        var boundary = network < 0 ? stages.Count : network;
        for (var i = stages.Count - 1; i > boundary; i--)
        {
            if (IsTwoWay(stages[i]))
            {
                yield return i;
            }
        }

        if (network >= 0)
        {
            yield return network;
        }

        for (var i = 0; i < stages.Count; i++)
        {
            if (stages[i].Is(Roles.Egress) && !stages[i].Is(Roles.Ingress))
            {
                yield return i;
            }
        }

        for (var i = boundary - 1; i >= 0; i--)
        {
            if (IsTwoWay(stages[i]))
            {
                yield return i;
            }
        }
    }

    private static bool IsTwoWay(StageSpec stage) => stage.Is(Roles.Ingress) && stage.Is(Roles.Egress) && !stage.Is(Roles.Network);

    private static IEnumerable<PlannedDrop> DropsOf(StackSpec spec, List<StageSpec> stages, bool hasOutbox)
    {
        foreach (var stage in stages)
        {
            var reasons = stage.Drops.Count == 0 && stage.Place == 0 ? new[] { "StagePolicy" }.ToEquatable() : stage.Drops;
            foreach (var reason in reasons)
            {
                yield return new PlannedDrop(reason, stage.Name);
            }
        }

        foreach (var hook in spec.Hooks)
        {
            foreach (var reason in hook.Drops.Count == 0 ? new[] { "NetfilterDrop" }.ToEquatable() : hook.Drops)
            {
                yield return new PlannedDrop(reason, hook.Name);
            }
        }

        var hasNetwork = stages.Any(stage => stage.Is(Roles.Network));
        yield return new PlannedDrop("UnhandledProtocol", "loop");
        if (hasNetwork)
        {
            yield return new PlannedDrop("IpNoProtocol", "loop");
        }

        if (hasOutbox && !hasNetwork)
        {
            yield return new PlannedDrop("IpOutNoRoutes", "loop");
        }

        yield return new PlannedDrop("DeviceNotReady", "loop");
        yield return new PlannedDrop("FullRing", "loop");
    }
}
