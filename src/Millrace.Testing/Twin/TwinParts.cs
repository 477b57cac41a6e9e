using Millrace.Nics;
using Millrace.Workers;

namespace Millrace.Testing.Twin;

/// <summary>What a twin is made of, beside its stages. The generator fills it in.</summary>
public sealed record TwinParts
{
    /// <summary>The declaring class.</summary>
    public required string Name { get; init; }

    /// <summary>The interfaces in the order of their indices.</summary>
    public required IReadOnlyList<(string Name, Nic Nic)> Interfaces { get; init; }

    public required int Queue { get; init; }

    public required Entropy Entropy { get; init; }

    /// <summary>What the workers of the stack have between them; null where there is one. <see cref="Queue"/> is its number then.</summary>
    public WorkerGroup? Group { get; init; }

    public int WorkerCount { get; init; } = 1;

    /// <summary>Queues of the NIC that workers have.</summary>
    public int Queues { get; init; } = 1;

    public bool UsesXps { get; init; }

    public int BorrowedFrames { get; init; }

    /// <summary>Packets a poll takes in at most.</summary>
    public required int Weight { get; init; }

    /// <summary>Frames each of several receive rings is kept filled with at most.</summary>
    public int RingFrames { get; init; }

    public required int ReceiveFrames { get; init; }

    public required int ReserveFrames { get; init; }

    public required int SocketFrames { get; init; }

    public required int OutboxPackets { get; init; }
}

/// <summary>A boxed stage and what it can do, found by asking the object.</summary>
internal sealed class TwinStage(string name, object stage, int on, int place)
{
    /// <summary>Its place in Linux's order, 0 if it may stand anywhere.</summary>
    public int Place { get; } = place;

    public IRxHandler? RxHandler { get; } = stage as IRxHandler;

    /// <summary>Whether it sees packets that come in.</summary>
    public bool IsIngress => Ingress is not null || RxHandler is not null;

    /// <summary>The one interface whose packets it sees, -1 for all.</summary>
    public int On { get; } = on;

    public string Name { get; } = name;

    public object Stage { get; } = stage;

    public IIngressStage? Ingress { get; } = stage as IIngressStage;

    public IEgressStage? Egress { get; } = stage as IEgressStage;

    public INetworkStage? Network { get; } = stage as INetworkStage;

    public IResumesIngress? ResumesIngress { get; } = stage as IResumesIngress;

    public IResumesEgress? ResumesEgress { get; } = stage as IResumesEgress;

    public ITransmitObserver? TransmitObserver { get; } = stage as ITransmitObserver;

    public IPollEnd? PollEnd { get; } = stage as IPollEnd;

    public bool Sees(ref readonly Memory.FrameMetadata metadata) => On < 0 || metadata.Interface == On;

    /// <summary>Whether it sees a packet that comes in: one that a handler keeps for its interface is for who is bound to that.</summary>
    public bool Receives(ref readonly Memory.FrameMetadata metadata) =>
        IsIngress && Sees(in metadata) && ((metadata.Flags & Memory.FrameFlags.ExactMatch) == 0 || (On >= 0 && Network is null));

    /// <summary>Whether its end of a poll gives the loop packets to go on with.</summary>
    public bool FlushesIngress => PollEnd is not null && ResumesIngress is not null && IsIngress;

    public StageCounters Counters;
}
