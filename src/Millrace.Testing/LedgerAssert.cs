using System.Globalization;
using System.Text;
using Millrace.Memory;

namespace Millrace.Testing;

/// <summary>
/// Checks the three ledgers of a stack at a poll boundary: every frame is free or held by somebody, and every packet of the
/// wire that came in or was made is accounted for.
/// </summary>
public static class LedgerAssert
{
    private const Holders Anybody = (Holders)ushort.MaxValue;

    /// <summary>
    /// Frames: arena = free + held, the shares are charged for what is held, and sockets for what is in their queues. Ingress: received = delivered + consumed +
    /// forwarded + dropped + held. Egress: created + forwarded = transmitted + dropped + held.
    /// </summary>
    /// <exception cref="LedgerException">A ledger does not balance; the message is its account.</exception>
    public static void Balanced(INetworkStack stack)
    {
        ArgumentNullException.ThrowIfNull(stack);
        var faults = new List<string>();
        var arena = stack.Arena;
        var held = arena.CountHeldBy(Anybody);
        if (arena.FreeCount + held != arena.Capacity)
        {
            faults.Add($"frames: {arena.FreeCount} free + {held} held is not the arena's {arena.Capacity}");
        }

        var charged = Enum.GetValues<Share>().Sum(arena.Used);
        if (charged != held)
        {
            faults.Add($"frames: {charged} charged to the shares, but {held} held");
        }

        var queued = TruesizeOfSocketQueues(arena);
        if (arena.SocketMemory != queued)
        {
            faults.Add($"socket memory: {arena.SocketMemory} bytes are charged, but the queues of sockets hold {queued}");
        }

        Compare(faults, "ingress", stack.Ledger.IngressDue, stack.HeldIngress);
        Compare(faults, "egress", stack.Ledger.EgressDue, stack.HeldEgress);
        ThrowIfAny(faults, stack);
    }

    /// <summary>
    /// Besides being balanced the stack keeps nothing: no packet, no charge, no frame but those of the receive ring.
    /// </summary>
    /// <exception cref="LedgerException">Something is left; the message says who holds it.</exception>
    public static void Empty(INetworkStack stack)
    {
        Balanced(stack);
        var faults = new List<string>();
        var arena = stack.Arena;
        var posted = arena.CountHeldBy(Holders.ReceiveRing);
        if (arena.FreeCount + posted != arena.Capacity)
        {
            faults.Add($"frames: {arena.Capacity - arena.FreeCount - posted} are held beside the {posted} of the receive ring");
        }

        foreach (var share in new[] { Share.Reserve, Share.Sockets })
        {
            if (arena.Used(share) != 0)
            {
                faults.Add($"frames: {arena.Used(share)} still charged to {share}");
            }
        }

        if (stack.HeldIngress != 0 || stack.HeldEgress != 0)
        {
            faults.Add($"packets: ingress holds {stack.HeldIngress} and egress {stack.HeldEgress}");
        }

        ThrowIfAny(faults, stack);
    }

    /// <summary>The three ledgers in words.</summary>
    public static string Describe(INetworkStack stack)
    {
        ArgumentNullException.ThrowIfNull(stack);
        var (arena, ledger) = (stack.Arena, stack.Ledger);
        var text = new StringBuilder();
        Line(text, $"frames   {arena.Capacity} = {arena.FreeCount} free + {arena.CountHeldBy(Anybody)} held");
        foreach (var holder in Enum.GetValues<Holders>())
        {
            var count = holder == Holders.None ? 0 : arena.CountHeldBy(holder);
            if (count > 0)
            {
                Line(text, $"           {holder} {count}");
            }
        }

        Line(text, $"shares   {string.Join(", ", Enum.GetValues<Share>().Select(share => $"{share} {arena.Used(share)} of {arena.Quota(share)}"))}");
        Line(text, $"ingress  received {ledger.Received} = delivered {ledger.Delivered} + consumed {ledger.Consumed} + forwarded {ledger.Forwarded} + dropped {ledger.IngressDropped} + held {stack.HeldIngress}; due {ledger.IngressDue}");
        Drops(text, ledger.IngressDrops);
        Line(text, $"egress   created {ledger.Created} + forwarded {ledger.Forwarded} = transmitted {ledger.Transmitted} + dropped {ledger.EgressDropped} + held {stack.HeldEgress}; due {ledger.EgressDue}");
        Drops(text, ledger.EgressDrops);
        return text.ToString();
    }

    private static long TruesizeOfSocketQueues(Arena arena)
    {
        const Holders Queues = Holders.ReceiveQueue | Holders.OutOfOrderQueue | Holders.RetransmitQueue;
        var truesize = 0L;
        for (var i = 1; i <= arena.Capacity; i++)
        {
            ref var metadata = ref arena.Metadata(new Frame(i));
            truesize += (metadata.Holders & Queues) != 0 ? metadata.Truesize : 0;
        }

        return truesize;
    }

    private static void Compare(List<string> faults, string ledger, long due, long held)
    {
        if (due != held)
        {
            faults.Add($"{ledger}: {held} packets are held, but {due} are due");
        }
    }

    private static void Drops(StringBuilder text, Func<DropReason, long> count)
    {
        foreach (var reason in Enum.GetValues<DropReason>().Where(reason => count(reason) != 0))
        {
            Line(text, $"           dropped {reason} {count(reason)}");
        }
    }

    private static void Line(StringBuilder text, FormattableString line) =>
        text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private static void ThrowIfAny(List<string> faults, INetworkStack stack)
    {
        if (faults.Count > 0)
        {
            throw new LedgerException($"{stack.Pipeline.Name}: {string.Join("; ", faults)}\n{Describe(stack)}");
        }
    }
}

/// <summary>A ledger that does not balance.</summary>
public sealed class LedgerException(string message) : Exception(message);
