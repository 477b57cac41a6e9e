using Millrace.Headers;
using SteeringLab.Readings;
using SteeringLab.Steering;

namespace SteeringLab.Reports;

/// <summary>What a run was and what came of it.</summary>
internal sealed record LabReport
{
    public required LabOptions Options { get; init; }

    /// <summary>Seed of the run, given or not.</summary>
    public required ulong Seed { get; init; }

    /// <summary>How long the traffic ran.</summary>
    public required double Seconds { get; init; }

    /// <summary>Packets that came to the server's transports while the traffic ran.</summary>
    public required long PacketsInTime { get; init; }

    /// <summary>Bytes of payload that came to its applications meanwhile.</summary>
    public required long BytesInTime { get; init; }

    /// <summary>Everything as it stood when all had stopped.</summary>
    public required LabReading Final { get; init; }

    public required IReadOnlyDictionary<ChangeKind, int> ChangesByKind { get; init; }

    /// <summary>Why the run could not come to its end, or null.</summary>
    public string? Failure { get; init; }

    /// <summary>Whether the program was built with optimisation; without it the rates mean nothing.</summary>
#if DEBUG
    public bool Optimised => false;
#else
    public bool Optimised => true;
#endif

    public double PacketsPerSecond => PacketsInTime / Math.Max(Seconds, 1e-9);

    public double BitsPerSecond => BytesInTime * 8 / Math.Max(Seconds, 1e-9);

    /// <summary>Packets and datagrams that were sent and did not come to the server's transports.</summary>
    public long Lost => Final.Flows.Sum(flow =>
        flow.Flow.Protocol == IpProtocol.Udp ? flow.Flow.SentDatagrams - flow.Packets : flow.Flow.SentPackets - flow.Packets);

    /// <summary>Drops that somebody counted with a reason, on the way from the generator to the transports and in them.</summary>
    public long Counted => Final.Workers.Sum(worker => worker.Ledger.IngressDropped)
        + (Final.Generator?.EgressDropped ?? 0) + LostByWire;

    /// <summary>What the wire counted as lost, on purpose or not.</summary>
    public long LostByWire => Final.Wire.Missed + Final.Wire.TooLong + Final.Wire.NoCarrier + Final.Wire.Impairments.Lost;

    /// <summary>Losses that nobody counted.</summary>
    public long Unexplained => Math.Max(0, Lost - Counted) + Math.Abs(UnaccountedOnWire);

    /// <summary>Packets that the generator's NIC took, and that the server's neither gave nor lost.</summary>
    public long UnaccountedOnWire => Final.Wire.Sent - LostByWire
        - Final.Workers.Sum(worker => worker.Ledger.Received);

    /// <summary>Whether what the workers gave to each other was taken, or lies in the rings.</summary>
    public bool AreRingsBalanced =>
        Final.Workers.Sum(worker => worker.Ledger.SteeredOut - worker.Ledger.SteeredIn) == Final.PacketsInRings;

    public bool AreLedgersBalanced => Final.IsBalanced && AreRingsBalanced;

    /// <summary>Whether every byte of the connections arrived, and no byte was wrong.</summary>
    public bool IsVerified => Final.WrongBytes == 0
        && Final.Flows.All(flow => flow.Flow.Protocol != IpProtocol.Tcp || flow.Bytes == flow.Flow.SentBytes);

    /// <summary>What makes the run a failed one, in sentences.</summary>
    public IReadOnlyList<string> Failures => [.. FindFailures()];

    public bool IsGood => Failures.Count == 0;

    private IEnumerable<string> FindFailures()
    {
        if (Failure is not null)
        {
            yield return Failure;
        }

        if (Final.Reordered != 0)
        {
            yield return FormattableString.Invariant($"{Final.Reordered} packets were reordered");
        }

        if (Final.WrongBytes != 0)
        {
            yield return FormattableString.Invariant($"{Final.WrongBytes} bytes were not those that were sent");
        }

        if (!IsVerified && Final.WrongBytes == 0)
        {
            yield return "bytes of a connection are missing";
        }

        if (Unexplained != 0)
        {
            yield return FormattableString.Invariant($"{Unexplained} packets were lost without a counted reason");
        }

        if (!Final.IsBalanced)
        {
            yield return "a ledger does not balance";
        }

        if (!AreRingsBalanced)
        {
            yield return "the workers have given each other more than was taken and lies in their rings";
        }
    }
}
