using Millrace.Testing.Packets;
using Millrace.Testing.Traffic;

namespace Millrace.Stack.Tests.Hooks;

/// <summary>
/// What each point of a router at 10.0.0.1/24 must see of the frames that arrive, read with none of the stack's code. It does not
/// put fragments together: the traffic must not have any for the router itself.
/// </summary>
internal sealed class HookOracle(ITrafficSource source) : ITrafficSource
{
    private const ulong Mac = 0x0200_0000_0001;
    private const ulong AllHosts = 0x0100_5E00_0001;
    private const uint Own = 0x0A00_0001;
    private const uint Broadcast = 0x0A00_00FF;

    public long PreRouting { get; private set; }

    public long LocalIn { get; private set; }

    public long Forward { get; private set; }

    /// <summary>Datagrams of the router's own that it has sent.</summary>
    public long OwnSent { get; private set; }

    public void Next(TrafficRandom random, long now, IList<byte[]> frames)
    {
        var before = frames.Count;
        source.Next(random, now, frames);
        for (var i = before; i < frames.Count; i++)
        {
            Judge(Dissection.Of(frames[i]));
        }
    }

    public void Observe(Dissection frame, long now)
    {
        OwnSent += frame.Ip is { Source: Own, FragmentOffset: 0 } ? 1 : 0;
        source.Observe(frame, now);
    }

    private void Judge(Dissection frame)
    {
        var isForLink = frame.DestinationMac is Mac or 0xFFFF_FFFF_FFFF or AllHosts;
        if (!isForLink || frame.VlanTci is not null || frame.Ip is not { Version: 4 } ip || !frame.IsIpChecksumRight || ip.HeaderWords < 5
            || ip.TotalLength < ip.HeaderWords * 4 || ip.TotalLength > frame.FrameLength - frame.NetworkOffset)
        {
            return;
        }

        PreRouting++;
        var isAsking = ip.Source == 0 && ip.Destination == 0xFFFF_FFFF;
        var isMartian = (ip.Source >> 24 == 0 && !isAsking) || ip.Source >> 24 == 127 || ip.Source >> 28 == 14
            || ip.Source is 0xFFFF_FFFF or Broadcast or Own;
        if (isMartian || !HaveForm(ip.Options))
        {
            return;
        }

        var isGroup = ip.Destination is 0xFFFF_FFFF or Broadcast || (ip.Destination >> 28 == 14 && (ip.Destination & 0x7F_FFFF) == 1);
        if (isGroup || ip.Destination == Own)
        {
            LocalIn += ip.MoreFragments || ip.FragmentOffset != 0 ? 0 : 1;
            return;
        }

        var isForNobody = ip.Destination >> 24 is 0 or 127 || ip.Destination >> 28 == 14;
        if (frame.DestinationMac == Mac && !isForNobody && ip.Source != 0 && ip.Ttl > 1)
        {
            Forward++;
        }
    }

    private static bool HaveForm(ReadOnlySpan<byte> options)
    {
        for (var at = 0; at < options.Length && options[at] != 0;)
        {
            if (options[at] == 1)
            {
                at++;
                continue;
            }

            if (options[at] is 131 or 137 || at + 1 >= options.Length || options[at + 1] < 2 || at + options[at + 1] > options.Length)
            {
                return false;
            }

            at += options[at + 1];
        }

        return true;
    }
}
