using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Millrace;
using Millrace.Headers;
using Millrace.Nics;
using Millrace.Testing;

namespace Router;

/// <summary>The router between two namespaces of the kernel, 10.1.0.2 and 10.2.0.2, each behind a TAP. It needs root.</summary>
public sealed class TapRun : IDisposable
{
    public const string Right = "10.2.0.2";

    private readonly Stopwatch clock = Stopwatch.StartNew();
    private readonly NetworkNamespace left = new();
    private readonly NetworkNamespace right = new();
    private readonly TapNic lan;
    private readonly TapNic wan;
    private readonly TextWriter output;

    public TapRun(TextWriter output)
    {
        this.output = output;
        lan = Open(left, "10.1.0.2/24", "10.1.0.1", "10.2.0.0/24", "02:00:00:00:01:01");
        wan = Open(right, "10.2.0.2/24", "10.2.0.1", "10.1.0.0/24", "02:00:00:00:02:01");
        Router = new RouterStack(new() { LanNic = lan, WanNic = wan, Entropy = Entropy.FromOperatingSystem() });
    }

    public RouterStack Router { get; }

    /// <returns>Whether the kernels reached each other.</returns>
    public bool Execute(RouterOptions options, int length = 32 << 20)
    {
        Router.Ipv4.AddRoutes(options.Routes.ToArray());
        var said = Ping();
        output.WriteLine(said);
        var received = Fetch(length);
        output.WriteLine($"{received:N0} of {length:N0} bytes came through by TCP; the router forwarded {Router.Ledger.Forwarded:N0} packets.");
        return said.Contains(" 0% packet loss", StringComparison.Ordinal) && received == length;
    }

    public void Dispose()
    {
        Router.Dispose();
        lan.Dispose();
        wan.Dispose();
        left.Dispose();
        right.Dispose();
    }

    private static TapNic Open(NetworkNamespace space, string address, string router, string others, string mac)
    {
        var tap = space.Run(() => new TapNic(new TapOptions { Name = "port", KernelAddress = address, Address = MacAddress.Parse(mac) }));
        space.Execute("ip", "route", "add", others, "via", router);
        return tap;
    }

    private string Ping()
    {
        using var process = left.Start("ping", "-c", "3", "-i", "0.05", "-W", "5", Right);
        var said = process.StandardOutput.ReadToEndAsync();
        RouteUntil(() => process.HasExited);
        return said.Result;
    }

    /// <summary>A connection of the kernel on the left to the one on the right, which sends bytes.</summary>
    private long Fetch(int length)
    {
        using var listener = right.Run(() =>
        {
            var made = new TcpListener(IPAddress.Any, 8000);
            made.Start();
            return made;
        });
        using var socket = left.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        var serving = Task.Run(() =>
        {
            using var client = listener.AcceptTcpClient();
            client.GetStream().Write(new byte[length]);
        });
        var fetching = Task.Run(() =>
        {
            socket.Connect(IPAddress.Parse(Right), 8000);
            var piece = new byte[65536];
            long received = 0;
            for (int count; (count = socket.Receive(piece)) > 0; received += count)
            {
            }

            return received;
        });
        RouteUntil(() => fetching.IsCompleted);
        serving.GetAwaiter().GetResult();
        return fetching.Result;
    }

    private void RouteUntil(Func<bool> isDone)
    {
        var until = clock.Elapsed + TimeSpan.FromSeconds(60);
        while (!isDone())
        {
            if (clock.Elapsed > until)
            {
                throw new TimeoutException("The kernels have not reached each other within a minute.");
            }

            Router.Wait(TimeSpan.FromMilliseconds(2));
            var now = clock.ElapsedTicks * (1_000_000_000 / Stopwatch.Frequency);
            Router.Poll(0, 0, now);
            Router.Poll(1, 0, now);
        }
    }
}
