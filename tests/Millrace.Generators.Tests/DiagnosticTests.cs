using Microsoft.CodeAnalysis;
using Millrace.Generators.Tests.Support;

namespace Millrace.Generators.Tests;

public class DiagnosticTests
{
    private const string End = "public sealed partial class Stack;\n";

    public static TheoryData<string, string, string> Declarations => new()
    {
        { "MR0001", "[NetworkStack] [NicQueues(1)] public class Stack { }", "'Stack' carries [NetworkStack] but is not sealed and partial: write 'sealed partial class Stack'" },
        { "MR0001", "[NetworkStack] [NicQueues(1)] public partial class Stack;", "'Stack' carries [NetworkStack] but is not sealed: write 'sealed partial class Stack'" },
        { "MR0002", "[NetworkStack] [NicQueues(1)] public sealed partial record Stack;", "'Stack' cannot be a network stack because it is a record: write 'sealed partial class'" },
        { "MR0002", "[NetworkStack] [NicQueues(1)] public sealed partial class Stack<T>;", "'Stack' cannot be a network stack because it is generic: remove its type parameters" },
        { "MR0002", "public partial class Outer { [NetworkStack] [NicQueues(1)] public sealed partial class Stack; }", "'Stack' cannot be a network stack because it is nested in Outer: move it to a namespace" },
        { "MR0002", "public class Base; [NetworkStack] [NicQueues(1)] public sealed partial class Stack : Base;", "'Stack' cannot be a network stack because it has the base class Base: remove it and hold that object beside the stack" },
        { "MR0002", "[NetworkStack] [NicQueues(1)] public sealed partial class Stack { public Stack() { } }", "'Stack' cannot be a network stack because it has a constructor of its own: remove it; what it is made of is a member of the generated Setup" },
        { "MR0002", "[NetworkStack] [NicQueues(1)] public sealed partial class Settings;", "'Settings' cannot be a network stack because it has the name of a member that it will have: name it SettingsStack, for example" },
        { "MR0002", "[NetworkStack] [NicQueues(1)] file sealed partial class Stack;", "'Stack' cannot be a network stack because it is file-local: remove 'file': its other half is in a file of its own" },
        { "MR0003", "[NetworkStack] [NicQueues(1)] [Ipv4(\"10.0.0.1/8\")] [ChecksumOffload] " + End, "[ChecksumOffload] stands after [Ipv4], but packets that come in pass it first: move [ChecksumOffload] before [Ipv4]" },
        { "MR0003", "[NetworkStack] [NicQueues(1)] [ChecksumOffload] [Gro] [VlanOffload(Accept = [10])] " + End, "[VlanOffload] stands after [ChecksumOffload], but packets that come in pass it first: move [VlanOffload] before [ChecksumOffload]" },
        { "MR0003", "[NetworkStack] [NicQueues(1, Promiscuous = true)] [Bridge] [Tap] " + End, "[Tap] stands after [Bridge], but packets that come in pass it first: move [Tap] before [Bridge]" },
        { "MR0003", "[NetworkStack] [NicQueues(1)] [Tap] [Gro] " + End, "[Gro] stands after [Tap], but packets that come in pass it first: move [Gro] before [Tap]" },
        { "MR0003", "[NetworkStack] [NicQueues(1)] [Ipv4(\"10.0.0.1/8\")] [Tap] " + End, "[Tap] stands after [Ipv4], but packets that come in pass it first: move [Tap] before [Ipv4]" },
        { "MR0003", "[NetworkStack] [NicQueues(1)] [Ipv4(\"10.0.0.1/8\")] [Tcp] [Gso] [SmallQueues] " + End, "[SmallQueues] stands after [Gso], but packets that come in pass it first: move [SmallQueues] before [Gso]" },
        { "MR0003", "[NetworkStack] [NicQueues(1)] [Ipv4(\"10.0.0.1/8\")] [Tcp] [SmallQueues] [SocketMemory] " + End, "[SocketMemory] stands after [SmallQueues], but packets that come in pass it first: move [SocketMemory] before [SmallQueues]" },
        { "MR0004", "[NetworkStack] [NicQueues(1)] [Stage<Merger>] [Stage<Merger>] " + End + UserStages.Ways, "'Merger' names two stages of this stack: remove one of them, or give a stage of your own another Name" },
        { "MR0004", "[NetworkStack] [Stage<Merger>(Name = \"first\")] [Stage<Merger>(Name = \"First\")] " + End + UserStages.Ways, "'First' names two stages of this stack: remove one of them, or give a stage of your own another Name" },
        { "MR0005", "[NetworkStack] [NicQueues(1)] [Udp] " + End, "[Udp] needs NetworkHeaderParsed and Whole, which no stage before it ensures: declare a network stage such as [Ipv4(\"10.0.0.2/24\")] before it" },
        { "MR0006", "[NetworkStack] [NicQueues(1)] [UdpHandler<Clock>(37)] " + End + UserStages.Transports, "[UdpHandler] has no transport in this stack: declare [Udp] before it" },
        { "MR0006", "[NetworkStack] [NicQueues(1)] [AsyncSockets] " + End, "[AsyncSockets] has no transport in this stack: declare [Tcp] before it" },
        { "MR0007", "[NetworkStack] [Limiter(0)] " + End + UserStages.Limiter, "Limit of [Limiter] is 0: write a value from 1 to 1000" },
        { "MR0007", "[NetworkStack] [NicQueues(1)] [VlanOffload(Accept = [10, 4095])] " + End, "Accept of [VlanOffload] is 4095: write a value from 1 to 4094" },
        { "MR0007", "[NetworkStack] [Datagram] [UdpHandler<Clock>(70000)] " + End + UserStages.Transports, "port of [UdpHandler] is 70000: write a value from 0 to 65535" },
        { "MR0007", "[NetworkStack(RingFrames = -1)] [NicQueues(1)] " + End, "RingFrames of [NetworkStack] is -1: write a value from 1 to 65536" },
        { "MR0008", "[NetworkStack] [Limiter(Runtime = [\"Lmit\"])] " + End + UserStages.Limiter, "[Limiter] has no setting 'Lmit' that could change at run time: name one of Limit, Enabled, Memory, Factor, Only" },
        { "MR0009", "[NetworkStack] [Limiter(Runtime = [\"Slots\"])] " + End + UserStages.Limiter, "Slots of [Limiter] is used when the stack is made and cannot change at run time: remove it from Runtime" },
        { "MR0009", "[NetworkStack] [NicQueues(1)] [VlanOffload(Accept = [10], Runtime = [\"Accept\"])] " + End, "Accept of [VlanOffload] is used when the stack is made and cannot change at run time: remove it from Runtime" },
        { "MR0010", "[NetworkStack] [Stage<Open<int>>] " + End + "public struct Open<T> : IIngressStage { public Verdict Receive(ref Packet packet) => default; }", "[Stage] names 'Open', which is generic: give it an attribute of its own that derives from StageAttribute and carries [StageType(typeof(Open<>))]" },
        { "MR0010", "[NetworkStack] [Odd] " + End + "[StageType(typeof(System.Collections.Generic.List<>))] public sealed class OddAttribute : StageAttribute;", "[Odd] names 'List', which is not a struct: make it a struct: the loop keeps it in a field and calls it directly" },
        { "MR0010", "[NetworkStack] [Stage<Merger>(Name = \"no name\")] " + End + UserStages.Ways, "[Stage] names 'Merger', which is given the name 'no name': write a Name that is an identifier, such as \"Second\"" },
        { "MR0010", "[NetworkStack] [Stage<Merger>(Name = \"class\")] " + End + UserStages.Ways, "[Stage] names 'Merger', which is given the name 'class': write a Name that is an identifier, such as \"Second\"" },
        { "MR0010", "[NetworkStack] [Stage<Merger>(Name = \"StageCounts\")] " + End + UserStages.Ways, "[Stage] names 'Merger', which would be called 'StageCounts' like a member of the generated class: give it another name" },
        { "MR0010", "[NetworkStack] [Stage<Budget>] " + End + "public struct Budget : IIngressStage { public Verdict Receive(ref Packet packet) => default; }", "[Stage] names 'Budget', which bears the name of a type inside the generated class: rename it, to BudgetStage or BudgetHandler perhaps" },
        { "MR0010", "[NetworkStack] [Stage<Shy>] " + End + "public struct Shy : IIngressStage { Verdict IIngressStage.Receive(ref Packet packet) => default; }", "[Stage] names 'Shy', which implements IIngressStage.Receive explicitly: implement it by a public method, which the loop calls without boxing" },
        { "MR0010", "[NetworkStack] [Datagram] [UdpHandler<Shy>(7)] " + End + UserStages.Transports + "public struct Shy : IUdpHandler { void IUdpHandler.Received(UdpDatagram datagram) { } }", "[UdpHandler] names 'Shy', which implements IUdpHandler.Received explicitly: implement it by a public method, which the loop calls without boxing" },
        { "MR0010", "[NetworkStack] [Stage<Keyed>] " + End + "public struct Keyed : IIngressStage { public Keyed(ReadOnlySpan<byte> key) { } public Verdict Receive(ref Packet packet) => default; }", "[Stage] names 'Keyed', which cannot be made: its constructor's 'key' is not a value that Setup could hold: take an object, an array or a Memory<T> by value" },
        { "MR0010", "[NetworkStack] [Stage<Wanting>] " + End + "public struct Wanting : IIngressStage { public required int Key { get; set; } public Verdict Receive(ref Packet packet) => default; }", "[Stage] names 'Wanting', which has the required member Key: make it a parameter of the constructor, which becomes a member of Setup" },
        { "MR0010", "[NetworkStack] [Chooses(Rule = typeof(string))] " + End + Chosen, "[Chooses] names 'String', which cannot be Rule: name a struct that implements IRule" },
        { "MR0010", "[NetworkStack] [Chooses] " + End + Chosen, "[Chooses] names 'ChoosingStage', which needs a type for TRule: write [Chooses(Rule = typeof(…))] with a struct that implements IRule" },
        { "MR0010", "[NetworkStack] [Stage<Layerless>] " + End + "public struct Layerless : INetworkStage { public Verdict Receive(ref Packet packet) => default; public Verdict Transmit(ref Packet packet, in Outgoing destination) => default; }", "[Stage] names 'Layerless', which is a network stage without a layer: give it a public property of type NetworkLayer with [Provides]" },
        { "MR0011", "[NetworkStack] [NicQueues(1)] public sealed partial class Stack; [Udp] public sealed partial class Stack { }", "[Udp] stands on another part of 'Stack' than [NetworkStack], and the order between files is not defined: move it below [NetworkStack]" },
        { "MR0012", "[NetworkStack] [Stage<Nothing>] " + End + "public struct Nothing;", "'Nothing' sees no packets: implement IIngressStage, IEgressStage or both" },
        { "MR0013", "[NetworkStack] [Stage<One>] [Stage<Two>] " + End + Clashing, "The constructors of Two and One both ask for 'Label', but as int and string: rename one of the parameters" },
        { "MR0013", "[NetworkStack] [Stage<Three>] " + End + Clashing, "The constructors of Three and the stack itself both ask for 'Queue', but as string and the Queue it runs on: rename one of the parameters" },
        { "MR0013", "[NetworkStack] [Stage<Four>] " + End + Clashing, "The constructors of Four and the stack itself both ask for 'Setup', but as string and the name of the type: rename one of the parameters" },
        { "MR0014", "[NetworkStack] [Bare] " + End + Bare, "Depth of [Bare] has no default under the profile: write [Bare(Depth = …)]" },
        { "MR0015", "[NetworkStack] [Limiter(Memory = \"3 2 1\")] " + End + UserStages.Limiter, "Memory of [Limiter] is \"3 2 1\", which is not three positive numbers of bytes in rising order: write \"4096 131072 33554432\"" },
        { "MR0015", "[NetworkStack(Profile = (KernelProfile)7)] [NicQueues(1)] " + End, "Profile of [NetworkStack] is 7, which is not a kernel whose defaults are known: write KernelProfile.Linux_6_18" },
        { "MR0015", "[NetworkStack] [NicQueues(1)] [Ipv4(\"10.0.0.256/24\")] " + End, "Address of [Ipv4] is \"10.0.0.256/24\", which is not an IPv4 address that a host can have, with the length of its prefix: write \"10.0.0.2/24\"" },
        { "MR0015", "[NetworkStack] [NicQueues(1)] [Ipv4(\"10.0.0.255/24\")] " + End, "Address of [Ipv4] is \"10.0.0.255/24\", which is not an IPv4 address that a host can have, with the length of its prefix: write \"10.0.0.2/24\"" },
        { "MR0015", "[NetworkStack] [NicQueues(1)] [Ipv4(\"10.0.0.2/24\", Gateway = \"router\")] " + End, "Gateway of [Ipv4] is \"router\", which is not an IPv4 address: write \"10.0.0.1\", or leave it out" },
        { "MR0015", "[NetworkStack] [NicQueues(1)] [Ipv4(\"10.0.0.2/24\")] [Tcp] [SocketMemory(Mem = \"4 3 2\")] [TcpHandler<Page>(80, Connections = 4)] " + End + UserStages.Transports, "Mem of [SocketMemory] is \"4 3 2\", which is not three positive numbers of bytes in rising order: write \"4096 131072 33554432\"" },
        { "MR0015", "[NetworkStack] [Limiter(Memory = null!)] " + End + UserStages.Limiter, "Memory of [Limiter] is null, which is not three positive numbers of bytes in rising order: write \"4096 131072 33554432\"" },
        { "MR0015", "[NetworkStack] [Narrow(Depth = 300)] " + End + Narrow, "Depth of [Narrow] is 300, which is not a value of byte: write one of that type" },
        { "MR0015", "[NetworkStack] [NicQueues(1)] [VlanOffload(Accept = null!)] " + End, "Accept of [VlanOffload] is null, which is not a list: write [1, 2]" },
        { "MR0016", "[NetworkStack] [NicQueues(1, On = \"lan\")] " + End, "[NicQueues] is bound to interface 'lan', but the only interface of this stack is 'eth0': write On = \"eth0\" or leave it out" },
        { "MR0016", "[NetworkStack] [Interface(\"wan\")] [Interface(\"lan\")] [NicQueues(1)] [Gro(On = \"lab\")] " + End, "[Gro] is bound to interface 'lab', but the interfaces of this stack are 'wan', 'lan': write On = \"wan\" or leave it out" },
        { "MR0017", "[NetworkStack] [Interface(\"wan\")] [Interface(\"lan\")] [Stage<Wired>] " + End + "public struct Wired(Millrace.Nics.Nic nic) : IIngressStage { private Millrace.Nics.Nic nic = nic; public Verdict Receive(ref Packet packet) => nic is null ? default : default; }", "The constructor of Wired asks for 'Millrace.Nics.Nic', which no stage before it provides: the stack has several; ask for IReadOnlyList<NetworkInterface> instead" },
        { "MR0013", "[NetworkStack] [Interface(\"wan\")] [Interface(\"lan\")] [Stage<Named>] " + End + "public struct Named(string lanNic) : IIngressStage { private string name = lanNic; public Verdict Receive(ref Packet packet) => name is null ? default : default; }", "The constructors of Named and the stack itself both ask for 'LanNic', but as string and the LanNic it runs on: rename one of the parameters" },
        { "MR0017", "[NetworkStack] [Stage<Asking>] " + End + "public struct Asking(NetworkLayer network) : IIngressStage { private NetworkLayer network = network; public Verdict Receive(ref Packet packet) => network is null ? default : default; }", "The constructor of Asking asks for 'Millrace.NetworkLayer', which no stage before it provides: declare a network stage such as [Ipv4(\"10.0.0.2/24\")] before it" },
        { "MR0017", "[NetworkStack] [NicQueues(1)] [SmallQueues] " + End, "The constructor of SmallQueues asks for 'Millrace.Tcp.TcpSockets', which no stage before it provides: declare [Tcp] before it" },
        { "MR0007", "[NetworkStack] [NicQueues(1)] [Napi(DeferHardIrqs = -1)] " + End, "DeferHardIrqs of [Napi] is -1: write a value from 0 to 2147483647" },
        { "MR0007", "[NetworkStack] [NicQueues(1)] [Napi(GroFlushTimeout = 10_000_000_001)] " + End, "GroFlushTimeout of [Napi] is 10000000001: write a value from 0 to 10000000000" },
        { "MR0007", "[NetworkStack] [NicQueues(1)] [Napi(BusyPollMicroseconds = 1_000_001)] " + End, "BusyPollMicroseconds of [Napi] is 1000001: write a value from 0 to 1000000" },
        { "MR0007", "[NetworkStack] [NicQueues(1)] [Napi(BusyPollBudget = 0)] " + End, "BusyPollBudget of [Napi] is 0: write a value from 1 to 4096" },
        { "MR0003", "[NetworkStack] [NicQueues(1)] [Gro] [Napi(GroFlushTimeout = 20_000)] " + End, "[Napi] stands after [Gro], but packets that come in pass it first: move [Napi] before [Gro]" },
        { "MR0007", "[NetworkStack] [NicQueues(1)] [Ipv4(\"10.0.0.1/8\")] [Tcp] [SmallQueues(LimitOutputBytes = -1)] " + End, "LimitOutputBytes of [SmallQueues] is -1: write a value from 0 to 1073741824" },
        { "MR0015", "[NetworkStack] [NicQueues(1)] [Ipv4(\"10.0.0.1/24\")] [Route(\"10.1.0.1/16\", Via = \"10.0.0.9\")] " + End, "Network of [Route] is \"10.1.0.1/16\", which is not an IPv4 network with the length of its prefix and zeros behind it: write \"10.1.0.0/16\"" },
        { "MR0015", "[NetworkStack] [NicQueues(1)] [Ipv4(\"10.0.0.1/24\")] [Route(\"10.1/16\", Via = \"10.0.0.9\")] " + End, "Network of [Route] is \"10.1/16\", which is not an IPv4 network with the length of its prefix and zeros behind it: write \"10.1.0.0/16\"" },
        { "MR0015", "[NetworkStack] [NicQueues(1)] [Ipv4(\"10.0.0.1/24\")] [Route(\"10.1.0.0/16\", Via = \"router\")] " + End, "Via of [Route] is \"router\", which is not the IPv4 address of a gateway: write \"10.0.0.254\", or leave it out" },
        { "MR0015", "[NetworkStack] [NicQueues(1)] [Ipv4(\"10.0.0.1/24\")] [Route(\"10.1.0.0/16\", Kind = (Millrace.Ip.RouteKind)9)] " + End, "Kind of [Route] is 9, which is not a kind of route: write RouteKind.Blackhole" },
        { "MR0016", "[NetworkStack] [NicQueues(1)] [Ipv4(\"10.0.0.1/24\")] [Route(\"10.1.0.0/16\", Via = \"10.0.0.9\", On = \"lan\")] " + End, "[Route] is bound to interface 'lan', but the only interface of this stack is 'eth0': write On = \"eth0\" or leave it out" },
        { "MR0033", "[NetworkStack] [NicQueues(1)] [Route(\"10.1.0.0/16\", Via = \"10.0.0.9\")] " + End, "The route to 10.1.0.0/16 cannot be used because there is no network stage to take it: declare [Ipv4(\"10.0.0.2/24\")]" },
        { "MR0033", "[NetworkStack] [NicQueues(1)] [Ipv4(\"10.0.0.1/24\")] [Route(\"10.1.0.0/16\", Via = \"10.2.0.9\")] " + End, "The route to 10.1.0.0/16 cannot be used because the network of its gateway 10.2.0.9 is of no interface: name a gateway on 10.0.0.0/24, or give an interface an address on its network" },
        { "MR0033", "[NetworkStack] [Interface(\"wan\")] [Interface(\"lan\")] [NicQueues(1)] [Ipv4(\"10.0.0.1/24\", On = \"wan\")] [Ipv4Address(\"10.1.0.1/24\", On = \"lan\")] [Route(\"10.2.0.0/16\", Via = \"10.1.0.9\", On = \"wan\")] " + End, "The route to 10.2.0.0/16 cannot be used because the network of its gateway 10.1.0.9 is not that of 'wan': name a gateway on 10.0.0.0/24, or give an interface an address on its network" },
        { "MR0033", "[NetworkStack] [Interface(\"wan\")] [Interface(\"lan\")] [NicQueues(1)] [Ipv4(\"10.0.0.1/24\", On = \"wan\")] [Ipv4Address(\"10.1.0.1/24\", On = \"lan\")] [Route(\"10.2.0.0/16\", Via = \"10.1.0.1\")] " + End, "The route to 10.2.0.0/16 cannot be used because its gateway 10.1.0.1 is an address of this stack itself: write the address of another router, or leave out Via" },
        { "MR0033", "[NetworkStack] [Interface(\"wan\")] [Interface(\"lan\")] [NicQueues(1)] [Ipv4(\"10.0.0.1/24\", On = \"wan\")] [Ipv4Address(\"10.1.0.1/24\", On = \"lan\")] [Route(\"10.2.0.0/16\")] " + End, "The route to 10.2.0.0/16 cannot be used because it names neither a gateway nor an interface: write Via = \"…\" with a gateway, or On = \"wan\" if its hosts are on the link" },
        { "MR0033", "[NetworkStack] [NicQueues(1)] [Ipv4(\"10.0.0.1/24\")] [Route(\"10.1.0.0/16\", Via = \"10.0.0.9\", Kind = Millrace.Ip.RouteKind.Blackhole)] " + End, "The route to 10.1.0.0/16 cannot be used because a route of this Kind leads nowhere: leave out Via and On, or leave out Kind" },
        { "MR0033", "[NetworkStack] [NicQueues(1)] [Ipv4(\"10.0.0.1/24\")] [Route(\"10.1.0.0/16\", Via = \"10.0.0.9\")] [Route(\"10.1.0.0/16\", Via = \"10.0.0.8\")] " + End, "The route to 10.1.0.0/16 cannot be used because another one of the same Metric leads there: give one of them another Metric, or remove it" },
        { "MR0033", "[NetworkStack] [NicQueues(1)] [Ipv4(\"10.0.0.1/24\", Gateway = \"10.0.0.9\")] [Route(\"0.0.0.0/0\", Via = \"10.0.0.8\")] " + End, "The route to 0.0.0.0/0 cannot be used because Gateway of [Ipv4] leads there: leave out one of them, or give the route a Metric" },
        { "MR0033", "[NetworkStack] [NicQueues(1)] [Ipv4(\"10.0.0.1/24\", Routes = 1)] [Route(\"10.1.0.0/16\", Via = \"10.0.0.8\")] [Route(\"10.2.0.0/16\", Via = \"10.0.0.8\")] " + End, "The route to 10.2.0.0/16 cannot be used because there is room for 1 routes: write [Ipv4(…, Routes = …)] with more" },
        { "MR0018", "[NetworkStack] [Bare(Depth = 1, Width = 2)] " + End + Bare, "'Width' of [Bare] is given, but IBareSettings has no getter of that name: add one to the interface, or leave the argument out" },
        { "MR0019", "[NetworkStack] [Bare(Depth = 1, Runtime = [\"Depth\"])] " + End + Bare, "[Bare] has run-time settings, but the constructor of BareStage does not take them: add a parameter of type TSettings and read the settings from it" },
        { "MR0019", "[NetworkStack] [Limiter(Runtime = [\"Limit\"])] [Reading] " + End + UserStages.Limiter + Reading, "[Limiter] has run-time settings, but the constructor of ReadingStage does not take them: add a parameter of type TLimiter and read the settings from it" },
        { "MR0020", "[NetworkStack] [Napi] " + End, "'Stack' declares no stage that receives packets: write [NicQueues(1)] below [NetworkStack]" },
        { "MR0021", "[NetworkStack] [Datagram] [UdpHandler<Clock>(37)] [UdpHandler<Clock>(37)] " + End + UserStages.Transports, "[UdpHandler] and Clock are both on port 37: give one of them another port" },
        { "MR0022", "[NicQueues(1)] [Gro] " + End, "[NicQueues] stands on 'Stack', which is no network stack: write [NetworkStack] above it" },
        { "MR0024", "[NetworkStack] [NicQueues(4)] " + End, "[NicQueues(4)] has more queues than the stack has workers, which are 1: write [Workers(4)] above it" },
        { "MR0024", "[NetworkStack] [Workers(2)] [NicQueues(3)] " + End, "[NicQueues(3)] has more queues than the stack has workers, which are 2: write [Workers(3)] above it" },
        { "MR0003", "[NetworkStack] [NicQueues(2)] [Workers(2)] " + End, "[Workers] stands after [NicQueues], but packets that come in pass it first: move [Workers] before [NicQueues]" },
        { "MR0003", "[NetworkStack] [Workers(2)] [NicQueues(1)] [Rps] [Gro] " + End, "[Gro] stands after [Rps], but packets that come in pass it first: move [Gro] before [Rps]" },
        { "MR0003", "[NetworkStack] [Workers(2)] [NicQueues(1)] [Ipv4(\"10.0.0.1/8\")] [Rps] " + End, "[Rps] stands after [Ipv4], but packets that come in pass it first: move [Rps] before [Ipv4]" },
        { "MR0003", "[NetworkStack] [Workers(2)] [NicQueues(1)] [Ipv4(\"10.0.0.1/8\")] [Tcp] [Xps] [SmallQueues] " + End, "[SmallQueues] stands after [Xps], but packets that come in pass it first: move [SmallQueues] before [Xps]" },
        { "MR0007", "[NetworkStack] [Workers(2)] [NicQueues(1)] [Rps(Backlog = 1025)] " + End, "Backlog of [Rps] is 1025: write a value from 1 to 1024" },
        { "MR0003", "[NetworkStack] [Workers(2)] [NicQueues(1)] [Ipv4(\"10.0.0.1/8\")] [Tcp] [FlowOwner] " + End, "[FlowOwner] stands after [Tcp], but packets that come in pass it first: move [FlowOwner] before [Tcp]" },
        { "MR0007", "[NetworkStack] [Workers(0)] [NicQueues(1)] " + End, "Count of [Workers] is 0: write a value from 1 to 64" },
        { "MR0017", "[NetworkStack] [NicQueues(1)] [Stage<Porter>] " + End + "public struct Porter(Millrace.Workers.WorkerPort port) : IIngressStage { public Verdict Receive(ref Packet packet) => port is null ? default : default; }", "The constructor of Porter asks for 'Millrace.Workers.WorkerPort', which no stage before it provides: declare [Workers(2)], or make the parameter optional" },
        { "MR0023", "[TwinOf<string>] public sealed partial class Twin;", "'Twin' is to be the twin of 'String', which carries no [NetworkStack]: name a class that does" },
        { "MR0025", "[NetworkStack] [Interface(\"lan\")] [Interface(\"Lan\")] [NicQueues(1)] " + End, "'Lan' cannot be an interface of 'Stack' because 'lan' is declared already: give each interface a name of its own; capitals do not tell two apart" },
        { "MR0025", "[NetworkStack] [Interface(\"to the lan\")] [NicQueues(1)] " + End, "'to the lan' cannot be an interface of 'Stack' because a member of Setup is named for it: write a name of letters, digits and underscores such as \"lan0\"" },
        { "MR0025", "[NetworkStack] " + string.Concat(Enumerable.Range(0, 17).Select(i => $"[Interface(\"eth{i}\")] ")) + "[NicQueues(1)] " + End, "'eth16' cannot be an interface of 'Stack' because a stack has at most 16 interfaces: remove it" },
        { "MR0026", "[NetworkStack] [Interface(\"wan\")] [Interface(\"lan\")] [NicQueues(1, On = \"lan\")] " + End, "[NicQueues] cannot be bound to interface 'lan' because later stages rely on LinkHeaderParsed of the packets of all interfaces: leave On out" },
        { "MR0026", "[NetworkStack] [Interface(\"wan\")] [Interface(\"lan\")] [NicQueues(1)] [Napi(On = \"lan\")] " + End, "[Napi] cannot be bound to interface 'lan' because its settings are those of the whole stack: leave On out" },
        { "MR0026", "[NetworkStack] [Interface(\"wan\")] [Interface(\"lan\")] [NicQueues(1)] [Stage<Network>] [Stage<Inner>(On = \"lan\")] " + End + UserStages.Ways, "[Inner] cannot be bound to interface 'lan' because packets that go out pass it before their interface is known: move it before the network stage, or leave On out" },
        { "MR0026", "[NetworkStack] [Interface(\"wan\")] [Interface(\"lan\")] [NicQueues(1)] [Ipv4(\"10.0.0.1/24\", On = \"lan\")] [Ipv4Address(\"10.0.1.1/24\", On = \"lan\")] " + End, "[Ipv4Address] cannot be bound to interface 'lan' because [Ipv4] gives it an address already: name another interface" },
        { "MR0026", "[NetworkStack] [Interface(\"wan\")] [Interface(\"lan\")] [NicQueues(1)] [Ipv4(\"10.0.0.1/24\")] [Ipv4Address(\"10.0.1.1/24\", On = \"lan\")] [Ipv4Address(\"10.0.2.1/24\", On = \"lan\")] " + End, "[Ipv4Address] cannot be bound to interface 'lan' because it has an address already: remove one of them" },
        { "MR0026", "[NetworkStack] [Interface(\"wan\")] [Interface(\"lan\")] [NicQueues(1)] [Ipv4Address(\"10.0.1.1/24\", On = \"lan\")] " + End, "[Ipv4Address] cannot be bound to interface 'lan' because there is no network stage to take it: declare [Ipv4(\"10.0.0.2/24\")]" },
        { "MR0016", "[NetworkStack] [NicQueues(1)] [Ipv4(\"10.0.0.1/24\")] [Ipv4Address(\"10.0.1.1/24\", On = \"lan\")] " + End, "[Ipv4Address] is bound to interface 'lan', but the only interface of this stack is 'eth0': write On = \"eth0\" or leave it out" },
        { "MR0015", "[NetworkStack] [Interface(\"wan\")] [Interface(\"lan\")] [NicQueues(1)] [Ipv4(\"10.0.0.1/24\")] [Ipv4Address(\"10.0.1.1\", On = \"lan\")] " + End, "Address of [Ipv4Address] is \"10.0.1.1\", which is not an IPv4 address that a host can have, with the length of its prefix: write \"10.0.0.2/24\"" },
        { "MR0003", "[NetworkStack] [NicQueues(1)] [Ipv4(\"10.0.0.1/8\")] [RxHandler<Bond>] " + End + Handler, "[Bond] stands after [Ipv4], but packets that come in pass it first: move [Bond] before [Ipv4]" },
        { "MR0003", "[NetworkStack] [NicQueues(1)] [RxHandler<Bond>] [Tap] " + End + Handler, "[Tap] stands after [Bond], but packets that come in pass it first: move [Tap] before [Bond]" },
        { "MR0004", "[NetworkStack] [Interface(\"wan\")] [Interface(\"lan\")] [NicQueues(1)] [RxHandler<Bond>(On = \"wan\")] [RxHandler<Bond>(On = \"lan\")] " + End + Handler, "'Bond' names two stages of this stack: remove one of them, or give a stage of your own another Name" },
        { "MR0005", "[NetworkStack] [RxHandler<Bond>] " + End + Handler, "[Bond] needs LinkHeaderParsed, which no stage before it ensures: declare [NicQueues(1)] before it" },
        { "MR0010", "[NetworkStack] [NicQueues(1)] [RxHandler<Both>] " + End + "public struct Both : IIngressStage, IRxHandler { public Verdict Receive(ref Packet packet) => default; public RxHandlerResult Handle(ref Packet packet) => default; }", "[RxHandler] names 'Both', which is a stage of ingress already: implement IRxHandler without IIngressStage" },
        { "MR0012", "[NetworkStack] [NicQueues(1)] [Stage<Bond>] " + End + Handler, "'Bond' sees no packets: implement IIngressStage, IEgressStage or both" },
        { "MR0015", "[NetworkStack] [Interface(\"wan\")] [Interface(\"lan\")] [NicQueues(1, Promiscuous = true)] [Bridge(Ports = [\"lan\", \"dmz\"])] " + End, "Ports of [Bridge] is \"dmz\", which is not the name of an interface: write one of 'wan', 'lan'" },
        { "MR0015", "[NetworkStack] [Interface(\"wan\")] [Interface(\"lan\")] [NicQueues(1, Promiscuous = true)] [Bridge(Ports = [])] " + End, "Ports of [Bridge] is [], which is not the name of an interface: write one of 'wan', 'lan'" },
        { "MR0016", "[NetworkStack] [Interface(\"wan\")] [Interface(\"lan\")] [NicQueues(1)] [RxHandler<Bond>(On = \"dmz\")] " + End + Handler, "[RxHandler] is bound to interface 'dmz', but the interfaces of this stack are 'wan', 'lan': write On = \"wan\" or leave it out" },
        { "MR0027", "[NetworkStack] [NicQueues(1)] [RxHandler<Nothing>] " + End + "public struct Nothing;", "'Nothing' handles no frames: implement IRxHandler" },
        { "MR0028", "[NetworkStack] [Interface(\"wan\")] [Interface(\"lan\")] [NicQueues(1)] [RxHandler<Bond>] " + End + Handler, "The handler [Bond] names no interface, and the stack has several: write On = \"wan\"" },
        { "MR0028", "[NetworkStack] [Interface(\"wan\")] [Interface(\"lan\")] [NicQueues(1)] [RxHandler<Bond>(On = \"lan\")] [RxHandler<Bond>(On = \"lan\", Name = \"Second\")] " + End + Handler, "The handler [Second] is bound to interface 'lan', which has [Bond] already: name another interface by On, or remove one of them" },
        { "MR0028", "[NetworkStack] [NicQueues(1)] [RxHandler<Bond>] [RxHandler<Bond>(Name = \"Second\")] " + End + Handler, "The handler [Second] is bound to interface 'eth0', which has [Bond] already: name another interface by On, or remove one of them" },
        { "MR0028", "[NetworkStack] [Interface(\"wan\")] [Interface(\"lan\")] [NicQueues(1, Promiscuous = true)] [Bridge(Ports = [\"lan\"])] [RxHandler<Bond>(On = \"lan\")] " + End + Handler, "The handler [Bond] is bound to interface 'lan', which has [Bridge] already: name another interface by On, or remove one of them" },
        { "MR0029", "[NetworkStack] [NicQueues(1)] [Bridge] " + End, "[Bridge] forwards what is addressed to others, which the NICs do not let in: write [NicQueues(1, Promiscuous = true)]" },
        { "MR0030", "[NetworkStack] [NicQueues(1)] [Ipv4(\"10.0.0.1/8\")] [Hook<Deaf>] " + End + "public struct Deaf;", "'Deaf' is at no point of netfilter: implement IPreRoutingHook, ILocalInHook, IForwardHook, ILocalOutHook or IPostRoutingHook" },
        { "MR0031", "[NetworkStack] [NicQueues(1)] [Ipv4(\"10.0.0.1/8\")] [Hook<Wall>(Priority = -300)] [Hook<Wall>] " + End + UserStages.Hooks, "'Wall' names two hooks of this stack: give one of them another Name, or remove it" },
        { "MR0032", "[NetworkStack] [NicQueues(1)] [Hook<Wall>] " + End + UserStages.Hooks, "The hook 'Wall' has no network layer in this stack that would call it: declare one such as [Ipv4(\"10.0.0.2/24\")]" },
        { "MR0010", "[NetworkStack] [NicQueues(1)] [Ipv4(\"10.0.0.1/8\")] [Hook<Wall>(Name = \"a b\")] " + End + UserStages.Hooks, "[Hook] names 'Wall', which is given the name 'a b': write a Name that is an identifier, such as \"Second\"" },
        { "MR0010", "[NetworkStack] [NicQueues(1)] [Ipv4(\"10.0.0.1/8\")] [Tcp(CongestionControl = typeof(string))] " + End, "[Tcp] names 'String', which cannot be CongestionControl: name a struct that implements ICongestionControl and has no references in its fields" },
        { "MR0010", "[NetworkStack] [NicQueues(1)] [Ipv4(\"10.0.0.1/8\")] [Tcp(CongestionControl = typeof(Remembering))] " + End + Remembering, "[Tcp] names 'Remembering', which cannot be CongestionControl: name a struct that implements ICongestionControl and has no references in its fields" },
        { "MR0022", "[Hook<Wall>] " + End + UserStages.Hooks, "[Hook] stands on 'Stack', which is no network stack: write [NetworkStack] above it" },
    };

    private const string Remembering = """
        public struct Remembering : Millrace.Tcp.ICongestionControl
        {
            private object memory;
            public int LeastWindow => 0;
            public bool SetsWindow => false;
            public long PacingRate => 0;
            public void Start(ref Millrace.Tcp.CongestionWindow window, in Millrace.Tcp.CongestionSample sample) => memory = new object();
            public void Acknowledged(ref Millrace.Tcp.CongestionWindow window, in Millrace.Tcp.CongestionSample sample) { }
            public int Reduced(in Millrace.Tcp.CongestionWindow window, in Millrace.Tcp.CongestionSample sample) => memory.GetHashCode();
            public void Happened(Millrace.Tcp.CongestionEvent happened, ref Millrace.Tcp.CongestionWindow window, in Millrace.Tcp.CongestionSample sample) { }
            public int Undone(in Millrace.Tcp.CongestionWindow window, int before) => before;
        }
        """;

    private const string Handler = "public struct Bond : IRxHandler { public RxHandlerResult Handle(ref Packet packet) => RxHandlerResult.Another; }";

    private const string Narrow = """
        public interface INarrowSettings { [Default(1)] byte Depth { get; } }
        [StageType(typeof(NarrowStage<>))]
        public sealed class NarrowAttribute : StageAttribute { public int Depth { get; set; } }
        public struct NarrowStage<TSettings> : IIngressStage where TSettings : struct, INarrowSettings
        {
            public Verdict Receive(ref Packet packet) => default;
        }
        """;

    private const string Chosen = """
        public interface IChoosingSettings { [Default(1)] int Depth { get; } }
        public interface IRule { bool Judge(); }
        [StageType(typeof(ChoosingStage<,>))]
        public sealed class ChoosesAttribute : StageAttribute { public Type? Rule { get; set; } }
        public struct ChoosingStage<TSettings, TRule> : IIngressStage where TSettings : struct, IChoosingSettings where TRule : struct, IRule
        {
            public Verdict Receive(ref Packet packet) => default(TRule).Judge() ? default : Verdict.Consumed;
        }
        """;

    private const string Clashing = """
        public struct One(string label) : IIngressStage { public string Label = label; public Verdict Receive(ref Packet packet) => default; }
        public struct Two(int label) : IIngressStage { public int Label = label; public Verdict Receive(ref Packet packet) => default; }
        public struct Four(string setup) : IIngressStage { public string Label = setup; public Verdict Receive(ref Packet packet) => default; }
        public struct Three(string queue) : IIngressStage { public string Queue = queue; public Verdict Receive(ref Packet packet) => default; }
        """;

    private const string Bare = """
        public interface IBareSettings { int Depth { get; } }
        [StageType(typeof(BareStage<>))]
        public sealed class BareAttribute : StageAttribute { public int Depth { get; set; } public int Width { get; set; } }
        public struct BareStage<TSettings> : IIngressStage where TSettings : struct, IBareSettings
        {
            public Verdict Receive(ref Packet packet) => default;
        }
        """;

    private const string Reading = """
        public interface IReadingSettings { [Default(1)] int Depth { get; } }
        [StageType(typeof(ReadingStage<,>))]
        public sealed class ReadingAttribute : StageAttribute;
        public struct ReadingStage<TSettings, TLimiter> : IIngressStage where TSettings : struct, IReadingSettings where TLimiter : struct, ILimiterSettings
        {
            public Verdict Receive(ref Packet packet) => default(TLimiter).Limit > 0 ? default : Verdict.Consumed;
        }
        """;

    [Theory]
    [MemberData(nameof(Declarations))]
    public async Task A_wrong_declaration_is_refused_with_what_to_write_instead(string rule, string source, string message)
    {
        var diagnostics = await Declared.Analyze(source);
        var diagnostic = Assert.Single(diagnostics, diagnostic => diagnostic.Id == rule && diagnostic.GetMessage(null) == message);
        Assert.Equal(DiagnosticSeverity.Error, diagnostic.Severity);
        Assert.All(diagnostics, other => Assert.Equal(rule, other.Id));
    }

    [Fact]
    public async Task Every_rule_has_a_declaration_that_breaks_it()
    {
        Assert.Equal(Diagnostics.All.Select(rule => rule.Id), Declarations.Select(row => row.Data.Item1).Distinct().Order());
        Assert.Empty(await Declared.Analyze("[NetworkStack] [NicQueues(1)] [Ipv4(\"10.0.0.1/8\")] [Udp] " + End));
    }
}
