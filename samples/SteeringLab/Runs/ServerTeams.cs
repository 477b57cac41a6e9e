using Millrace;
using Millrace.Nics;
using Millrace.Workers;
using SteeringLab.Readings;
using SteeringLab.Stacks;
using SteeringLab.Traffic;

namespace SteeringLab.Runs;

/// <summary>Makes the server of as many workers as were asked for: each number is a declaration of its own.</summary>
internal static class ServerTeams
{
    public static LabTeam Make(Nic nic, WorkerGroup group, Entropy entropy, FlowSight[] sights)
    {
        var observed = new ObservedNic(nic);
        var options = new WorkerTeamOptions { Worker = new WorkerOptions { Name = "server" } };
        return group.Count == 1
            ? new LabTeam<OneWorkerServer>(
                new WorkerTeam<OneWorkerServer>(
                    group, i => new OneWorkerServer(new OneWorkerServer.Setup { Nic = observed, Entropy = entropy, Sight = sights[i] }), options),
                observed,
                new BusyPollSetting<OneWorkerServer>(
                    stack => stack.Settings.Napi.BusyPollMicroseconds, (stack, time) => stack.Settings.Napi.BusyPollMicroseconds = time))
            : new LabTeam<LabServer>(
                new WorkerTeam<LabServer>(
                    group,
                    i => new LabServer(new LabServer.Setup { Nic = observed, Entropy = entropy, Group = group, Worker = i, Sight = sights[i] }),
                    options),
                observed,
                new BusyPollSetting<LabServer>(
                    stack => stack.Settings.Napi.BusyPollMicroseconds, (stack, time) => stack.Settings.Napi.BusyPollMicroseconds = time));
    }
}
