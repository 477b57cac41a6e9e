namespace Millrace.Generators.Tests.Support;

/// <summary>Stages of a user's, as source: what the generator knows of stages, it must read from these.</summary>
internal static class UserStages
{
    /// <summary>A stage with settings, a timer, an end of the poll and a constructor parameter.</summary>
    public const string Limiter = """
        public interface ILimiterSettings
        {
            [Default(100, Source = "net.limit")]
            [Allowed(1, 1000)]
            int Limit { get; }

            [Default(true)]
            bool Enabled { get; }

            [Default("4096 8192 16384")]
            MemoryLimits Memory { get; }

            [Default(8)]
            [DecidesCapacity]
            int Slots { get; }

            [Default(1.5)]
            double Factor { get; }

            [Default(EtherType.Ipv4)]
            EtherType Only { get; }
        }

        [StageType(typeof(LimiterStage<>), Summary = "lets only so many packets in")]
        public sealed class LimiterAttribute(int limit = 7) : StageAttribute
        {
            public int Limit { get; } = limit;
            public bool Enabled { get; set; }
            public string Memory { get; set; } = "";
            public int Slots { get; set; }
            public double Factor { get; set; }
            public EtherType Only { get; set; }
        }

        [Drops(DropReason.StagePolicy)]
        public struct LimiterStage<TSettings>(TSettings settings, Entropy entropy, string label) : IIngressStage, ITimed, IPollEnd, IStartStop
            where TSettings : struct, ILimiterSettings
        {
            public int Seen = entropy.Next(1);
            public string Label = label;
            public long NextDeadline => long.MaxValue;
            public Verdict Receive(ref Packet packet) => settings.Enabled && ++Seen > settings.Limit ? Verdict.Drop(DropReason.StagePolicy) : Verdict.Continue;
            public void Advance(long now) => Seen = 0;
            public void PollEnd(long now) => Seen--;
            public void Start(long now) { }
            public void Stop() { }
        }

        """;

    /// <summary>One of each kind on the way out, and stages that resume packets on both ways.</summary>
    public const string Ways = """
        public struct Network(Arena arena, Outbox outbox, TransportErrors errors) : INetworkStage, IResumesIngress, IResumesEgress, IInterfaceObserver
        {
            [Provides]
            public NetworkLayer Layer => throw new NotSupportedException();
            public int Count = arena.Capacity + outbox.Count + (int)errors.Lost;
            public long HeldIngress => 0;
            public long HeldEgress => 0;
            public Verdict Receive(ref Packet packet) => Verdict.Continue;
            public Verdict Transmit(ref Packet packet, in Outgoing destination) => Verdict.Continue;
            public bool TryResumeIngress(out ResumedPacket packet) { packet = default; return false; }
            public bool TryResumeEgress(out Frame packet) { packet = default; return false; }
            public void InterfaceChanged(Millrace.Nics.NetworkInterface networkInterface, long now) { }
        }

        public struct Merger : IIngressStage, IResumesIngress, IPollEnd
        {
            public long HeldIngress => 0;
            public Verdict Receive(ref Packet packet) => Verdict.Continue;
            public bool TryResumeIngress(out ResumedPacket packet) { packet = default; return false; }
            public void PollEnd(long now) { }
        }

        public struct Outer : IIngressStage, IEgressStage
        {
            public Verdict Receive(ref Packet packet) => Verdict.Continue;
            public Verdict Transmit(ref Packet packet) => Verdict.Continue;
        }

        public struct Inner : IIngressStage, IEgressStage
        {
            public Verdict Receive(ref Packet packet) => Verdict.Continue;
            public Verdict Transmit(ref Packet packet) => Verdict.Continue;
        }

        public struct Cutter : IEgressStage, IResumesEgress
        {
            public long HeldEgress => 0;
            public Verdict Transmit(ref Packet packet) => Verdict.Continue;
            public bool TryResumeEgress(out Frame packet) { packet = default; return false; }
        }

        """;

    /// <summary>A transport of each kind, and handlers.</summary>
    public const string Transports = """
        public interface IStreamSettings
        {
            [Default(5)]
            int Retries { get; }
        }

        public interface IBufferSettings
        {
            [Default("4096 16384 65536")]
            MemoryLimits Buffer { get; }
        }

        [StageType(typeof(StreamStage<,,>), Place = 2100)]
        public sealed class StreamAttribute : StageAttribute;

        [StageType(typeof(IBufferSettings), Place = 2200)]
        public sealed class BufferAttribute : StageAttribute
        {
            public string Buffer { get; set; } = "";
        }

        public struct StreamStage<TSettings, TBuffer, TApplications>(TSettings settings, TBuffer buffer, TApplications applications, TransportErrors errors)
            : IIngressStage, IOriginates, ITransportErrorObserver
            where TSettings : struct, IStreamSettings
            where TBuffer : struct, IBufferSettings
            where TApplications : struct, ITcpApplications
        {
            public long Sum = settings.Retries + buffer.Buffer.Default + applications.Count + errors.Lost;
            public Verdict Receive(ref Packet packet) => Verdict.Continue;
            public bool FillOutbox(long now) => false;
            public void TransportFailed(in TransportError error, long now) { }
        }

        public struct DatagramStage<TApplications>(TApplications applications) : IIngressStage
            where TApplications : struct, IUdpApplications
        {
            public int Count = applications.Count;
            public Verdict Receive(ref Packet packet) => Verdict.Continue;
        }

        [StageType(typeof(DatagramStage<>), Place = 2000)]
        public sealed class DatagramAttribute : StageAttribute;

        public struct Page(string content) : ITcpHandler
        {
            public string Content = content;
            public void Connected(TcpSocket socket) { }
            public void Received(TcpSocket socket) { }
            public void Writable(TcpSocket socket) { }
            public void PeerClosed(TcpSocket socket) { }
            public void Closed(TcpSocket socket, TcpCloseReason reason) { }
        }

        public struct Clock(long epoch) : IUdpHandler
        {
            public long Epoch = epoch;
            public void Received(UdpDatagram datagram) { }
        }

        """;

    /// <summary>A hook at two points with something of Setup's, and one at another.</summary>
    public const string Hooks = """"
        public struct Wall(string label) : IPreRoutingHook, IPostRoutingHook
        {
            public string Label = label;
            public Verdict PreRouting(HookPacket packet) => default;
            public Verdict PostRouting(HookPacket packet) => default;
        }

        public struct Gate : IPreRoutingHook
        {
            public Verdict PreRouting(HookPacket packet) => Verdict.Drop(DropReason.NetfilterDrop);
        }

        """";
}
