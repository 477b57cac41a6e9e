using Millrace.Headers;

namespace Millrace.Stack.Tests.Hooks;

/// <summary>What hooks have seen, for whoever made the stack.</summary>
public sealed class HookJournal
{
    /// <summary>Packets at PRE_ROUTING, LOCAL_IN, FORWARD, LOCAL_OUT and POST_ROUTING.</summary>
    public long[] Counts { get; } = new long[5];

    /// <summary>Changes with every packet, point and length.</summary>
    public ulong Digest { get; private set; }

    /// <summary>The points that drop what they see.</summary>
    public bool[] Drops { get; } = new bool[5];

    /// <summary>Who was called, if it is kept.</summary>
    public List<string>? Calls { get; set; }

    public Verdict Note(int point, HookPacket packet)
    {
        Counts[point]++;
        Digest = (Digest * 0x9E37_79B9_7F4A_7C15) + (ulong)((point + 1) * (packet.TotalLength + 1)) + packet.Destination.Lower + (ulong)packet.Transport.Length;
        return Drops[point] ? Verdict.Drop(DropReason.NetfilterDrop) : Verdict.Continue;
    }
}

/// <summary>Counts at all points.</summary>
public struct Tally(HookJournal journal) : IPreRoutingHook, ILocalInHook, IForwardHook, ILocalOutHook, IPostRoutingHook
{
    public readonly Verdict PreRouting(HookPacket packet) => journal.Note(0, packet);

    public readonly Verdict LocalIn(HookPacket packet) => journal.Note(1, packet);

    public readonly Verdict Forward(HookPacket packet) => journal.Note(2, packet);

    public readonly Verdict LocalOut(HookPacket packet) => journal.Note(3, packet);

    public readonly Verdict PostRouting(HookPacket packet) => journal.Note(4, packet);
}

/// <summary>Refuses every thirteenth packet on its way in and on its way out, and swallows every seventeenth that is forwarded.</summary>
[Drops(DropReason.StagePolicy)]
public struct Toll : IPreRoutingHook, IForwardHook, IPostRoutingHook
{
    private int seen;

    public Verdict PreRouting(HookPacket packet) => ++seen % 13 == 0 ? Verdict.Drop(DropReason.StagePolicy) : Verdict.Continue;

    public Verdict Forward(HookPacket packet) => ++seen % 17 == 0 ? Verdict.Consumed : Verdict.Continue;

    public Verdict PostRouting(HookPacket packet) => ++seen % 13 == 0 ? Verdict.Drop(DropReason.StagePolicy) : Verdict.Continue;
}

/// <summary>Refuses packets from one address.</summary>
public struct Blocklist : IPreRoutingHook
{
    public long Refused;

    public Verdict PreRouting(HookPacket packet)
    {
        if (Ipv4Header.Source(packet.Network) != 0x0A00_0066)
        {
            return Verdict.Continue;
        }

        Refused++;
        return Verdict.Drop(DropReason.NetfilterDrop);
    }
}

/// <summary>Writes its name down.</summary>
public struct First(HookJournal journal) : IPreRoutingHook
{
    public readonly Verdict PreRouting(HookPacket packet)
    {
        journal.Calls?.Add("First");
        return Verdict.Continue;
    }
}

/// <summary>Writes its name down.</summary>
public struct Last(HookJournal journal) : IPreRoutingHook
{
    public readonly Verdict PreRouting(HookPacket packet)
    {
        journal.Calls?.Add("Last");
        return Verdict.Continue;
    }
}

/// <summary>Writes its name down.</summary>
public struct Middle(HookJournal journal) : IPreRoutingHook
{
    public readonly Verdict PreRouting(HookPacket packet)
    {
        journal.Calls?.Add("Middle");
        return Verdict.Continue;
    }
}
