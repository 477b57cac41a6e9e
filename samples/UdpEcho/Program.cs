using Millrace;
using Millrace.Nics;
using UdpEcho;

const int Datagrams = 100_000;
const int DatagramsInFlight = 32;
const long PollNanoseconds = 1_000;

using var wire = new MemoryWire();
var tally = new EchoTally();
using var echo = new EchoStack(new EchoStack.Setup { Nic = wire.B, Entropy = new Entropy(1, 2) });
using var probe = new ProbeStack(new ProbeStack.Setup { Nic = wire.A, Entropy = new Entropy(3, 4), Tally = tally });

Console.WriteLine(echo.Pipeline.Text);

// time is an argument: this host counts polls instead of reading a clock
for (long now = 0; tally.Echoed < Datagrams && now < 2L * Datagrams * PollNanoseconds; now += PollNanoseconds)
{
    while (tally.Sent < Datagrams && tally.Sent - tally.Echoed < DatagramsInFlight
        && probe.Udp.TrySend(EchoTally.Local, EchoTally.Service, tally.Payload))
    {
        tally.Sent++;
    }

    probe.Poll(0, 0, now);
    echo.Poll(0, 0, now);
}

Console.WriteLine($"{tally.Echoed:N0} of {tally.Sent:N0} datagrams came back as they were sent.");
return tally.Echoed == Datagrams ? 0 : 1;
