using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Millrace.Stack.Tests.CodeShape;

/// <summary>
/// What the compiled loops call. Every stage is inlined: what is left is on these lists, each with its reason. A call that
/// is not is a stage that fell out of the loop, a write barrier, an allocation or a virtual call.
/// </summary>
public sealed class LoopCodeShapeTests(ITestOutputHelper output)
{
    private static readonly Dictionary<string, string> Ingress = new()
    {
        ["Millrace.Udp.UdpLayer`2[*]:Receive"] = "once a datagram: the transport",
        ["Millrace.Tcp.Tcp`5[*]:Receive"] = "once a segment, or a merged one: the transport",
        ["Millrace.Ingress.GroTable:Receive"] = "once a TCP segment: the bucket work of GRO",
        ["Millrace.Ingress.ReceivedChecksum:Verify"] = "once a packet whose checksum the NIC has not verified",
        ["Millrace.Ingress.GroTable:FlushAll"] = "once a poll that holds something",
        ["Millrace.Ingress.GroTable:TryResume"] = "once a merged packet",
        ["Millrace.Ip.Ipv4Layer:TryResumeIngress"] = "rare: a datagram was reassembled, or came from this stack itself",
        ["Millrace.Ip.Ipv4Layer:ReceiveUncommon"] = "rare: options, a fragment, another destination, a wrong header",
        ["Millrace.Ip.Ipv4Layer:IsOfAnotherLink"] = "several interfaces only: a source address of another of them",
        ["Millrace.Ip.Ipv4Layer:ReceiveIcmp"] = "rare: ICMP",
        ["Millrace.Ip.Ipv4Layer:ReceiveArp"] = "rare: ARP",
        ["Millrace.Ingress.EthernetStage`1[*]:IsSubscribed"] = "rare: not the interface's own address",
        ["Millrace.CodeShape.ShapedStack:RejectProtocol"] = "rare: no transport claims the packet",
        ["Millrace.Memory.FrameList:Enqueue"] = "once a packet that a stage turns round",
        ["Millrace.CompilerServices.InterfaceQueue:ReleaseEnded"] = "once a poll: frees what has ended together",
        ["Millrace.Memory.Arena:Release"] = "rare: more packets have ended than a poll takes in",
        ["Millrace.CodeShape.ShapedStack:CountStages"] = "once a poll: what each stage saw",
        ["System.ThrowHelper:ThrowArgumentOutOfRangeException"] = "never: throws",
        ["CORINFO_HELP_RNGCHKFAIL"] = "never: throws",
    };

    [Fact]
    public void The_ingress_loop_calls_nothing_but_the_transports_and_cold_paths() => AssertCalls("ReceivePackets", Ingress, 6_000);

    private static readonly Dictionary<string, string> Routing = new()
    {
        ["Millrace.Throw:FrameOutOfRange"] = "never: throws",
    };

    [Theory]
    // about 30 instructions a packet, for eight of them
    [InlineData("AreOrdinary", 1_900)]
    [InlineData("SendOn", 500)]
    public void The_pass_over_a_burst_that_is_routed_calls_nothing(string method, int mostBytes)
    {
        if (!Avx2.IsSupported)
        {
            Assert.Skip("Without vectors of 256 bits packets are routed one by one.");
        }

        AssertCalls(method, Routing, mostBytes);
    }

    private void AssertCalls(string method, Dictionary<string, string> allowed, int mostBytes)
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            Assert.Skip("The listing that is read here is that of x64.");
        }

        var code = MachineCode.Of(method);
        output.WriteLine($"{method}: {code.Bytes} bytes, {code.Calls.Count} calls");
        foreach (var name in code.Calls.Select(Name))
        {
            output.WriteLine($"  {name}: {allowed.GetValueOrDefault(name, "NOT EXPECTED")}");
        }

        Assert.Empty(code.Calls.Select(Name).Except(allowed.Keys));
        Assert.Empty(code.Calls.Select(Name).Where(name => !allowed[name].StartsWith("never", StringComparison.Ordinal)).GroupBy(name => name).Where(calls => calls.Count() > 1).Select(calls => calls.Key));
        Assert.InRange(code.Bytes, 200, mostBytes);
    }

    /// <summary>Type and method, type arguments as a star.</summary>
    private static string Name(string target)
    {
        var signature = target.IndexOf('(');
        var name = signature < 0 ? target : target[..signature];
        var open = name.IndexOf('[');
        return open < 0 ? name : name[..(open + 1)] + "*" + name[name.LastIndexOf(']')..];
    }
}
