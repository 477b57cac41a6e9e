using Millrace;
using Millrace.Ip;
using Millrace.Nics;
using Millrace.Sockets;

namespace EmbeddedC;

/// <summary>A stack with its NIC, its sockets and its time, behind one handle of the C program.</summary>
internal sealed class Embedding : IDisposable
{
    private const long Microsecond = 1_000;

    private long now;

    public Embedding(InterfaceAddress address, int mtu, int descriptors, Entropy entropy)
    {
        Nic = new IpNic(mtu);
        Sockets = new BsdSockets(descriptors);
        Stack = new EmbeddedStack(new EmbeddedStack.Setup { Nic = Nic, Entropy = entropy, Sockets = Sockets });
        Names = new KernelNames(Stack);
        Stack.Ipv4.SetAddress(0, address);

        // whoever is at the other end of the caller's buffers forwards everything
        Stack.Ipv4.AddRoute(new Ipv4Route(0, 0, 0, 0));
        Sockets.Attach(Stack.Ipv4, Stack.Tcp, EmbeddedStack.Applications.BsdTcp, Stack.Udp, EmbeddedStack.Applications.BsdUdp);
    }

    public IpNic Nic { get; }

    public BsdSockets Sockets { get; }

    public EmbeddedStack Stack { get; }

    public KernelNames Names { get; }

    /// <summary>Microseconds; <see cref="long.MaxValue"/> for never.</summary>
    public long Deadline
    {
        get
        {
            var deadline = Stack.NextDeadline;
            return deadline >= long.MaxValue - Microsecond ? long.MaxValue : Math.Max((deadline + Microsecond - 1) / Microsecond, now / Microsecond);
        }
    }

    /// <summary>Does what is due, and sends what follows.</summary>
    /// <returns>False if time would go back.</returns>
    public bool TryAdvance(long microseconds)
    {
        if (microseconds < now / Microsecond || microseconds > long.MaxValue / Microsecond)
        {
            return false;
        }

        now = microseconds * Microsecond;
        Poll();
        return true;
    }

    /// <summary>Sends what a call has caused, as the kernel does before the call returns.</summary>
    public int Flush(int result)
    {
        Poll();
        return result;
    }

    private void Poll()
    {
        // a packet to this stack itself is taken in by the poll after
        do
        {
            Stack.Poll(0, 0, now);
        }
        while (Nic.Waiting > 0);
    }

    public void Dispose()
    {
        Stack.Dispose();
        Nic.Dispose();
    }
}
