using Millrace.Memory;
using Millrace.Workers;

namespace Millrace.Tcp;

/// <content>
/// Where several workers run the stack, a connection is this worker's from its first entry in the flow table to its last, and
/// packets that come in elsewhere are sent here. With one worker there is nothing to claim.
/// </content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    private readonly WorkerPort? workers;

    private bool TryClaim(in FlowKey key) => workers is null || workers.TryClaim(Local(in key), Remote(in key));

    private void GiveUp(in FlowKey key) => workers?.GiveUp(Local(in key), Remote(in key));

    private uint TransmitHash(in FlowKey key) => workers is null ? 0 : workers.TransmitHashOf(Local(in key), Remote(in key));

    /// <summary>Whether this worker may open the connection, and whether what the peer sends is to arrive at it straight away.</summary>
    private bool IsOpen(in FlowKey key, int networkInterface, bool straight) =>
        workers is null || workers.IsHome(Local(in key), Remote(in key), networkInterface, straight);

    private static Headers.InetEndpoint Local(in FlowKey key) => new(key.Local, key.LocalPort);

    private static Headers.InetEndpoint Remote(in FlowKey key) => new(key.Remote, key.RemotePort);
}
