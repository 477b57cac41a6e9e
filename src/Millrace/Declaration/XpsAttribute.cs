namespace Millrace;

/// <summary>
/// Transmit packet steering: a worker sends by the queues that the group's map gives it (<see cref="Workers.WorkerGroup.XpsOf"/>),
/// its own at first, and a flow keeps its queue while it has packets outstanding. There is no stage of this name: it is how the
/// queues of the NIC are opened. With one worker it is left out.
/// </summary>
[StageType(typeof(IXpsSettings), Place = 3200, Summary = "sends by the queues that a map gives each worker")]
[ForSeveralWorkers]
public sealed class XpsAttribute : StageAttribute;

/// <summary>[Xps] has no settings: its map is the group's, and changed at run time.</summary>
public interface IXpsSettings;
