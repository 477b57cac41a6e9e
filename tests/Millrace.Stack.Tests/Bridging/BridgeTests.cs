using Millrace.Bridging;
using Millrace.Headers;
using Millrace.Nics;
using Millrace.Testing;
using Millrace.Testing.Packets;
using Millrace.Testing.Traffic;

namespace Millrace.Stack.Tests.Bridging;

/// <summary>A bridge of three ports against a simple oracle, its ledgers, and the frames that are not for everybody.</summary>
public sealed class BridgeTests : IDisposable
{
    private const ulong Broadcast = 0xFFFF_FFFF_FFFF;
    private const ulong Second = 1_000_000_000;

    private readonly ScriptedNic[] nics = [.. Enumerable.Range(1, 3).Select(i => new ScriptedNic(Own(i)))];
    private readonly List<(int Port, string Frame)> sent = [];
    private readonly SwitchStack stack;
    private long now = 1_000_000_000;

    public BridgeTests()
    {
        stack = new SwitchStack(new() { OneNic = nics[0], TwoNic = nics[1], ThreeNic = nics[2], Entropy = new Entropy(1, 1) });
        for (var i = 0; i < nics.Length; i++)
        {
            var port = i;
            nics[i].Sent = packet => sent.Add((port, Convert.ToHexString(packet.Bytes)));
        }
    }

    public void Dispose() => stack.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Every_frame_goes_where_a_dictionary_says(int seed)
    {
        var random = new Random(seed);
        var oracle = new Dictionary<(ulong Station, int Vlan), (int Port, long At)>();
        for (var step = 0; step < 5_000; step++)
        {
            now += random.Next(50) == 0 ? random.NextInt64(400 * (long)Second) : random.Next(1_000_000);
            var (from, vlan) = (random.Next(3), random.Next(3));
            var source = 0x0200_0000_1000UL + (ulong)random.Next(20);
            var destination = random.Next(10) switch { 0 => Broadcast, 1 => 0x0100_5E00_0001UL, _ => 0x0200_0000_1000UL + (ulong)random.Next(20) };
            var frame = Frame(source, destination, vlan, 60 + random.Next(1000));
            foreach (var old in oracle.Where(pair => pair.Value.At < now - (300 * (long)Second)).Select(pair => pair.Key).ToArray())
            {
                oracle.Remove(old);
            }

            oracle[(source, vlan)] = (from, now);
            var isKnown = oracle.TryGetValue((destination, vlan), out var known);
            int[] ports = isKnown ? known.Port == from ? [] : [known.Port] : [.. Enumerable.Range(0, 3).Where(port => port != from)];
            Assert.Equal(ports.Select(port => (port, Convert.ToHexString(frame))), Pass(from, frame).Order());
            LedgerAssert.Balanced(stack);
        }

        var stations = new BridgeStation[64];
        var count = stack.Stations.CopyTo(stations);
        Assert.Superset(oracle.Keys.Select(key => (new MacAddress(key.Station), key.Vlan)).ToHashSet(), stations[..count].Select(station => (station.Address, station.Vlan)).ToHashSet());
        Assert.True(stack.Stations.Moved > 100);
    }

    [Fact]
    public void A_flooded_frame_is_forwarded_once_and_its_copies_are_created()
    {
        Pass(0, Frame(0x0200_0000_1000, Broadcast, 0, 100));
        var ledger = stack.Ledger;
        Assert.Equal((1L, 1L, 1L, 2L), (ledger.Received, ledger.Forwarded, ledger.Created, ledger.Transmitted));
        LedgerAssert.Balanced(stack);
    }

    [Theory]
    [InlineData(0x0180_C200_0000UL, 2, null)]
    [InlineData(0x0180_C200_0001UL, 0, DropReason.MacControl)]
    [InlineData(0x0180_C200_000EUL, 0, DropReason.UnhandledProtocol)]
    [InlineData(0x0180_C200_0010UL, 2, null)]
    public void What_belongs_to_a_link_stays_on_it(ulong group, int copies, DropReason? reason)
    {
        Assert.Equal(copies, Pass(1, Frame(0x0200_0000_1000, group, 0, 100)).Count);
        Assert.Equal(reason is null ? 0 : 1, stack.Ledger.IngressDropped);
        Assert.True(reason is null || stack.Ledger.IngressDrops(reason.Value) == 1);
        Assert.Equal(1, stack.Stations.Count);
    }

    [Theory]
    [InlineData(0x0100_0000_1000UL)]
    [InlineData(0UL)]
    [InlineData(0x0200_0000_0002UL)]
    public void A_source_that_no_station_can_have_is_dropped_and_not_learnt(ulong source)
    {
        Assert.Empty(Pass(0, Frame(source, Broadcast, 0, 100)));
        Assert.Equal((1L, 0), (stack.Ledger.IngressDrops(DropReason.MacInvalidSource), stack.Stations.Count));
    }

    [Fact]
    public void A_full_table_learns_nobody_new_and_a_flushed_one_floods()
    {
        for (var i = 0; i < 70; i++)
        {
            Pass(0, Frame(0x0200_0000_1000UL + (ulong)i, Broadcast, 0, 60));
        }

        Assert.Equal((64, 6L), (stack.Stations.Count, stack.Stations.NotLearnt));
        Assert.Equal(2, Pass(1, Frame(0x0200_0000_1000, 0x0200_0000_1045, 0, 60)).Count);
        Assert.Single(Pass(1, Frame(0x0200_0000_1001, 0x0200_0000_1002, 0, 60)));
        stack.Stations.Flush(0);
        Assert.Equal((2, 2), (stack.Stations.Count, Pass(1, Frame(0x0200_0000_1001, 0x0200_0000_1002, 0, 60)).Count));
    }

    [Fact]
    public void Forwarding_and_flooding_allocate_nothing()
    {
        byte[] flood = Frame(0x0200_0000_1000, Broadcast, 0, 1000), known = Frame(0x0200_0000_1001, 0x0200_0000_1000, 0, 1000);
        Array.ForEach(nics, nic => nic.Sent = null);
        Run(2_000);
        Assert.Equal(0, Allocated.By(() => Run(100_000)));
        Assert.Equal(stack.Ledger.Received, stack.Ledger.Forwarded);

        void Run(int count)
        {
            for (var i = 0; i < count; i += 2)
            {
                nics[0].Inject(flood);
                nics[1].Inject(known);
                now += 1000;
                stack.Poll(0, 0, now);
                stack.Poll(1, 0, now);
            }
        }
    }

    private static MacAddress Own(int number) => new(0x0200_0000_0000UL + (ulong)number);

    private static byte[] Frame(ulong source, ulong destination, int vlan, int length)
    {
        var frame = new EthernetFrame { Source = source, Destination = destination, EtherType = 0x88B5, Payload = new byte[length - EthernetFrame.HeaderLength] }.ToBytes();
        return vlan == 0 ? frame : TaggedTraffic.Tag(frame, (ushort)vlan);
    }

    private List<(int, string)> Pass(int port, byte[] frame)
    {
        sent.Clear();
        nics[port].Inject(frame);
        stack.Poll(port, 0, now);
        stack.Advance(now);
        return [.. sent];
    }
}
