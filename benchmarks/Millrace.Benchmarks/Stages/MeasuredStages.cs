using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Nics;
using Millrace.Sockets;
using Millrace.Taps;

namespace Millrace.Benchmarks.Stages;

/// <summary>A histogram of lengths, as a stage of a user's.</summary>
public struct Lengths : IIngressStage
{
    private Buckets buckets;

    public readonly long Short => buckets[0];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Verdict Receive(ref Packet packet)
    {
        buckets[(packet.TotalLength >> 9) & 3]++;
        return Verdict.Continue;
    }

    [InlineArray(4)]
    private struct Buckets
    {
        private long first;
    }
}

/// <summary>Sends every frame back where it came from.</summary>
public struct TurnRound : IIngressStage, IEgressStage
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Verdict Receive(ref Packet packet) => Verdict.Transmit;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Verdict Transmit(ref Packet packet) => Verdict.Continue;
}

/// <summary>Sends every frame out by the other of two interfaces.</summary>
public struct CrossOver : IIngressStage, IEgressStage
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Verdict Receive(ref Packet packet)
    {
        packet.Metadata.Interface ^= 1;
        return Verdict.Transmit;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Verdict Transmit(ref Packet packet) => Verdict.Continue;
}

/// <summary>Counts and lets everything pass (RX_HANDLER_PASS).</summary>
public struct Passing : IRxHandler
{
    public long Seen;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public RxHandlerResult Handle(ref Packet packet)
    {
        Seen++;
        return RxHandlerResult.Pass;
    }
}

/// <summary>Counts at NF_INET_PRE_ROUTING.</summary>
public struct CountingHook : IPreRoutingHook
{
    public long Seen;

    public Verdict PreRouting(HookPacket packet)
    {
        Seen++;
        return Verdict.Continue;
    }
}

/// <summary>Sends every datagram back (RFC 862).</summary>
public struct Answering : IUdpHandler
{
    public readonly void Received(UdpDatagram datagram) => datagram.Reply(datagram.Data);
}

/// <summary>Counts what a tap shows.</summary>
public sealed class CountingSink : ITapSink
{
    public long Bytes { get; private set; }

    public void Attach(IReadOnlyList<NetworkInterface> interfaces, int snapLength)
    {
    }

    public void Observe(in TappedPacket packet) => Bytes += packet.Length;
}
