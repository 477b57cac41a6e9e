using System.Globalization;
using Millrace.Generators.Spec;

namespace Millrace.Generators.Planning;

/// <summary>How many frames each share of the arena gets.</summary>
internal static class CapacityRules
{
    /// <summary>The settings interface of [Napi].</summary>
    public const string NapiSettings = "global::Millrace.INapiSettings";

    /// <summary>Packets the outbox holds.</summary>
    public const int OutboxCapacity = 256;

    private const int FrameLength = 2048;
    private const int DefaultWeight = 64;
    private const int ReserveFrames = 1024;
    private const int MinimumSocketFrames = 4096;
    private const int MaximumSocketFrames = 65536;

    /// <summary>Whether the interrupt can be deferred: there is a timer to poll by, or one can be set.</summary>
    public static bool HasDeferral(List<PlannedSettings> settings) =>
        settings.FirstOrDefault(group => group.Spec.Interface == NapiSettings)?.Spec.Items
            .Any(item => item.Name == "GroFlushTimeout" && (item.IsRuntime || item.Display != "0")) == true;

    public static Capacities Of(StackSpec spec, List<PlannedSettings> settings, List<PlannedApplication> applications, Workers workers)
    {
        var napi = settings.FirstOrDefault(group => group.Spec.Interface == NapiSettings);
        var weight = napi is null ? DefaultWeight : Number(napi.Spec, "Weight", DefaultWeight);
        var (sockets, from) = Sockets(spec, settings, applications);
        // what waits for the rest of its datagram is kept where a slow reader's data is kept: it must not starve the ring
        var (held, names) = Held(settings);

        // the ring, what one poll took from it, and as much that was turned round and waits in the transmit ring; and what is lent to
        // workers that may stand still, which must not starve the ring either
        var kept = HasDeferral(settings) ? Kept(settings) : 0;
        var receive = (spec.Interfaces.Count * (spec.RingFrames + (2 * weight))) + kept + workers.Borrowed;
        return new Capacities(weight, spec.RingFrames, receive, ReserveFrames, sockets + held, from + names, workers.Borrowed) { Kept = kept };
    }

    /// <summary>With a gro_flush_timeout GRO keeps packets while others come, each as many segments as it may have.</summary>
    private static int Kept(List<PlannedSettings> settings)
    {
        const int SegmentLength = 1448;
        var gro = settings.FirstOrDefault(group => group.Spec.Interface == "global::Millrace.IGroSettings")?.Spec;
        return gro is null ? 0 : Number(gro, "Buckets", 0) * Number(gro, "Held", 0) * ((Number(gro, "MaxSize", 0) / SegmentLength) + 1);
    }

    private static (int Frames, string From) Sockets(StackSpec spec, List<PlannedSettings> settings, List<PlannedApplication> applications)
    {
        if (spec.SocketFrames > 0)
        {
            return (spec.SocketFrames, "SocketFrames of [NetworkStack]");
        }

        long connections = applications.Where(application => application.Spec.Kind != ApplicationKind.Udp).Sum(application => (long)application.Spec.Connections);
        var limits = settings.SelectMany(group => group.Spec.Items).Where(item => item is { Type: "global::Millrace.Memory.MemoryLimits", IsHostWide: false }).ToArray();
        if (limits.Length == 0)
        {
            return (OutboxCapacity, "datagrams that are being sent");
        }

        // what is granted under pressure, for every connection at once
        var bytes = limits.Sum(item => long.Parse(item.Display.Split(' ')[0], CultureInfo.InvariantCulture));
        var perConnection = Math.Max(1, (bytes + FrameLength - 1) / FrameLength);
        var frames = Math.Max(MinimumSocketFrames, Math.Min(MaximumSocketFrames, connections * perConnection));
        var text = string.Format(
            CultureInfo.InvariantCulture, "{0} connections of {1} frames (the minimum of {2}), at least {3} and at most {4} frames",
            connections, perConnection, string.Join(" and ", limits.Select(item => item.Name)), MinimumSocketFrames, MaximumSocketFrames);
        return ((int)frames, text);
    }

    /// <summary>A capacity whose name ends in Frames is frames that its stage may hold for sockets: fragments of datagrams.</summary>
    private static (int Frames, string Names) Held(List<PlannedSettings> settings)
    {
        var items = settings.SelectMany(group => group.Spec.Items)
            .Where(item => item.DecidesCapacity && item.Name.EndsWith("Frames", StringComparison.Ordinal)
                && int.TryParse(item.Display, NumberStyles.None, CultureInfo.InvariantCulture, out _)).ToArray();
        return (
            items.Sum(item => int.Parse(item.Display, CultureInfo.InvariantCulture)),
            string.Concat(items.Select(item => $", and {item.Display} of {item.Name}")));
    }

    private static int Number(SettingsSpec settings, string name, int otherwise)
    {
        var item = settings.Items.FirstOrDefault(candidate => candidate.Name == name);
        return item is not null && int.TryParse(item.Display, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) ? value : otherwise;
    }
}
