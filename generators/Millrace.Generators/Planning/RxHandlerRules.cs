using Millrace.Generators.Parsing;
using Millrace.Generators.Spec;

namespace Millrace.Generators.Planning;

/// <summary>An interface has one handler of received frames (EBUSY of netdev_rx_handler_register); a bridge is that of its ports.</summary>
internal static class RxHandlerRules
{
    private const string BridgeSettings = "global::Millrace.IBridgeSettings";
    private const string QueueSettings = "global::Millrace.INicQueuesSettings";

    public static void Check(StackSpec spec, List<Problem> problems)
    {
        var owners = new string?[spec.Interfaces.Count];
        foreach (var bridge in spec.Stages.Where(stage => stage.Settings?.Interface == BridgeSettings))
        {
            CheckPromiscuous(spec, bridge, problems);
            var ports = Display(bridge, "Ports");
            for (var i = 0; i < owners.Length; i++)
            {
                owners[i] = ports == InterfaceParser.AllInterfaces || ports.Split([", "], StringSplitOptions.None).Contains(spec.Interfaces[i]) ? bridge.Name : null;
            }
        }

        foreach (var handler in spec.Stages.Where(stage => stage.Is(Roles.RxHandler)))
        {
            if (spec.HasSeveralInterfaces && handler.On < 0)
            {
                if (!handler.NamesInterface)
                {
                    Refuse(handler, "names no interface, and the stack has several", $"write On = \"{spec.Interfaces[0]}\"");
                }

                continue;
            }

            ref var owner = ref owners[Math.Max(handler.On, 0)];
            if (owner is not null)
            {
                Refuse(
                    handler, $"is bound to interface '{spec.Interfaces[Math.Max(handler.On, 0)]}', which has [{owner}] already",
                    "name another interface by On, or remove one of them");
            }

            owner ??= handler.Name;
        }

        void Refuse(StageSpec handler, string problem, string remedy) =>
            problems.Add(new Problem(Diagnostics.RxHandlerTaken.Id, handler.Ordinal, -1, false, new[] { handler.Name, problem, remedy }.ToEquatable()));
    }

    private static void CheckPromiscuous(StackSpec spec, StageSpec bridge, List<Problem> problems)
    {
        if (spec.Stages.FirstOrDefault(stage => stage.Settings?.Interface == QueueSettings) is { } queues && Display(queues, "Promiscuous") == "off")
        {
            problems.Add(new Problem(Diagnostics.DeafBridge.Id, bridge.Ordinal, -1, false, new[] { bridge.Name, Display(queues, "Count") }.ToEquatable()));
        }
    }

    private static string Display(StageSpec stage, string name) => stage.Settings!.Items.FirstOrDefault(item => item.Name == name)?.Display ?? "";
}
