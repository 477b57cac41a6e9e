using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Stack.Tests.Twin;
using Millrace.Taps;
using Millrace.Testing;

namespace Millrace.Stack.Tests.RxHandlers;

/// <summary>What <see cref="FollowsScript"/> does with a frame.</summary>
internal enum Step : byte
{
    Pass,
    Another,
    Exact,
    UseUp,
    Refuse,
    Transmit,

    /// <summary>As <see cref="Another"/>, and the next handler reads the same step.</summary>
    AnotherForEver,
}

/// <summary>
/// Does what the frame says behind its link header: a byte that counts the handlers that have read it, and for each handler a
/// <see cref="Step"/> and an interface.
/// </summary>
internal struct FollowsScript : IRxHandler
{
    public const ushort EtherType = 0x88B5;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public RxHandlerResult Handle(ref Packet packet)
    {
        var script = packet.Data;
        if (packet.EtherType != (EtherType)EtherType || script.Length < 32)
        {
            return RxHandlerResult.Pass;
        }

        var (step, target) = ((Step)script[1 + (2 * script[0])], script[2 + (2 * script[0])]);
        if (step is Step.Another or Step.AnotherForEver or Step.Transmit)
        {
            packet.Metadata.Interface = target;
        }

        script[0] += step == Step.AnotherForEver ? (byte)0 : (byte)1;
        return step switch
        {
            Step.Another or Step.AnotherForEver => RxHandlerResult.Another,
            Step.Exact => RxHandlerResult.Exact,
            Step.UseUp => RxHandlerResult.Consumed(Verdict.Consumed),
            Step.Refuse => RxHandlerResult.Consumed(Verdict.Drop(DropReason.StagePolicy)),
            Step.Transmit => RxHandlerResult.Consumed(Verdict.Transmit),
            _ => RxHandlerResult.Pass,
        };
    }
}

/// <summary>A protocol of its own: takes every scripted frame it sees.</summary>
internal struct TakesScripts : IIngressStage
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Verdict Receive(ref Packet packet) =>
        packet.EtherType == (EtherType)FollowsScript.EtherType ? Verdict.Deliver : Verdict.Continue;
}

/// <summary>Lets everything pass and is counted by the loop.</summary>
internal struct Watches : IIngressStage
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Verdict Receive(ref Packet packet) => Verdict.Continue;
}

[NetworkStack]
[Interface("a")]
[Interface("b")]
[Interface("c")]
[NicQueues(1, Promiscuous = true)]
[Stage<Watches>]
[Tap]
[RxHandler<FollowsScript>(On = "a", Name = "HandlerA")]
[RxHandler<FollowsScript>(On = "b", Name = "HandlerB")]
[Stage<TakesScripts>(On = "a", Name = "ProtocolA")]
[Stage<TakesScripts>(Name = "ProtocolOfAll")]
internal sealed partial class ScriptedHandlers;

[TwinOf<ScriptedHandlers>]
internal sealed partial class ScriptedHandlersTwin;

/// <summary>One interface: a protocol that names it sees what is exactly for it.</summary>
[NetworkStack]
[NicQueues(1, Promiscuous = true)]
[RxHandler<FollowsScript>]
[Stage<TakesScripts>(Name = "ProtocolOfAll")]
[Stage<TakesScripts>(On = "eth0", Name = "ProtocolOfEth0")]
internal sealed partial class LoneHandler;

[TwinOf<LoneHandler>]
internal sealed partial class LoneHandlerTwin;

/// <summary>Counts what a tap shows of each interface.</summary>
internal sealed class InterfaceCounts : ITapSink
{
    public long[] Received { get; } = new long[16];

    public long[] Sent { get; } = new long[16];

    public void Attach(IReadOnlyList<Nics.NetworkInterface> interfaces, int snapLength)
    {
    }

    public void Observe(in TappedPacket packet)
    {
        if (!packet.IsDropped)
        {
            (packet.Direction == Nics.CaptureDirection.Inbound ? Received : Sent)[packet.Interface]++;
        }
    }
}
