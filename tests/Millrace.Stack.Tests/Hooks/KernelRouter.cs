using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Millrace.Nics;
using Millrace.Testing;

namespace Millrace.Stack.Tests.Hooks;

[NetworkStack]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.9.0.1/16", Forwarding = true, IcmpRateLimitMilliseconds = 0)]
[Gso]
[Hook<Tally>]
public sealed partial class RouterStack;

[NetworkStack]
[Interface("lan")]
[Interface("wan")]
[NicQueues(1)]
[ChecksumOffload]
[Gro]
[Ipv4("10.9.1.1/24", On = "lan", Forwarding = true, IcmpRateLimitMilliseconds = 0)]
[Ipv4Address("10.9.2.1/24", On = "wan")]
[Gso]
[Hook<Tally>]
public sealed partial class TwoArmedStack;

/// <summary>Two kernels in two namespaces, 10.9.1.2 and 10.9.2.2, and the stack as the router between them. The test's thread is the worker.</summary>
internal sealed class KernelRouter : IDisposable
{
    public const string Right = "10.9.2.2";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Stopwatch clock = Stopwatch.StartNew();
    private readonly NetworkNamespace left = new();
    private readonly NetworkNamespace right = new();
    private readonly TapNic leftTap;
    private readonly TapNic rightTap;

    /// <param name="mtu">With one arm: of the router's interface, while the kernels' ends have 1500. With two: of the right wire.</param>
    /// <param name="hasTwoArms">An interface for each side, instead of one in the middle of a hub.</param>
    public KernelRouter(int mtu = 1500, bool hasTwoArms = false)
    {
        leftTap = Open(left, "10.9.1.2/24", hasTwoArms ? "10.9.1.1" : "10.9.0.1", "10.9.2.0/24", 1500);
        rightTap = Open(right, "10.9.2.2/24", hasTwoArms ? "10.9.2.1" : "10.9.0.1", "10.9.1.0/24", hasTwoArms ? mtu : 1500);
        Stack = hasTwoArms
            ? new TwoArmedStack(new() { LanNic = leftTap, WanNic = rightTap, Entropy = new Entropy(1, 2), Journal = Journal })
            : new RouterStack(new() { Nic = new HubNic(leftTap, rightTap, mtu), Entropy = new Entropy(1, 2), Journal = Journal });
    }

    public HookJournal Journal { get; } = new();

    public INetworkStack Stack { get; }

    /// <summary>Runs a command on the left to its end.</summary>
    /// <returns>What it said, whether it liked what it saw or not.</returns>
    public string Execute(string command, params string[] arguments)
    {
        using var process = left.Start(command, arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        var until = clock.Elapsed + Patience;
        while (!process.HasExited)
        {
            Assert.True(clock.Elapsed < until, $"{command} is not done. {LedgerAssert.Describe(Stack)}");
            Stack.Wait(TimeSpan.FromMilliseconds(2));
            for (var i = 0; i < Stack.Interfaces.Count; i++)
            {
                Stack.Poll(i, 0, clock.ElapsedTicks * (1_000_000_000 / Stopwatch.Frequency));
            }
        }

        return output.Result + error.Result;
    }

    /// <summary>A server on the right that answers one request with so many bytes.</summary>
    public TcpListener Serve(int port, int length)
    {
        var listener = right.Run(() =>
        {
            var made = new TcpListener(IPAddress.Any, port);
            made.Start();
            return made;
        });
        _ = Task.Run(() =>
        {
            using var client = listener.AcceptTcpClient();
            using var stream = client.GetStream();
            _ = stream.Read(new byte[4096]);
            stream.Write(System.Text.Encoding.ASCII.GetBytes($"HTTP/1.0 200 OK\r\nContent-Length: {length}\r\n\r\n"));
            var piece = new byte[65536];
            for (var sent = 0; sent < length; sent += piece.Length)
            {
                stream.Write(piece, 0, Math.Min(piece.Length, length - sent));
            }
        });
        return listener;
    }

    /// <summary>What the kernel on the right knows of the way to the left.</summary>
    public string RouteOnTheRight() => right.Execute("ip", "route", "get", "10.9.1.2");

    public void Dispose()
    {
        LedgerAssert.Balanced(Stack);
        Stack.Dispose();
        leftTap.Dispose();
        rightTap.Dispose();
        left.Dispose();
        right.Dispose();
    }

    private static TapNic Open(NetworkNamespace space, string address, string router, string others, int mtu)
    {
        var tap = space.Run(() => new TapNic(new TapOptions { Name = "port", Mtu = mtu, KernelAddress = address, Address = Headers.MacAddress.Parse("02:00:00:00:09:01") }));
        space.Execute("ip", "route", "add", router, "dev", "port");
        space.Execute("ip", "route", "add", others, "via", router);
        return tap;
    }
}
