using System.Globalization;
using System.Reflection;
using Millrace.Headers;
using Millrace.Sockets;
using Millrace.Tcp;
using Millrace.Testing.Packets;
using Millrace.Testing.Traffic;

namespace Millrace.Testing.Scripts.Stacks;

/// <summary>A stack under test, the TCP in it, and its BSD sockets, which are attached.</summary>
public sealed record ScriptedStack(INetworkStack Stack, TcpSockets Tcp, BsdSockets Sockets);

/// <summary>
/// A declared stack in virtual time. Its declaration has one interface of the address 192.0.2.1/24 and BSD sockets
/// (<see cref="BsdSockets"/>); settings that scripts may change are run-time ones
/// (<c>[NetworkStack(Runtime = RuntimeSettings.All)]</c>).
/// </summary>
public sealed class MillraceSystem : IScriptSystem
{
    private static readonly MacAddress OwnAddress = MacAddress.Parse("02:00:00:00:00:01");
    private const ulong PeerMac = 0x0200_0000_0002;
    private const ulong StackMac = 0x0200_0000_0001;

    private readonly Func<ScriptedNic, ScriptedStack> make;
    private readonly List<(string Name, string Value)> settings = [];
    private readonly Queue<TakenPacket> sent = [];
    private ScriptedNic? nic;
    private ScriptedStack? made;
    private StackSockets? sockets;

    /// <param name="make">Makes the stack with the NIC.</param>
    public MillraceSystem(Func<ScriptedNic, ScriptedStack> make) => this.make = make;

    public string Name => "millrace";

    public long Now { get; private set; } = 1_000_000_000;

    /// <remarks>The kernel's times are jiffies of 4 ms here, and scripts are written with its.</remarks>
    public (long Early, long Late) Tolerance(long duration) => (1_000_000, 4_000_000);

    public void Set(string name, string value) => settings.Add((name, value));

    public void Start(int mtu)
    {
        nic = new ScriptedNic(OwnAddress, mtu: mtu) { Sent = Sent };
        made = make(nic);
        sockets = new StackSockets(made.Sockets, made.Tcp);
        foreach (var (name, value) in settings)
        {
            StackSettings.Set(made.Stack, name, value);
        }

        Settle();
    }

    public void Inject(ReadOnlySpan<byte> packet)
    {
        nic!.Inject(new EthernetFrame { Destination = StackMac, Source = PeerMac, Payload = packet.ToArray() }.ToBytes());
        Settle();
    }

    public bool TryTake(out TakenPacket packet) => sent.TryDequeue(out packet);

    public void Run(long until)
    {
        Settle();
        if (sent.Count > 0)
        {
            return;
        }

        Now = Math.Max(Now, Math.Min(until, Stack.NextDeadline));
        Settle();
    }

    public long Call(SocketCall call)
    {
        // TCP knows the time by the poll before
        Stack.Advance(Now);
        var result = sockets!.Call(call);
        Settle();
        return result;
    }

    public string StateOf(uint local, ushort localPort, uint remote, ushort remotePort)
    {
        var state = made!.Tcp.FindState(
            new InetEndpoint(InetAddress.FromIpv4(local), localPort), new InetEndpoint(InetAddress.FromIpv4(remote), remotePort));
        return SocketCalls.States[(int)TcpInfo.NumberOf(state)];
    }

    public long InfoOf(int descriptor, string field)
    {
        Stack.Advance(Now);
        var name = string.Concat(field.Split('_').Select(part => char.ToUpperInvariant(part[0]) + part[1..]));
        var property = typeof(TcpInfo).GetProperty(name)
            ?? throw new ScriptUnsupportedException($"TcpInfo has no field '{field}' yet; there are {string.Join(", ", typeof(TcpInfo).GetProperties().Select(known => known.Name))}");
        return Convert.ToInt64(property.GetValue(sockets!.InfoOf(descriptor)), CultureInfo.InvariantCulture);
    }

    public long Counter(string name)
    {
        var field = typeof(TcpCounters).GetField(name, BindingFlags.Public | BindingFlags.Instance)
            ?? throw new ScriptUnsupportedException($"TcpCounters has no counter '{name}' yet.");
        return (long)field.GetValue(made!.Tcp.Counters)!;
    }

    public void Check() => LedgerAssert.Balanced(Stack);

    public void Dispose() => made?.Stack.Dispose();

    private INetworkStack Stack => made?.Stack ?? throw new InvalidOperationException("The system was not started.");

    /// <summary>Polls until the stack has nothing more to do at this instant.</summary>
    private void Settle()
    {
        const int Rounds = 10_000;
        for (var round = 0; round < Rounds; round++)
        {
            var before = Activity;
            var taken = Stack.Poll(0, Stack.Queue, Now);
            if (taken == 0 && Activity == before && Stack.NextDeadline > Now)
            {
                return;
            }
        }

        throw new VirtualTimeException($"The stack comes to no rest at {Now} ns. {LedgerAssert.Describe(Stack)}");
    }

    private long Activity => Stack.Ledger.Received + Stack.Ledger.Created + Stack.Ledger.Transmitted;

    /// <summary>What the stack sends is kept for the script; who it asks the link address of is answered.</summary>
    private void Sent(SentPacket packet)
    {
        var dissection = Dissection.Of(packet.Bytes);
        if (dissection.Arp is { Operation: ArpMessage.Request } asked)
        {
            var answer = new ArpMessage
            {
                Operation = ArpMessage.Reply,
                SenderMac = PeerMac,
                SenderAddress = asked.TargetAddress,
                TargetMac = asked.SenderMac,
                TargetAddress = asked.SenderAddress,
            };
            nic!.Inject(new EthernetFrame
            {
                Destination = asked.SenderMac, Source = PeerMac, EtherType = EthernetFrame.TypeArp, Payload = answer.ToBytes(),
            }.ToBytes());
        }
        else if (dissection.Ip is not null)
        {
            sent.Enqueue(new TakenPacket(packet.Bytes[dissection.NetworkOffset..], packet.At));
        }
    }
}
