using System.Diagnostics;
using Millrace.Bridging;
using Millrace.Nics;
using Millrace.Stack.Tests.Taps;
using Millrace.Taps;
using Millrace.Testing;
using Millrace.Tests;

namespace Millrace.Stack.Tests.Bridging;

/// <summary>A bridge between two TAPs carries the kernel's own traffic between two network namespaces.</summary>
public sealed class BridgeKernelTests
{
    private const int Length = 64 << 20;

    private const string Server = """
        import socket, threading, hashlib
        s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(('10.9.0.2', 7000)); s.listen(256)
        print('ready', flush=True)
        def serve(c):
            h = hashlib.sha256()
            while True:
                d = c.recv(1 << 16)
                if not d: break
                h.update(d)
            c.sendall(h.hexdigest().encode()); c.close()
        while True:
            c, _ = s.accept()
            threading.Thread(target=serve, args=(c,), daemon=True).start()
        """;

    private const string Client = """
        import socket, hashlib, sys
        def send(n, seed):
            c = socket.create_connection(('10.9.0.2', 7000), timeout=20); h = hashlib.sha256(); b = bytes((i * 7 + seed) % 251 for i in range(1 << 16)); left = n
            while left > 0:
                p = b[:min(left, len(b))]; c.sendall(p); h.update(p); left -= len(p)
            c.shutdown(socket.SHUT_WR); a = b''
            while True:
                d = c.recv(100)
                if not d: break
                a += d
            c.close()
            return a.decode() == h.hexdigest()
        count, length = int(sys.argv[1]), int(sys.argv[2])
        print(sum(send(length, i) for i in range(count)))
        """;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void It_carries_transfers_connections_and_pings_between_two_namespaces(bool offloads)
    {
        Requires.Tap();
        Requires.Tool("python3");
        Requires.Tool("ping");
        Requires.Tool("tshark");
        var file = Path.GetTempFileName();
        try
        {
            using (var sink = new PcapngTapSink(File.Create(file), new() { BufferLength = 1 << 20 }))
            {
                Carry(offloads, sink);
            }

            Assert.Empty(Capture.Dissect(file, "_ws.malformed", "frame.number"));
            Assert.Equal(["lan0", "lan1"], Capture.Dissect(file, "frame", "frame.interface_name").Distinct().Order());
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static void Carry(bool offloads, PcapngTapSink sink)
    {
        using NetworkNamespace left = new(), right = new();
        var options = offloads ? new TapOptions() : new TapOptions { Features = NicFeatures.None, LargeReceive = false };
        using var first = left.Run(() => new TapNic(options with { KernelAddress = "10.9.0.1/24" }));
        using var second = right.Run(() => new TapNic(options with { KernelAddress = "10.9.0.2/24" }));
        using var stack = new KernelBridge(new() { Lan0Nic = first, Lan1Nic = second, Entropy = new Entropy(1, 2), TapSink = sink });
        var clock = Stopwatch.StartNew();
        using var server = right.Start("python3", "-c", Server);
        Until(() => true);
        Assert.Equal("ready", server.StandardOutput.ReadLine());
        Assert.Contains(" 0% packet loss", Execute(left, "ping", "-c", "5", "-i", "0.01", "10.9.0.2"), StringComparison.Ordinal);
        Assert.Contains(" 0% packet loss", Execute(right, "ping", "-c", "5", "-i", "0.01", "10.9.0.1"), StringComparison.Ordinal);
        Assert.Equal("1", Execute(left, "python3", "-c", Client, "1", Length.ToString(null, null)).Trim());
        Assert.Equal("200", Execute(left, "python3", "-c", Client, "200", "10000").Trim());
        sink.Flush();
        var stations = new BridgeStation[16];
        var known = stations[..stack.Stations.CopyTo(stations)];
        Assert.Equal([0, 1], known.Select(station => station.Port).Order());
        Assert.Equal(0, stack.Stations.Moved);
        LedgerAssert.Balanced(stack);
        server.Kill();
        server.WaitForExit();

        void Until(Func<bool> condition)
        {
            do
            {
                var now = clock.ElapsedTicks * (1_000_000_000 / Stopwatch.Frequency);
                if (stack.Poll(0, 0, now) + stack.Poll(1, 0, now) == 0)
                {
                    stack.Wait(TimeSpan.FromMilliseconds(5));
                }

                Assert.True(clock.Elapsed < TimeSpan.FromSeconds(90), $"It did not happen. {LedgerAssert.Describe(stack)}");
            }
            while (!condition());
        }

        string Execute(NetworkNamespace space, string command, params string[] arguments)
        {
            using var process = space.Start(command, arguments);
            var output = process.StandardOutput.ReadToEndAsync();
            var error = process.StandardError.ReadToEndAsync();
            Until(() => process.HasExited);
            Assert.True(process.ExitCode == 0, $"{command} says {process.ExitCode}: {output.Result} {error.Result}");
            return output.Result;
        }
    }
}
