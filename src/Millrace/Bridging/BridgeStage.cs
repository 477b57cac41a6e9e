using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;
using Millrace.Nics;

namespace Millrace.Bridging;

/// <summary>
/// A learning bridge over interfaces of the stack, where Linux's rx_handler stands (br_handle_frame). What it forwards it
/// turns round; what is for this stack goes on to the stages behind it, as a packet of its first port.
/// </summary>
[Needs(PacketFact.LinkHeaderParsed)]
[Drops(
    DropReason.MacInvalidSource, DropReason.MacControl, DropReason.NoTransmitTarget, DropReason.PacketTooBig, DropReason.NoMemory,
    DropReason.QueueFull)]
public struct BridgeStage<TSettings, TVlan> : IIngressStage, IEgressStage, IResumesEgress, IPollStart, ITimed, IInterfaceObserver
    where TSettings : struct, IBridgeSettings
    where TVlan : struct, IVlanOffloadSettings
{
    private const long NanosecondsPerSecond = 1_000_000_000;
    private const int SweepsPerAge = 4;

    private readonly LearningBridge bridge;
    private TSettings settings;
    private TVlan vlan;

    public BridgeStage(
        TSettings settings, TVlan vlan, Arena arena, Ledger ledger, Outbox outbox, Entropy entropy,
        IReadOnlyList<NetworkInterface> interfaces)
    {
        ArgumentNullException.ThrowIfNull(interfaces);
        this.settings = settings;
        this.vlan = vlan;
        Stations = new ForwardingDatabase(settings.Entries, entropy);
        bridge = new LearningBridge(arena, ledger, outbox, Stations, [.. interfaces], settings.Ports);
        NextDeadline = long.MaxValue;
    }

    /// <summary>Who is behind which port.</summary>
    [Provides]
    public ForwardingDatabase Stations { get; }

    /// <inheritdoc/>
    public readonly long HeldEgress => bridge.HeldPackets;

    /// <inheritdoc/>
    public long NextDeadline { get; private set; }

    private readonly long Age => settings.AgeingSeconds * NanosecondsPerSecond;

    /// <inheritdoc/>
    public void PollStart(long now)
    {
        bridge.Now = now;
        bridge.Since = now - Age;
        if (NextDeadline == long.MaxValue && Stations.Count > 0)
        {
            NextDeadline = now + (Age / SweepsPerAge);
        }
    }

    /// <inheritdoc/>
    public void Advance(long now)
    {
        Stations.Expire(now - Age);
        NextDeadline = Stations.Count > 0 ? now + (Age / SweepsPerAge) : long.MaxValue;
    }

    /// <inheritdoc/>
    public readonly void InterfaceChanged(NetworkInterface networkInterface, long now)
    {
        ArgumentNullException.ThrowIfNull(networkInterface);
        if (!networkInterface.IsUp)
        {
            Stations.Flush(networkInterface.Index);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Verdict Receive(ref Packet packet) => !settings.Ports.Contains(packet.Metadata.Interface)
        ? Verdict.Continue
        : bridge.Receive(packet.Frame, ref packet.Metadata, settings.Local, settings.GroupForwardMask);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Verdict Transmit(ref Packet packet)
    {
        // only this stack's own packets have an address of its own as source: what came in with one was dropped
        var header = packet.Data;
        return settings.Ports.Contains(packet.Metadata.Interface) && header.Length >= EthernetHeader.Length && bridge.IsOwn(EthernetHeader.Source(header))
            ? bridge.Transmit(packet.Frame, ref packet.Metadata, vlan.Id)
            : Verdict.Continue;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryResumeEgress(out Frame packet)
    {
        if (bridge.HeldPackets == 0)
        {
            packet = Frame.None;
            return false;
        }

        return bridge.TryTake(out packet);
    }
}
