using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Millrace.Headers;
using Millrace.Tests;

namespace Millrace.Stack.Tests.Datagrams;

/// <summary>ARP, ICMP, fragments and UDP against Linux.</summary>
public sealed class KernelTests
{
    private static readonly IPEndPoint Echo = new(IPAddress.Parse("10.9.0.2"), 7);

    [Theory]
    [InlineData("56")]
    [InlineData("1472")]
    [InlineData("8000")]
    [InlineData("60000")]
    public void The_kernels_ping_is_answered_whole_or_in_fragments(string length)
    {
        Requires.Tap();
        Requires.Tool("ping");
        using var world = new KernelWorld();
        var said = world.Execute("ping", "-c", "3", "-i", "0.05", "-W", "5", "-s", length, "10.9.0.2");
        Assert.Contains(" 0% packet loss", said, StringComparison.Ordinal);
    }

    [Fact]
    public void The_kernel_learns_the_stacks_link_address()
    {
        Requires.Tap();
        Requires.Tool("ping");
        using var world = new KernelWorld();
        world.Execute("ping", "-c", "1", "-W", "5", "10.9.0.2");
        var neighbours = world.Space.Execute("ip", "neigh", "show", "10.9.0.2");
        Assert.Contains(world.OwnMac, neighbours, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void The_stack_asks_for_the_kernels_link_address_and_its_datagram_arrives()
    {
        Requires.Tap();
        using var world = new KernelWorld();
        using var socket = world.Space.Run(() => new UdpClient(new IPEndPoint(IPAddress.Parse("10.9.0.1"), 7000)));
        world.Until(() => world.Stack.Ledger.Transmitted > 0);
        var payload = Bytes(5000);
        Assert.True(world.Stack.Udp.TrySend(
            new InetEndpoint(default, 9), new InetEndpoint(InetAddress.Parse("10.9.0.1"), 7000), payload));
        world.Until(() => socket.Available > 0);
        IPEndPoint? from = null;
        Assert.Equal(payload, socket.Receive(ref from));
        Assert.Equal(new IPEndPoint(IPAddress.Parse("10.9.0.2"), 9), from);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1472)]
    [InlineData(1473)]
    [InlineData(9000)]
    [InlineData(65507)]
    public void A_datagram_of_the_kernel_comes_back_as_it_was(int length)
    {
        Requires.Tap();
        using var world = new KernelWorld();
        using var socket = world.Space.Run(() => new UdpClient(new IPEndPoint(IPAddress.Parse("10.9.0.1"), 0)));
        socket.Client.ReceiveTimeout = 10_000;
        var payload = Bytes(length);
        socket.Send(payload, Echo);
        world.Until(() => world.Stack.Ledger.Delivered > 0 && (length == 0 || socket.Available > 0));
        IPEndPoint? from = null;
        Assert.Equal(payload, socket.Receive(ref from));
        Assert.Equal(Echo, from);
    }

    [Fact]
    public void A_closed_port_is_a_refusal_to_the_kernels_socket()
    {
        Requires.Tap();
        using var world = new KernelWorld();
        using var socket = world.Space.Run(() => new UdpClient(AddressFamily.InterNetwork));
        socket.Connect("10.9.0.2", 9);
        socket.Send([1, 2, 3]);
        world.Until(() => world.Stack.Ledger.Dropped(DropReason.NoSocket) > 0);
        socket.Client.ReceiveTimeout = 10_000;
        IPEndPoint? from = null;
        Assert.Equal(SocketError.ConnectionRefused, Assert.Throws<SocketException>(() => socket.Receive(ref from)).SocketErrorCode);
    }

    [Fact]
    public void Tshark_finds_nothing_wrong_with_what_the_stack_sent()
    {
        Requires.Tap();
        Requires.Tool("ping");
        Requires.Tool("tshark");
        var capture = Path.Combine(Path.GetTempPath(), $"millrace-{Guid.NewGuid():N}.pcap");
        try
        {
            string own;
            using (var world = new KernelWorld(capture))
            {
                own = world.OwnMac;
                using var socket = world.Space.Run(() => new UdpClient(new IPEndPoint(IPAddress.Parse("10.9.0.1"), 0)));
                world.Execute("ping", "-c", "2", "-i", "0.05", "-W", "5", "-s", "8000", "10.9.0.2");
                socket.Send(Bytes(9000), Echo);
                socket.Send(Bytes(100), Echo);
                socket.Send(Bytes(100), new IPEndPoint(IPAddress.Parse("10.9.0.2"), 9));
                world.Until(() => world.Stack.Ledger.Delivered >= 2 && world.Stack.Ledger.Dropped(DropReason.NoSocket) > 0);
            }

            Assert.True(Tshark(capture, $"eth.src == {own}").Length > 20);
            Assert.NotEmpty(Tshark(capture, $"eth.src == {own} && icmp.type == 3 && icmp.code == 3"));
            Assert.NotEmpty(Tshark(capture, $"eth.src == {own} && udp.length == 9008 && udp.checksum.status == 1"));
            Assert.NotEmpty(Tshark(capture, $"eth.src == {own} && icmp.type == 0 && icmp.checksum.status == 1"));
            Assert.Empty(Tshark(capture, $"eth.src == {own} && (_ws.malformed || ip.checksum.status == 0 || udp.checksum.status == 0 "
                + "|| icmp.checksum.status == 0 || ip.fragment.error || ip.fragment.overlap || arp.duplicate-address-detected)"));
        }
        finally
        {
            File.Delete(capture);
        }
    }

    private static string[] Tshark(string capture, string filter)
    {
        string[] arguments = ["-n", "-r", capture, "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-Y", filter];
        using var process = Process.Start(new ProcessStartInfo("tshark", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error.Result);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }
}
