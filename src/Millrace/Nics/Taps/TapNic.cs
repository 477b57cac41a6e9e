using Millrace.Headers;
using Millrace.Interop;
using Millrace.Memory;

namespace Millrace.Nics;

/// <summary>
/// A TAP of Linux: the kernel is at the other end of the cable. It passes unfinished checksums and unsegmented packets both
/// ways in the virtio-net header (drivers/net/tun.c). It stays in the network namespace it was opened in.
/// </summary>
public sealed class TapNic : Nic
{
    private readonly TapDevice[] devices;
    private readonly TapQueue?[] queues;
    private readonly KernelInterface kernel;
    private readonly Lock looking = new();
    private long nextLookAt = long.MinValue;
    private volatile int mtu;
    private volatile bool isUp;
    private int revision;

    /// <exception cref="NicException">There is no TAP to be had; the message says why and what to do.</exception>
    public TapNic(TapOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var address = options.ParseKernelAddress();
        Options = options;
        (devices, Name) = TapOpening.Open(options);
        queues = new TapQueue?[devices.Length];
        kernel = new KernelInterface(Name);
        try
        {
            TapOpening.Configure(kernel, options, Name, address);
            Address = options.Address ?? OwnAddress();
            Look(long.MinValue);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public TapNic()
        : this(new TapOptions())
    {
    }

    public TapOptions Options { get; }

    /// <summary>The interface's name in the kernel.</summary>
    public string Name { get; }

    public override NicFeatures Features => Options.Features;

    public override MacAddress Address { get; }

    public override int Mtu => mtu;

    public override bool IsLinkUp => isUp;

    public override int Revision => Volatile.Read(ref revision);

    public override int QueueCount => devices.Length;

    /// <summary>What the kernel did not take or give, over all queues.</summary>
    public TapCounters Counters
    {
        get
        {
            var sum = default(TapCounters);
            foreach (var queue in queues)
            {
                sum = queue is null ? sum : sum + queue.Counters;
            }

            return sum;
        }
    }

    public override NicQueue Open(int queue, Arena arena)
    {
        ArgumentNullException.ThrowIfNull(arena);
        ArgumentOutOfRangeException.ThrowIfNegative(queue);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(queue, QueueCount);
        if (queues[queue] is not null)
        {
            throw new InvalidOperationException($"Queue {queue} of {Name} is open already: a worker each.");
        }

        return queues[queue] = new TapQueue(this, devices[queue], arena);
    }

    /// <summary>Asks the kernel for link and MTU, if it is time.</summary>
    internal void LookIfDue(long now)
    {
        if (now < Volatile.Read(ref nextLookAt))
        {
            return;
        }

        lock (looking)
        {
            if (now >= nextLookAt)
            {
                Look(now);
            }
        }
    }

    private void Look(long now)
    {
        Volatile.Write(ref nextLookAt, now == long.MinValue ? now : now + Options.LookEveryNanoseconds);
        var currentMtu = kernel.ReadMtu(out var read) == 0 ? read : mtu;

        // an interface that is gone is down
        _ = kernel.ReadState(out _, out var running);
        if (currentMtu != mtu || running != isUp)
        {
            mtu = currentMtu;
            isUp = running;
            Interlocked.Increment(ref revision);
        }
    }

    /// <summary>The kernel's own address is random and local; its neighbour differs from it in one bit.</summary>
    private MacAddress OwnAddress()
    {
        const ulong group = 0x0100_0000_0000;
        const ulong local = 0x0200_0000_0000;
        var error = kernel.ReadAddress(out var other);
        if (error != 0)
        {
            throw new NicException($"The address of {Name} cannot be read: {Libc.Describe(error)}. Set TapOptions.Address.");
        }

        return new MacAddress(((other.Value ^ 1) & ~group) | local);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            kernel?.Dispose();
            foreach (var queue in queues)
            {
                queue?.Close();
            }

            foreach (var device in devices)
            {
                device.Dispose();
            }
        }
    }
}

/// <summary>What went wrong at the kernel's door, in packets.</summary>
/// <param name="Missed">Read, but there were not enough posted frames to hold them.</param>
/// <param name="Refused">Not taken by the kernel: too many frames, an impossible header, no memory.</param>
/// <param name="Down">Sent while the interface was down.</param>
/// <param name="Malformed">Read with a header that says something that was not offered.</param>
public readonly record struct TapCounters(long Missed, long Refused, long Down, long Malformed)
{
    public static TapCounters operator +(TapCounters left, TapCounters right) =>
        new(left.Missed + right.Missed, left.Refused + right.Refused, left.Down + right.Down, left.Malformed + right.Malformed);
}
