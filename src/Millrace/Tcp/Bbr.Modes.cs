namespace Millrace.Tcp;

/// <summary>What BBR is at (enum bbr_mode).</summary>
public enum BbrMode : byte
{
    /// <summary>The rate doubles each round trip, until the path is full.</summary>
    Startup,

    /// <summary>The queue that made empties.</summary>
    Drain,

    /// <summary>At the path's rate, and for one in eight round trips above it.</summary>
    ProbeBandwidth,

    /// <summary>Four segments in flight for 200 ms, so that the round trip is seen without any queue.</summary>
    ProbeRtt,
}

/// <content>The modes: when each is entered and left.</content>
public partial struct Bbr
{
    /// <summary>A round trip that brings less than a quarter more is one of three that say that the path is full.</summary>
    private const int FullGain = Unit * 5 / 4;
    private const int FullRounds = 3;
    private const int CycleLength = 8;

    /// <summary>The phases that a cycle may begin with: all but the one that empties (bbr_cycle_rand).</summary>
    private const int CycleRandom = 7;

    private static ReadOnlySpan<short> CycleGains => [Unit * 5 / 4, Unit * 3 / 4, Unit, Unit, Unit, Unit, Unit, Unit];

    private readonly bool IsSelfLimited(long delivered) => delivered >= limitedFrom && delivered < limitedUntil;

    private void EnterStartup() => mode = BbrMode.Startup;

    private void EnterProbeBandwidth(in CongestionSample sample)
    {
        mode = BbrMode.ProbeBandwidth;

        // flows that begin together are not to probe together
        cycle = CycleLength - 1 - (sample.Entropy?.Next(CycleRandom) ?? 0);
        AdvanceCycle(in sample);
    }

    private void AdvanceCycle(in CongestionSample sample)
    {
        cycle = (cycle + 1) % CycleLength;
        cycleAt = sample.Rate.DeliveredAt;
    }

    /// <summary>bbr_update_cycle_phase.</summary>
    private void TakeCycle(in CongestionSample sample)
    {
        if (mode == BbrMode.ProbeBandwidth && IsPhaseOver(in sample))
        {
            AdvanceCycle(in sample);
        }
    }

    private readonly bool IsPhaseOver(in CongestionSample sample)
    {
        var isFullLength = (int)(sample.Rate.DeliveredAt - cycleAt) > minimumRtt;
        if (pacingGain == Unit)
        {
            return isFullLength;
        }

        // the probe until it has filled what it asks for or something was lost, the emptying until the queue is gone
        var inFlight = InNetworkAtDeparture(sample.Rate.PriorInFlight, in sample);
        return pacingGain > Unit
            ? isFullLength && (sample.Rate.NewlyLost > 0 || inFlight >= InFlightAt(bandwidths.Value, pacingGain, in sample))
            : isFullLength || inFlight <= InFlightAt(bandwidths.Value, Unit, in sample);
    }

    private void CheckFull(in CongestionSample sample)
    {
        if (isFull || !isRoundStart || sample.Rate.IsLimited)
        {
            return;
        }

        if (bandwidths.Value >= (fullBandwidth * FullGain) >> GainShift)
        {
            fullBandwidth = bandwidths.Value;
            fullRounds = 0;
            return;
        }

        isFull = ++fullRounds >= FullRounds;
    }

    private void CheckDrain(ref CongestionWindow window, in CongestionSample sample)
    {
        var inFlight = InFlightAt(bandwidths.Value, Unit, in sample);
        if (mode == BbrMode.Startup && isFull)
        {
            mode = BbrMode.Drain;
            window.SlowStartThreshold = (int)Math.Min(inFlight, CongestionWindow.Most);
        }

        if (mode == BbrMode.Drain && InNetworkAtDeparture(sample.InFlight, in sample) <= inFlight)
        {
            EnterProbeBandwidth(in sample);
        }
    }

    /// <summary>bbr_update_min_rtt.</summary>
    private void TakeMinimumRtt(ref CongestionWindow window, in CongestionSample sample)
    {
        var isExpired = sample.Now > minimumRttAt + MinimumRttWindow;
        if (sample.RttMicroseconds >= 0
            && (sample.RttMicroseconds < minimumRtt || (isExpired && !sample.Rate.IsAckDelayed)))
        {
            minimumRtt = sample.RttMicroseconds;
            minimumRttAt = sample.Now;
        }

        if (isExpired && !isIdleRestart && mode != BbrMode.ProbeRtt)
        {
            SaveWindow(in window);
            mode = BbrMode.ProbeRtt;
            probeRttUntil = 0;
            limitedFrom = sample.Rate.Delivered;
        }

        if (mode == BbrMode.ProbeRtt)
        {
            limitedUntil = sample.Rate.Delivered + Math.Max(sample.InFlight, 1);
            if (probeRttUntil != 0)
            {
                isProbeRoundDone |= isRoundStart;
                if (isProbeRoundDone)
                {
                    CheckProbeRttDone(ref window, in sample);
                }
            }
            else if (sample.InFlight <= LeastSegments * sample.SegmentSize)
            {
                probeRttUntil = sample.Now + ProbeRttTime;
                isProbeRoundDone = false;
                nextRoundDelivered = sample.Rate.Delivered;
            }
        }

        isIdleRestart &= sample.Rate.IntervalDelivered <= 0;
    }

    private void CheckProbeRttDone(ref CongestionWindow window, in CongestionSample sample)
    {
        if (probeRttUntil == 0 || sample.Now <= probeRttUntil)
        {
            return;
        }

        minimumRttAt = sample.Now;
        window.Length = Math.Max(window.Length, priorWindow);
        if (isFull)
        {
            EnterProbeBandwidth(in sample);
        }
        else
        {
            EnterStartup();
        }
    }

    private void SetGains()
    {
        (pacingGain, windowGain) = mode switch
        {
            BbrMode.Startup => (HighGain, HighGain),
            BbrMode.Drain => (DrainGain, HighGain),
            BbrMode.ProbeBandwidth => (policer.IsFound ? Unit : CycleGains[cycle], WindowGain),
            _ => (Unit, Unit),
        };
    }
}
