using Millrace.Generators.Tests.Support;

namespace Millrace.Generators.Tests;

public class SnapshotTests
{
    [Fact]
    public void One_stage_of_the_users() => Snapshot.Match(Declared.Emit("""
        namespace Users;

        [NetworkStack]
        [Stage<Counter>]
        public sealed partial class CountStack;

        internal struct Counter : IIngressStage
        {
            public Verdict Receive(ref Packet packet) => Verdict.Consumed;
        }
        """));

    [Fact]
    public void Settings_constant_and_at_run_time() => Snapshot.Match(Declared.Emit("""
        [NetworkStack]
        [Interface("wan")]
        [Napi(Weight = 8)]
        [Limiter(20, Runtime = [nameof(LimiterAttribute.Limit), nameof(LimiterAttribute.Memory)], Memory = "1 2 3", Factor = 2, On = "wan")]
        public sealed partial class LimitStack;

        """ + UserStages.Limiter));

    [Fact]
    public void Both_ways_with_packets_that_are_resumed() => Snapshot.Match(Declared.Emit("""
        [NetworkStack]
        [Stage<Outer>]
        [Stage<Merger>]
        [Stage<Network>]
        [Stage<Inner>]
        [Stage<Cutter>]
        public sealed partial class WayStack;

        """ + UserStages.Ways));

    [Fact]
    public void Two_interfaces_and_a_stage_on_one_of_them() => Snapshot.Match(Declared.Emit("""
        [NetworkStack(RingFrames = 128)]
        [Interface("wan")]
        [Interface("lan")]
        [Stage<Outer>(On = "lan")]
        [Stage<Merger>]
        [Stage<Network>(On = "lan")]
        [Stage<Cutter>]
        public sealed partial class BothStack;

        """ + UserStages.Ways));

    [Fact]
    public void Two_workers_that_steer_both_ways() => Snapshot.Match(Declared.Emit("""
        [NetworkStack]
        [Workers(2)]
        [NicQueues(2)]
        [Rps(Backlog = 500)]
        [Stage<Counter>]
        [Xps]
        public sealed partial class SteeringStack;

        internal struct Counter : IIngressStage
        {
            public Verdict Receive(ref Packet packet) => Verdict.Transmit;
        }
        """));

    [Fact]
    public void Transports_and_their_handlers() => Snapshot.Match(Declared.Emit("""
        [NetworkStack]
        [Datagram]
        [Stream]
        [TcpHandler<Page>(80, Connections = 10)]
        [TcpHandler<Page>(8080, Connections = 20, Backlog = 5)]
        [UdpHandler<Clock>(37)]
        public sealed partial class ServerStack;

        """ + UserStages.Transports));

    [Fact]
    public void The_twin_of_a_stack_with_settings() => Snapshot.Match(Declared.Generate("""
        [NetworkStack]
        [Limiter(20)]
        public sealed partial class LimitStack;

        [TwinOf<LimitStack>]
        public sealed partial class LimitTwin;

        """ + UserStages.Limiter).Sources.Single(source => source.HintName == "LimitTwin.g.cs").SourceText.ToString());
}
