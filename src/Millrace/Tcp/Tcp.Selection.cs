using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <content>Choices an outsider must not foresee: sequence numbers, timestamp offsets, ports.</content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    private const ulong SequencePurpose = 0x5443_5020_4953_4E00;
    private const ulong PortPurpose = 0x5443_5020_504F_5254;

    /// <summary>Port counters, by a hash of the destination (RFC 6056 §3.3.4).</summary>
    private readonly uint[] portCounters;

    // clients mostly open to the destination they opened to before
    private FlowKey lastDestination;
    private ulong lastDestinationHash;

    /// <summary>
    /// What an outsider must not foresee of a connection: the lower half starts its sequence numbers, the upper its timestamps.
    /// </summary>
    private ulong Unforeseeable(in FlowKey key) => key.Hash(entropy, SequencePurpose);

    /// <summary>ISN = M + F(connection, secret) (RFC 6528 §3), M counting every 64 ns as in Linux (net/core/secure_seq.c).</summary>
    private SequenceNumber NewIss(ulong unforeseeable) => new((uint)unforeseeable + (uint)(now >> 6));

    /// <summary>A connection's timestamps start anywhere (RFC 7323 §7.1), if that is set.</summary>
    private uint NewTimestampOffset(ulong unforeseeable) => settings.TimestampOffsets ? (uint)(unforeseeable >> 32) : 0;

    /// <summary>Double-hash port selection (RFC 6056 §3.3.4, algorithm 4): no two destinations share a counter knowably.</summary>
    /// <remarks>Of several workers each takes a port whose replies come to it, or, if there is none, one that is nobody else's.</remarks>
    private bool TryChoosePort(in Route route, InetEndpoint remote, ushort wanted, out FlowKey key)
    {
        key = new FlowKey(route.Source, remote.Address, wanted, remote.Port);
        return wanted != 0
            ? !IsTaken(in key, isAsked: true) && IsOpen(in key, route.Interface, straight: false)
            : TryChoosePort(ref key, route.Interface, straight: true) || (workers is not null && TryChoosePort(ref key, route.Interface, straight: false));
    }

    private bool TryChoosePort(ref FlowKey key, int networkInterface, bool straight)
    {
        var minimum = settings.LocalPortMinimum;
        var count = (uint)Math.Max(settings.LocalPortMaximum - minimum + 1, 1);
        var destination = key with { LocalPort = 0 };
        if (destination != lastDestination)
        {
            lastDestination = destination;
            lastDestinationHash = destination.Hash(entropy, PortPurpose);
        }

        var hash = lastDestinationHash;
        ref var counter = ref portCounters[(hash >> 32) % (uint)portCounters.Length];
        for (uint tries = 0; tries < count; tries++)
        {
            var port = (ushort)(minimum + (((uint)hash + counter++) % count));
            key = key with { LocalPort = port };
            if (listenerOfPort[port] == 0 && !IsTaken(in key, isAsked: false) && IsOpen(in key, networkInterface, straight))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsTaken(in FlowKey key, bool isAsked) => flows.TryFind(in key, out var index) && (index >= 0 || !MayReuse(in timeWaits[~index], isAsked));
}
