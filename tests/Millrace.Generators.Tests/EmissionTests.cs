using Microsoft.CodeAnalysis;
using Millrace.Generators.Tests.Support;

namespace Millrace.Generators.Tests;

public class EmissionTests
{
    private const string Echo = """
        [NetworkStack]
        [NicQueues(1)]
        [Ipv4("10.0.0.2/24")]
        [Udp]
        public sealed partial class EchoStack;
        """;

    [Fact]
    public void A_stack_without_tcp_has_no_tcp_in_it() =>
        Assert.DoesNotContain("tcp", Declared.Emit(Echo).Replace("net.ipv4.tcp", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);

    [Theory]
    [InlineData("", "Cubic")]
    [InlineData("(CongestionControl = typeof(Millrace.Tcp.NewReno))", "NewReno")]
    public void The_congestion_control_is_a_type_argument_and_CUBIC_by_default(string arguments, string algorithm)
    {
        var source = Declared.Emit($"[NetworkStack] [NicQueues(1)] [Ipv4(\"10.0.0.2/24\")] [Tcp{arguments}] public sealed partial class Stack;");
        Assert.Contains($"TcpApplications, global::Millrace.Tcp.{algorithm}> _tcp", source, StringComparison.Ordinal);
        Assert.DoesNotContain(algorithm == "Cubic" ? "NewReno" : "Cubic", source, StringComparison.Ordinal);
    }

    [Fact]
    public void Declared_routes_are_data_and_a_stack_without_any_has_none_of_it()
    {
        Assert.DoesNotContain("DeclaredRoutes", Declared.Emit(Echo), StringComparison.Ordinal);
        Assert.DoesNotContain("RouteData", Declared.Emit(Echo), StringComparison.Ordinal);
        var source = Declared.Emit("""
            [NetworkStack]
            [Interface("wan")]
            [Interface("lan")]
            [NicQueues(1)]
            [Ipv4("10.0.0.1/24", On = "wan", Forwarding = true)]
            [Ipv4Address("10.1.0.1/24", On = "lan")]
            [Route("0.0.0.0/0", Via = "10.0.0.254", Metric = 5)]
            [Route("192.0.2.0/24", Via = "10.1.0.254")]
            [Route("198.51.100.0/24", On = "lan")]
            [Route("203.0.113.0/24", Kind = Millrace.Ip.RouteKind.Prohibit)]
            public sealed partial class RoutingStack;
            """);
        Assert.Contains("new global::Millrace.Ip.DeclaredRoutes(RouteData.Words)", source, StringComparison.Ordinal);
        Assert.Contains("            0x00000000u, 0, 0x0A0000FEu, 0, 5, 0,\n", source, StringComparison.Ordinal);
        Assert.Contains("            0xC0000200u, 24, 0x0A0100FEu, 1, 0, 0,\n", source, StringComparison.Ordinal);
        Assert.Contains("            0xC6336400u, 24, 0x00000000u, 1, 0, 0,\n", source, StringComparison.Ordinal);
        Assert.Contains("            0xCB007100u, 24, 0x00000000u, 0, 0, 3,\n", source, StringComparison.Ordinal);
    }

    [Fact]
    public void With_one_worker_there_is_no_steering_and_the_explanation_says_so()
    {
        var source = Declared.Emit("""
            [NetworkStack]
            [NicQueues(1)]
            [Rps]
            [Ipv4("10.0.0.2/24")]
            [Udp]
            [Xps]
            public sealed partial class LoneStack;
            """);
        Assert.DoesNotContain("RpsStage", source, StringComparison.Ordinal);
        Assert.DoesNotContain("WorkerPort", source, StringComparison.Ordinal);
        Assert.DoesNotContain("usesXps", source, StringComparison.Ordinal);
        Assert.Contains("[Rps] is left out: the stack has one worker.", source, StringComparison.Ordinal);
        Assert.Contains("[Xps] is left out: the stack has one worker.", source, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_handlers_of_received_frames_and_a_bridge_there_is_nothing_of_either()
    {
        var source = Declared.Emit(Echo);
        Assert.DoesNotContain("RxHandler", source, StringComparison.Ordinal);
        Assert.DoesNotContain("AnotherRound", source, StringComparison.Ordinal);
        Assert.DoesNotContain("rounds", source, StringComparison.Ordinal);
        Assert.DoesNotContain("ExactMatch", source, StringComparison.Ordinal);
        Assert.DoesNotContain("Bridg", source, StringComparison.Ordinal);
        Assert.DoesNotContain("InterfaceSet", source, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_round_begins_before_the_tap_and_stages_that_name_no_interface_do_not_see_exact_packets()
    {
        var source = Declared.Emit("""
            [NetworkStack]
            [Interface("bond0")]
            [Interface("eth0")]
            [NicQueues(1)]
            [Gro]
            [Tap]
            [RxHandler<Bond>(On = "eth0")]
            [Stage<Guard>(On = "eth0")]
            [Ipv4("10.0.0.2/24", On = "bond0")]
            public sealed partial class BondStack;

            public struct Bond : IRxHandler { public RxHandlerResult Handle(ref Packet packet) => RxHandlerResult.Exact; }
            public struct Guard : IIngressStage { public Verdict Receive(ref Packet packet) => Verdict.Continue; }
            """);
        string[] order = ["_gro.Receive(ref packet)", "AfterGro:", "AnotherRound:", "_tap.Receive(ref packet)", "_bond.Handle(ref packet)", "goto AnotherRound;", "_guard.Receive(ref packet)", "ExactMatch) == 0)", "_ipv4.Receive(ref packet)"];
        var places = order.Select(text => source.IndexOf(text, StringComparison.Ordinal)).ToArray();
        Assert.DoesNotContain(-1, places);
        Assert.Equal(places.Order(), places);
        Assert.Single(source.Split("ExactMatch) == 0)")[1..]);
    }

    [Fact]
    public void A_stack_with_one_interface_has_nothing_of_several()
    {
        var source = Declared.Emit(Echo.Replace("[NicQueues(1)]", "[NicQueues(1)] [Stage<Guard>(On = \"eth0\")]", StringComparison.Ordinal)
            + "public struct Guard : IIngressStage { public Verdict Receive(ref Packet packet) => Verdict.Continue; }");
        Assert.DoesNotContain("InterfaceQueues", source, StringComparison.Ordinal);
        Assert.DoesNotContain("InterfaceAddresses", source, StringComparison.Ordinal);
        Assert.DoesNotContain("Metadata.Interface ==", source, StringComparison.Ordinal);
        Assert.DoesNotContain("TryEnqueue", source, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stack_with_several_interfaces_has_a_NIC_for_each_and_a_test_around_a_bound_stage()
    {
        var source = Declared.Emit("""
            [NetworkStack]
            [Interface("wan")]
            [Interface("lan")]
            [NicQueues(1)]
            [Stage<Guard>(On = "lan")]
            [Ipv4("10.0.0.2/24", On = "lan")]
            [Ipv4Address("192.0.2.1/24", On = "wan")]
            public sealed partial class Router;

            public struct Guard : IIngressStage { public Verdict Receive(ref Packet packet) => Verdict.Continue; }
            """);
        Assert.Contains("Nic WanNic { get; init; }", source, StringComparison.Ordinal);
        Assert.Contains("Nic LanNic { get; init; }", source, StringComparison.Ordinal);
        Assert.Contains("if (packet.Metadata.Interface == 1)", source, StringComparison.Ordinal);
        Assert.Contains("InterfaceAddresses(1, (0, new global::Millrace.Ip.InterfaceAddress(0xC0000201u, 24)))", source, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_declaration_gives_the_same_bytes_with_no_carriage_return_and_no_path()
    {
        var (first, second) = (Declared.Emit(Echo), Declared.Emit(Echo));
        Assert.Equal(first, second);
        Assert.DoesNotContain('\r', first);
        Assert.DoesNotContain(Path.GetTempPath(), first, StringComparison.Ordinal);
        Assert.Contains("// ── [Udp]  Declared.cs:11", first, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_written_is_told_by_its_presence_and_not_by_its_value()
    {
        const string Stack = "[NetworkStack] [Limiter{0}] public sealed partial class LimitStack;\n";
        Assert.Contains("int Limit => 100; // net.limit", Declared.Emit(string.Format(null, Stack, "") + UserStages.Limiter), StringComparison.Ordinal);
        Assert.Contains("int Limit => 7; // declared", Declared.Emit(string.Format(null, Stack, "(7)") + UserStages.Limiter), StringComparison.Ordinal);
        Assert.Contains("bool Enabled => false; // declared", Declared.Emit(string.Format(null, Stack, "(Enabled = false)") + UserStages.Limiter), StringComparison.Ordinal);
    }

    [Fact]
    public void A_constructor_parameter_becomes_a_required_member_of_Setup() =>
        Assert.Contains("public required string Label { get; init; }", Declared.Emit("[NetworkStack] [Limiter] public sealed partial class LimitStack;\n" + UserStages.Limiter), StringComparison.Ordinal);

    [Fact]
    public void A_stage_can_be_used_twice_under_two_names()
    {
        var source = Declared.Emit("[NetworkStack] [Stage<Outer>] [Stage<Outer>(Name = \"Second\")] public sealed partial class TwiceStack;\n" + UserStages.Ways);
        Assert.Contains("private global::Outer _outer;", source, StringComparison.Ordinal);
        Assert.Contains("private global::Outer _second;", source, StringComparison.Ordinal);
        Assert.True(source.IndexOf("_second.Transmit", StringComparison.Ordinal) < source.IndexOf("_outer.Transmit", StringComparison.Ordinal));
    }

    [Fact]
    public void The_whole_of_a_server_compiles_without_unsafe_code_and_puts_every_stage_in_its_place()
    {
        var source = Declared.Emit("""
            [NetworkStack(Runtime = RuntimeSettings.All)]
            [NicQueues(1)]
            [Napi(Weight = 32)]
            [ChecksumOffload]
            [Gro]
            [Ipv4("10.0.0.2/24")]
            [Udp]
            [Tcp]
            [SocketMemory(Rmem = "4096 131072 1048576")]
            [Gso]
            [TcpHandler<Page>(80, Connections = 100)]
            [UdpHandler<Clock>(37)]
            [AsyncSockets(Connections = 10)]
            public sealed partial class ServerStack;

            """ + UserStages.Transports);
        string[] calls = ["_nicQueues.Receive", "_checksumOffload.Receive", "_gro.Receive", "_ipv4.Receive", "_udp.Receive", "_tcp.Receive", "_ipv4.Transmit", "_gso.Transmit", "_checksumOffload.Transmit", "arena.MoveChain"];
        Assert.Equal(calls.Order(Comparer<string>.Create((a, b) => source.IndexOf(a, StringComparison.Ordinal).CompareTo(source.IndexOf(b, StringComparison.Ordinal)))), calls);
        Assert.All(calls, call => Assert.Contains(call + "(", source, StringComparison.Ordinal));
    }

    [Fact]
    public void Limits_of_all_connections_set_no_memory_aside_for_each()
    {
        const string Stack = "[NetworkStack] [NicQueues(1)] [Ipv4(\"10.0.0.2/24\")] [Tcp] {0} [TcpHandler<Page>(80, Connections = 4000)] public sealed partial class ServerStack;\n";
        var limited = Declared.Emit(string.Format(null, Stack, "[SocketMemory(Mem = \"1024 2048 4096\")]") + UserStages.Transports);
        Assert.Contains("MemoryLimits(1024, 2048, 4096)", limited, StringComparison.Ordinal);
        Assert.Contains("4000 connections of 4 frames (the minimum of Rmem and Wmem)", limited, StringComparison.Ordinal);
        var usual = Declared.Emit(string.Format(null, Stack, "[SocketMemory]") + UserStages.Transports);
        Assert.Contains("MemoryLimits(786432, 1048576, 1572864)", usual, StringComparison.Ordinal);
        Assert.Contains("int RmemMax => 4194304; // rmem_max", usual, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stage_that_is_told_of_completions_is_told_where_packets_end_and_nothing_of_it_is_there_without()
    {
        const string Stack = "[NetworkStack] [NicQueues(1)] [Ipv4(\"10.0.0.2/24\")] [Tcp] {0} [Gso] [TcpHandler<Page>(80, Connections = 4)] public sealed partial class ServerStack;\n";
        var with = Declared.Emit(string.Format(null, Stack, "[SmallQueues]") + UserStages.Transports);
        Assert.Equal(4, with.Split("_smallQueues.Transmitted(packet").Length);
        Assert.Contains("while (nic.TryTakeTransmitted(now, out var packet, out var isComplete))", with, StringComparison.Ordinal);
        Assert.Contains("int LimitOutputBytes => 4194304; // tcp_limit_output_bytes", with, StringComparison.Ordinal);
        var without = Declared.Emit(string.Format(null, Stack, "") + UserStages.Transports);
        Assert.DoesNotContain("Transmitted(packet", without, StringComparison.Ordinal);
        Assert.DoesNotContain("TryTakeTransmitted", without, StringComparison.Ordinal);
        Assert.Contains("nic.Reclaim(now);", without, StringComparison.Ordinal);
        Assert.Contains("int LimitOutputBytes => 0;", without, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[Napi(DeferHardIrqs = 10)]", false)]
    [InlineData("[Napi(GroFlushTimeout = 20_000)]", true)]
    [InlineData("[Napi(Runtime = [nameof(NapiAttribute.GroFlushTimeout)])]", true)]
    [InlineData("", false)]
    public void Deferral_is_there_only_where_there_can_be_a_timer(string napi, bool isThere)
    {
        var source = Declared.Emit(
            "[NetworkStack] [NicQueues(1)] " + napi + " [Gro] [Ipv4(\"10.0.0.2/24\")] [Udp] public sealed partial class MergingStack;\n");
        Assert.Equal(isThere, source.Contains("deferral", StringComparison.Ordinal));
        Assert.Equal(isThere, source.Contains("new GroSettings(), new NapiSettings(", StringComparison.Ordinal) && source.Contains("arena, deferral);", StringComparison.Ordinal));
        Assert.Equal(isThere, source.Contains("that GRO keeps", StringComparison.Ordinal));
        Assert.Equal(isThere && napi.Contains("20_000", StringComparison.Ordinal), source.Contains("public long GroFlushTimeout => 20000L; // declared", StringComparison.Ordinal));
    }

    [Fact]
    public void Hooks_are_called_directly_by_priority_and_where_none_is_declared_nothing_is()
    {
        const string Router = "[NetworkStack] [NicQueues(1)] [Ipv4(\"10.0.0.2/24\")] {0} public sealed partial class RouterStack;\n[TwinOf<RouterStack>] public sealed partial class RouterTwin;\n";
        var (emitted, compilation) = Declared.Generate(string.Format(null, Router, "[Hook<Gate>] [Hook<Wall>(Priority = -300)] [Hook<Wall>(Name = \"Second\")]") + UserStages.Hooks);
        Declared.AssertCompiles(compilation);
        var with = emitted.Select(source => source.SourceText.ToString()).Single(text => text.Contains("partial class RouterStack : ", StringComparison.Ordinal));
        string[] calls = ["stack.wallHook.PreRouting(packet)", "stack.gateHook.PreRouting(packet)", "stack.secondHook.PreRouting(packet)", "stack.wallHook.PostRouting(packet)", "stack.secondHook.PostRouting(packet)"];
        Assert.Equal(calls.Order(Comparer<string>.Create((a, b) => with.IndexOf(a, StringComparison.Ordinal).CompareTo(with.IndexOf(b, StringComparison.Ordinal)))), calls);
        Assert.All(calls, call => Assert.Contains(call, with, StringComparison.Ordinal));
        Assert.Contains("public bool HasLocalIn => false;", with, StringComparison.Ordinal);
        Assert.Contains("public required string Label { get; init; }", with, StringComparison.Ordinal);
        Assert.Contains("hooks at PreRouting: Wall (-300), Gate (0), Second (0)", with, StringComparison.Ordinal);
        Assert.Contains("new(global::Millrace.DropReason.NetfilterDrop, \"Gate\"", with, StringComparison.Ordinal);

        var without = Declared.Emit(string.Format(null, Router, "").Split('\n')[0]);
        Assert.Contains(", global::Millrace.NoHooks> _ipv4;", without, StringComparison.Ordinal);
        Assert.DoesNotContain("NetfilterHooks", without, StringComparison.Ordinal);
        Assert.DoesNotContain("HookStates", without, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tap_stands_before_the_protocols_and_last_before_the_NIC_and_nothing_of_it_is_there_without()
    {
        const string Stack = "[NetworkStack] [NicQueues(1)] [VlanOffload] [ChecksumOffload] [Gro] {0} [Ipv4(\"10.0.0.2/24\")] [Gso] public sealed partial class TappedStack;\n";
        var with = Declared.Emit(string.Format(null, Stack, "[Tap]"));
        string[] calls = ["_gro.Receive", "_tap.Receive", "_ipv4.Receive", "_tap.Dropped(packet.Frame, new global::Millrace.PacketDrop(verdict.Reason, dropper, true, true))", "_ipv4.Transmit", "_gso.Transmit", "_vlanOffload.Transmit", "_tap.Transmitting(packet.Frame)", "arena.MoveChain", "_tap.Dropped(packet.Frame, new global::Millrace.PacketDrop(verdict.Reason, dropper, false, isLinked))"];
        Assert.Equal(calls.Order(Comparer<string>.Create((a, b) => with.IndexOf(a, StringComparison.Ordinal).CompareTo(with.IndexOf(b, StringComparison.Ordinal)))), calls);
        Assert.All(calls, call => Assert.Contains(call, with, StringComparison.Ordinal));
        var without = Declared.Emit(string.Format(null, Stack, ""));
        Assert.All(new[] { "_tap", "dropper", "isLinked", "PacketDrop", "TapSink" }, word => Assert.DoesNotContain(word, without, StringComparison.Ordinal));
    }

    [Fact]
    public void All_settings_that_decide_no_capacity_can_be_made_run_time_ones()
    {
        var source = Declared.Emit("[NetworkStack(Runtime = RuntimeSettings.All)] [Limiter] public sealed partial class LimitStack;\n" + UserStages.Limiter);
        Assert.Contains("public int Limit => values.activeLimit;", source, StringComparison.Ordinal);
        Assert.Contains("public int Slots => 8;", source, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_is_a_constant_whatever_else_is_set_at_run_time_and_the_twin_has_it_too()
    {
        const string Trunk = "[NetworkStack(Runtime = RuntimeSettings.All)] [NicQueues(1)] [VlanOffload(Accept = [10, 20])] public sealed partial class TrunkStack;\n";
        var source = Declared.Emit(Trunk);
        Assert.Contains("public global::System.ReadOnlySpan<int> Accept => [10, 20]; // declared", source, StringComparison.Ordinal);
        Assert.Contains("public int Id => values.activeId;", source, StringComparison.Ordinal);
        var (emitted, compilation) = Declared.Generate(Trunk + "[TwinOf<TrunkStack>] public sealed partial class TrunkTwin;");
        Assert.Equal(2, emitted.Length);
        Declared.AssertCompiles(compilation);
    }

    [Fact]
    public void A_list_that_is_not_written_takes_its_default_and_an_empty_one_is_written() => Assert.Multiple(
        () => Assert.Contains("Accept => []; // rx-vlan-filter", Declared.Emit("[NetworkStack] [NicQueues(1)] [VlanOffload] public sealed partial class TrunkStack;"), StringComparison.Ordinal),
        () => Assert.Contains("Accept => []; // declared", Declared.Emit("[NetworkStack] [NicQueues(1)] [VlanOffload(Accept = [])] public sealed partial class TrunkStack;"), StringComparison.Ordinal));

    [Fact]
    public void Tags_leave_a_frame_before_its_checksum_is_looked_at_and_enter_it_after_all_else()
    {
        var source = Declared.Emit("""
            [NetworkStack]
            [NicQueues(1)]
            [VlanOffload(Id = 10)]
            [Gro]
            [Ipv4("10.0.0.2/24")]
            [Gso]
            public sealed partial class TaggedStack;
            """);
        string[] calls = ["_nicQueues.Receive", "_vlanOffload.Receive", "_softwareChecksum.Receive", "_gro.Receive", "_ipv4.Receive", "_ipv4.Transmit", "_gso.Transmit", "_softwareChecksum.Transmit", "_vlanOffload.Transmit", "arena.MoveChain"];
        Assert.Equal(calls.Order(Comparer<string>.Create((a, b) => source.IndexOf(a, StringComparison.Ordinal).CompareTo(source.IndexOf(b, StringComparison.Ordinal)))), calls);
        Assert.All(calls, call => Assert.Contains(call + "(", source, StringComparison.Ordinal));
    }

    [Fact]
    public void A_stack_without_VLANs_passes_no_stage_for_them() =>
        Assert.DoesNotContain("_vlanOffload", Declared.Emit(Echo), StringComparison.Ordinal);

    [Fact]
    public void A_software_fallback_is_put_in_where_nothing_ensures_a_fact_and_the_explanation_says_so()
    {
        var source = Declared.Emit("""
            [NetworkStack]
            [NicQueues(1)]
            [Gro]
            public sealed partial class MergeStack;
            """);
        Assert.Contains("// ── [SoftwareChecksum] put in: [Gro] needs ChecksumVerified", source, StringComparison.Ordinal);
        Assert.True(source.IndexOf("_softwareChecksum.Receive", StringComparison.Ordinal) < source.IndexOf("_gro.Receive", StringComparison.Ordinal));
    }

    [Fact]
    public void A_declared_stage_that_ensures_the_fact_leaves_the_fallback_out() => Assert.DoesNotContain("SoftwareChecksum", Declared.Emit("""
        [NetworkStack]
        [NicQueues(1)]
        [ChecksumOffload]
        [Gro]
        public sealed partial class MergeStack;
        """), StringComparison.Ordinal);

    [Fact]
    public void Nothing_is_emitted_for_a_declaration_that_is_refused()
    {
        var (sources, _) = Declared.Generate("[NetworkStack] [Limiter(0)] public sealed partial class LimitStack;\n" + UserStages.Limiter);
        Assert.Empty(sources);
    }

    [Theory]
    [InlineData(Echo)]
    [InlineData("[NetworkStack] [NicQueues(1)] [VlanOffload(Accept = [10, 20])] public sealed partial class TrunkStack;")]
    public void An_unrelated_edit_runs_no_step_again(string declaration)
    {
        var compilation = Declared.Compile(declaration);
        var driver = Declared.Driver().RunGenerators(compilation, TestContext.Current.CancellationToken);
        var edited = compilation.AddSyntaxTrees(Declared.Tree("public class Unrelated;", "Unrelated.cs"));
        var steps = driver.RunGenerators(edited, TestContext.Current.CancellationToken).GetRunResult().Results[0].TrackedSteps;
        foreach (var name in new[] { StackGenerator.SpecStep, StackGenerator.PlanStep, StackGenerator.SourceStep })
        {
            var reasons = steps[name].SelectMany(step => step.Outputs).Select(output => output.Reason).ToArray();
            Assert.NotEmpty(reasons);
            Assert.All(reasons, reason => Assert.True(reason is IncrementalStepRunReason.Cached or IncrementalStepRunReason.Unchanged, $"{name}: {reason}"));
        }
    }

    [Fact]
    public void A_changed_setting_runs_every_step_again()
    {
        var compilation = Declared.Compile(Echo);
        var driver = Declared.Driver().RunGenerators(compilation, TestContext.Current.CancellationToken);
        var edited = compilation.ReplaceSyntaxTree(compilation.SyntaxTrees.Single(), Declared.Tree(Echo.Replace("/24", "/25", StringComparison.Ordinal), "Declared.cs"));
        var steps = driver.RunGenerators(edited, TestContext.Current.CancellationToken).GetRunResult().Results[0].TrackedSteps;
        Assert.Equal(IncrementalStepRunReason.Modified, Assert.Single(Assert.Single(steps[StackGenerator.SourceStep]).Outputs).Reason);
    }
}
