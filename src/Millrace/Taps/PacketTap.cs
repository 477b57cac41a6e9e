using System.Runtime.CompilerServices;
using Millrace.Memory;
using Millrace.Nics;

namespace Millrace.Taps;

/// <summary>What a tap does with a packet, out of the loop's line.</summary>
internal sealed class PacketTap<TSettings>(TSettings settings, Arena arena, ITapSink sink) : IDropObserver
    where TSettings : struct, ITapSettings
{
    private TSettings settings = settings;

    /// <summary>Nanoseconds of the stack's clock.</summary>
    public long Now { get; set; }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Show(Frame packet, CaptureDirection direction)
    {
        var tapped = new TappedPacket(arena, packet, Now, direction, settings.SnapLength);
        sink.Observe(in tapped);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Dropped(Frame packet, in PacketDrop drop)
    {
        if (settings.Enabled && settings.Drops)
        {
            var tapped = new TappedPacket(arena, packet, Now, in drop, settings.SnapLength);
            sink.Observe(in tapped);
        }
    }
}
