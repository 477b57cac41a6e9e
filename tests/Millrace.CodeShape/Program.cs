using Millrace;
using Millrace.CodeShape;

// Runs the loop until the JIT has compiled it for good. The parent asks the JIT for its listing by environment variables.
byte[][] script = [Packets.Udp(64, 7), .. Packets.TcpFlow(1514, 5), Packets.Udp(512, 8), Packets.Udp(64, 9), Packets.Udp(1514, 7)];
using var nic = new SourceNic(script);
using var stack = new ShapedStack(new() { Nic = nic, Entropy = new Entropy(1, 2) });
using var inside = new SourceNic([Packets.Transit()]);
using var outside = new SourceNic([Packets.Gateway()]);
using var router = new RouterStack(new() { InsideNic = inside, OutsideNic = outside, Entropy = new Entropy(1, 2) });
var now = 0L;
for (var pause = 0; pause < 20; pause++)
{
    for (var poll = 0; poll < 100; poll++)
    {
        stack.Poll(0, 0, now += 10_000);
        router.Poll(0, 0, now);
        router.Poll(1, 0, 1, now);
    }

    // the background compiler needs a moment, not this thread
    Thread.Sleep(50);
}

Console.WriteLine($"received {stack.Ledger.Received}, delivered {stack.Ledger.Delivered}");
Console.WriteLine($"forwarded {router.Ledger.Forwarded} of {router.Ledger.Received}");
return stack.Ledger.IngressDue == stack.HeldIngress && router.Ledger.Forwarded > 100_000 ? 0 : 1;
