using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Millrace.Headers;
using Millrace.Nics;
using Millrace.Testing;
using Millrace.Testing.Packets;
using Millrace.Testing.Traffic;
using Millrace.Tests;

namespace Millrace.Stack.Tests.Vlans;

/// <summary>Tags that cross the kernel: a packet socket sends them, and tcpdump sees what comes back.</summary>
public sealed class VlanKernelTests
{
    private const ushort Tci = 0xA00A;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public void The_kernel_takes_tags_to_the_stack_and_sees_the_stacks_own()
    {
        Requires.Tap();
        Requires.Tool("tcpdump");
        using var space = new NetworkNamespace();
        using var tap = space.Run(() => new TapNic(new TapOptions { KernelAddress = "10.0.0.9/24" }));
        using var stack = new VlanEcho(new() { Nic = tap, Entropy = new Entropy(1, 2) });
        var capture = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            using var socket = space.Run(() => new Socket(AddressFamily.Packet, SocketType.Raw, ProtocolType.Unspecified));
            var link = new PacketSocketAddress(int.Parse(space.Execute("ip", "-o", "link", "show", "dev", tap.Name).Split(':')[0], CultureInfo.InvariantCulture));
            using var tcpdump = space.Start("tcpdump", "-i", tap.Name, "-U", "-c", "2", "-w", capture, "ether", "src", tap.Address.ToString(), "and", "ether", "dst", "02:00:00:00:00:07");
            while (tcpdump.StandardError.ReadLine() is { } said && !said.Contains("listening", StringComparison.Ordinal))
            {
            }

            var path = PacketPath.Between("02:00:00:00:00:07", "10.0.0.7", tap.Address.ToString(), "10.0.0.1") with { Pad = true };
            var datagram = path.Frame(new UdpMessage { SourcePort = 4000, DestinationPort = 7, Payload = [.. "tagged"u8] });
            socket.SendTo(TaggedTraffic.Tag(path.ArpRequest(), Tci), link);
            socket.SendTo(TaggedTraffic.Tag(datagram, 20), link);
            socket.SendTo(TaggedTraffic.Tag(datagram, 30), link);
            socket.SendTo(datagram, link);
            socket.SendTo(TaggedTraffic.Tag(datagram, Tci), link);
            Poll(stack, () => tcpdump.HasExited);
            Poll(stack, () => stack.Ledger.IngressDrops(DropReason.VlanFiltered) > 0 && stack.Ledger.IngressDrops(DropReason.OtherHost) >= 2);

            var answers = Read(capture);
            Assert.Equal(2, answers.Count);
            Assert.All(answers, answer => Assert.Equal((ushort)10, answer.VlanTci));
            Assert.NotNull(answers[0].Arp);
            Assert.Equal(EthernetFrame.TypeIpv4, answers[1].EtherType);
            Assert.Equal(1, stack.Ledger.Delivered);
            LedgerAssert.Balanced(stack);
        }
        finally
        {
            File.Delete(capture);
        }
    }

    private static void Poll(VlanEcho stack, Func<bool> until)
    {
        var clock = Stopwatch.StartNew();
        while (!until())
        {
            Assert.True(clock.Elapsed < Patience, $"It did not happen. {LedgerAssert.Describe(stack)}");
            stack.Wait(TimeSpan.FromMilliseconds(5));
            stack.Poll(0, 0, Stopwatch.GetTimestamp() * (1_000_000_000 / Stopwatch.Frequency));
        }
    }

    private static List<Dissection> Read(string file)
    {
        using var reader = CaptureReader.Open(file);
        List<Dissection> frames = [];
        while (reader.Read())
        {
            frames.Add(Dissection.Of(reader.Data));
        }

        return frames;
    }
}
