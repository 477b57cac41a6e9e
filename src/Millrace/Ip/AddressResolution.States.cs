using Millrace.Headers;

namespace Millrace.Ip;

/// <summary>What time does to neighbours: the table of neigh_timer_handler.</summary>
internal sealed partial class AddressResolution
{
    public void Advance(long now)
    {
        if (now < NextDeadline)
        {
            return;
        }

        NextDeadline = long.MaxValue;
        for (var i = 0; i < Table.Capacity; i++)
        {
            ref var neighbour = ref Table[i];
            if (!neighbour.IsUsed)
            {
                continue;
            }

            if (neighbour.DueAt <= now)
            {
                Expire(ref neighbour, now);
            }

            NextDeadline = Math.Min(NextDeadline, neighbour.DueAt);
        }
    }

    private void Expire(ref Neighbour neighbour, long now)
    {
        neighbour.DueAt = long.MaxValue;
        NoteUse(ref neighbour);
        var delay = settings.NeighbourDelaySeconds * Durations.Second;
        switch (neighbour.State)
        {
            case NeighbourState.Reachable when now - neighbour.UsedAt <= delay:
                StartDelay(ref neighbour, now);
                break;
            case NeighbourState.Reachable:
                neighbour.State = NeighbourState.Stale;
                SetReady(ref neighbour, false);
                break;
            case NeighbourState.Delay:
                neighbour.State = NeighbourState.Probe;
                neighbour.ProbeCount = 0;
                Probe(ref neighbour, now);
                break;
            case NeighbourState.Probe when neighbour.ProbeCount >= settings.NeighbourUnicastProbes:
            case NeighbourState.Incomplete when neighbour.ProbeCount >= settings.NeighbourMulticastProbes:
                neighbour.State = NeighbourState.Failed;
                SetReady(ref neighbour, false);
                RefuseQueue(ref neighbour, now);
                break;
            case NeighbourState.Probe or NeighbourState.Incomplete:
                Probe(ref neighbour, now);
                break;
        }
    }

    /// <summary>Asks once (arp_solicit): its last address while it is being checked, everybody while it is unknown.</summary>
    private void Probe(ref Neighbour neighbour, long now)
    {
        neighbour.ProbeCount++;
        Schedule(ref neighbour, now + (settings.NeighbourRetransmitMilliseconds * Durations.Millisecond));
        var destination = neighbour.State == NeighbourState.Probe ? neighbour.LinkAddress : MacAddress.Broadcast;
        sender.SendRequest(links[neighbour.Interface], links.SourceOn(links[neighbour.Interface]), neighbour.Address, destination);
    }

    private void Confirm(ref Neighbour neighbour, long now)
    {
        // half to one and a half of the base, so that neighbours do not expire together (neigh_rand_reach_time)
        var milliseconds = settings.NeighbourReachableSeconds * 1000;
        neighbour.ReachableAfter = ((milliseconds / 2) + entropy.Next(milliseconds)) * Durations.Millisecond;
        neighbour.State = NeighbourState.Reachable;
        SetReady(ref neighbour, true);
        neighbour.ConfirmedAt = now;
        Schedule(ref neighbour, now + neighbour.ReachableAfter);
    }

    private void StartDelay(ref Neighbour neighbour, long now)
    {
        neighbour.State = NeighbourState.Delay;
        SetReady(ref neighbour, true);
        Schedule(ref neighbour, now + (settings.NeighbourDelaySeconds * Durations.Second));
    }

    /// <summary>Says whether its link address may be used without another thought, or that it is another now.</summary>
    private void SetReady(ref Neighbour neighbour, bool isReady)
    {
        neighbour.IsReady = isReady;
        Forwarder?.NeighbourChanged(in neighbour);
    }

    private void Schedule(ref Neighbour neighbour, long at)
    {
        neighbour.DueAt = at;
        NextDeadline = Math.Min(NextDeadline, at);
    }
}
