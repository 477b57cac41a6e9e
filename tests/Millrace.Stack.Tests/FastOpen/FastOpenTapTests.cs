using System.Net;
using System.Net.Sockets;
using System.Text;
using Millrace.Headers;
using Millrace.Tcp;
using Millrace.Tests;

namespace Millrace.Stack.Tests.FastOpen;

/// <summary>Fast Open (RFC 7413) with Linux, both ways.</summary>
public sealed class FastOpenTapTests
{
    private const int ProtocolTcp = 6;
    private const int OptionFastOpen = 23;
    private const int OptionFastOpenConnect = 30;
    private const int AskerApplication = 1;

    [Fact]
    public void The_kernel_fetches_a_cookie_and_then_sends_data_in_its_SYN()
    {
        Requires.Tap();
        using var world = new FastOpenWorld();
        Assert.Equal("first", Ask(world, "first"));
        Assert.Equal(0, world.Kernel("TCPFastOpenActive"));
        Assert.Equal("second", Ask(world, "second"));
        Assert.Equal(1, world.Kernel("TCPFastOpenActive"));
        Assert.Equal(0, world.Kernel("TCPFastOpenActiveFail"));
    }

    [Fact]
    public void A_cookie_of_the_key_before_counts_and_one_of_an_older_key_falls_back()
    {
        Requires.Tap();
        using var world = new FastOpenWorld();
        Ask(world, "first");
        world.Stack.Tcp.ChangeFastOpenKey(1);
        Assert.Equal("second", Ask(world, "second"));
        Assert.Equal(1, world.Kernel("TCPFastOpenActive"));
        world.Stack.Tcp.ChangeFastOpenKey(2);
        world.Stack.Tcp.ChangeFastOpenKey(3);
        Assert.Equal("third", Ask(world, "third"));
        Assert.Equal(1, world.Kernel("TCPFastOpenActiveFail"));
        Assert.Equal("fourth", Ask(world, "fourth"));
        Assert.Equal(2, world.Kernel("TCPFastOpenActive"));
    }

    [Fact]
    public void The_stack_fetches_a_cookie_of_the_kernel_and_then_sends_data_in_its_SYN()
    {
        Requires.Tap();
        using var world = new FastOpenWorld();
        using var listener = Listen(world);
        Assert.Equal("first", Tell(world, listener, "first"));
        Assert.Equal((1, 0), (world.Kernel("TCPFastOpenCookieReqd"), world.Kernel("TCPFastOpenPassive")));
        Assert.Equal("second", Tell(world, listener, "second"));
        Assert.Equal((1, 0), (world.Kernel("TCPFastOpenPassive"), world.Kernel("TCPFastOpenPassiveFail")));
    }

    [Fact]
    public void A_cookie_that_the_kernel_does_not_know_falls_back_and_is_replaced()
    {
        Requires.Tap();
        using var world = new FastOpenWorld();
        using var listener = Listen(world);
        Tell(world, listener, "first");
        world.Space.SetParameter("ipv4/tcp_fastopen_key", "01020304-05060708-090a0b0c-0d0e0f10");
        Assert.Equal("second", Tell(world, listener, "second"));
        Assert.Equal((0, 1), (world.Kernel("TCPFastOpenPassive"), world.Kernel("TCPFastOpenPassiveFail")));
        Assert.Equal("third", Tell(world, listener, "third"));
        Assert.Equal(1, world.Kernel("TCPFastOpenPassive"));
    }

    /// <summary>A client of the kernel that connects with data, and what it is answered.</summary>
    private static string Ask(FastOpenWorld world, string text)
    {
        using var client = world.Space.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        client.SetRawSocketOption(ProtocolTcp, OptionFastOpenConnect, BitConverter.GetBytes(1));
        client.ReceiveTimeout = 10_000;
        return world.Await(() =>
        {
            client.Connect(new IPEndPoint(IPAddress.Parse("10.9.0.2"), 80));
            client.Send(Encoding.ASCII.GetBytes(text));
            return Read(client);
        });
    }

    private static Socket Listen(FastOpenWorld world)
    {
        var listener = world.Space.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        listener.SetRawSocketOption(ProtocolTcp, OptionFastOpen, BitConverter.GetBytes(16));
        listener.Bind(new IPEndPoint(IPAddress.Parse("10.9.0.1"), 80));
        listener.Listen(16);
        return listener;
    }

    /// <summary>The stack connects with data, and what the kernel's server reads.</summary>
    private static string Tell(FastOpenWorld world, Socket listener, string text)
    {
        var remote = new InetEndpoint(InetAddress.Parse("10.9.0.1"), 80);
        var result = world.Stack.Tcp.Connect(AskerApplication, remote, Encoding.ASCII.GetBytes(text), out _, out var written);
        Assert.Equal((TcpConnectResult.Opening, text.Length), (result, written));
        return world.Await(() =>
        {
            using var server = listener.Accept();
            server.ReceiveTimeout = 10_000;
            return Read(server);
        });
    }

    private static string Read(Socket socket)
    {
        var buffer = new byte[100];
        return Encoding.ASCII.GetString(buffer, 0, socket.Receive(buffer));
    }
}
