using System.Runtime.CompilerServices;
using Millrace.Memory;
using Millrace.Nics;

namespace Millrace.Taps;

/// <summary>
/// Sees what Linux's taps see (ptype_all): on the way in behind GRO and receive steering and before any protocol
/// (__netif_receive_skb_core), on the way out just before the driver (dev_queue_xmit_nit). What is dropped before it stands here
/// is shown as a drop alone.
/// </summary>
public struct TapStage<TSettings> : IIngressStage, ITransmitObserver, IDropObserver, IPollStart
    where TSettings : struct, ITapSettings
{
    private readonly PacketTap<TSettings> tap;
    private TSettings settings;

    public TapStage(TSettings settings, Arena arena, Ledger ledger, IReadOnlyList<NetworkInterface> interfaces, ITapSink tapSink)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        ArgumentNullException.ThrowIfNull(tapSink);
        this.settings = settings;
        tap = new PacketTap<TSettings>(settings, arena, tapSink);
        tapSink.Attach(interfaces, settings.SnapLength);
        ledger.HeldDropObserver = tap;
    }

    /// <inheritdoc/>
    public readonly void PollStart(long now) => tap.Now = now;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Verdict Receive(ref Packet packet)
    {
        if (settings.Enabled)
        {
            tap.Show(packet.Frame, CaptureDirection.Inbound);
        }

        return Verdict.Continue;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Transmitting(Frame packet)
    {
        if (settings.Enabled)
        {
            tap.Show(packet, CaptureDirection.Outbound);
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Dropped(Frame packet, in PacketDrop drop) => tap.Dropped(packet, in drop);
}
