using System.Diagnostics;
using System.Globalization;

namespace Millrace.Testing.Scripts.Kernel;

/// <summary>
/// The kernel of this machine behind a TUN, in the network namespace of the calling thread
/// (<see cref="NetworkNamespace.Run(Action)"/>), in real time. Everything is called on that thread.
/// </summary>
public sealed class KernelSystem : IScriptSystem
{
    private readonly long started = Stopwatch.GetTimestamp();
    private readonly KernelSockets sockets = new();
    private TunInterface? tun;

    public KernelSystem()
    {
        // times are measured when this thread wakes; without the right to it they are a little later
        _ = SystemCalls.SetPriority(0, 0, -20);

        // router solicitations and the like would be packets that no script expects
        foreach (var name in Directory.GetDirectories("/proc/sys/net/ipv6/conf"))
        {
            File.WriteAllText(Path.Combine(name, "disable_ipv6"), "1");
        }
    }

    public string Name => "kernel";

    public long Now => Stopwatch.GetElapsedTime(started).Ticks * TimeSpan.NanosecondsPerTick;

    /// <remarks>Timers of the kernel go by jiffies, and the farther ones are an eighth coarse (kernel/time/timer.c); the thread may wake late.</remarks>
    public (long Early, long Late) Tolerance(long duration) => (10_000_000, 40_000_000 + (duration / 7));

    public void Set(string name, string value)
    {
        var path = Path.Combine("/proc/sys", name.Replace('.', '/'));
        if (!File.Exists(path))
        {
            throw new ScriptUnsupportedException($"The kernel has no setting '{name}' in a network namespace; write the name of a sysctl, such as net.ipv4.tcp_timestamps.");
        }

        try
        {
            File.WriteAllText(path, value);
        }
        catch (IOException exception)
        {
            throw new ScriptUnsupportedException($"The kernel does not take '{value}' for {name}: {exception.Message}");
        }
    }

    public void Start(int mtu) => tun = new TunInterface(ScriptFlow.StackAddress, 24, mtu);

    public void Inject(ReadOnlySpan<byte> packet) => Tun.Write(packet.ToArray());

    public bool TryTake(out TakenPacket packet)
    {
        while (Tun.Read() is { } bytes)
        {
            if (bytes[0] >> 4 == 4 && bytes.Length > 9 && bytes[9] is Packets.Ipv4Datagram.Tcp or Packets.Ipv4Datagram.Icmp)
            {
                packet = new TakenPacket(bytes, Now);
                return true;
            }
        }

        packet = default;
        return false;
    }

    /// <remarks>A call that waits ends without a packet, so it never sleeps for long.</remarks>
    public void Run(long until) => Tun.Wait(Math.Min(until - Now, 2_000_000));

    public long Call(SocketCall call) => sockets.Call(call);

    public string StateOf(uint local, ushort localPort, uint remote, ushort remotePort)
    {
        var wanted = $"{Hexadecimal(local)}:{localPort:X4} {Hexadecimal(remote)}:{remotePort:X4}";
        foreach (var line in File.ReadLines("/proc/thread-self/net/tcp").Skip(1))
        {
            var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if ($"{parts[1]} {parts[2]}" == wanted)
            {
                return SocketCalls.States[int.Parse(parts[3], NumberStyles.HexNumber, CultureInfo.InvariantCulture)];
            }
        }

        return "CLOSED";
    }

    public long InfoOf(int descriptor, string field) => KernelInfo.Read(descriptor, field);

    public long Counter(string name)
    {
        foreach (var file in (string[])["/proc/thread-self/net/netstat", "/proc/thread-self/net/snmp"])
        {
            var lines = File.ReadAllLines(file);
            for (var i = 0; i + 1 < lines.Length; i += 2)
            {
                var names = lines[i].Split(' ');
                var index = Array.IndexOf(names, name);
                if (index > 0 && (names[0] is "Tcp:" or "TcpExt:"))
                {
                    return long.Parse(lines[i + 1].Split(' ')[index], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
                }
            }
        }

        throw new ScriptUnsupportedException($"The kernel has no counter '{name}'; /proc/net/netstat and /proc/net/snmp have the names.");
    }

    public void Check()
    {
    }

    public void Dispose()
    {
        sockets.Dispose();
        tun?.Dispose();
    }

    private TunInterface Tun => tun ?? throw new InvalidOperationException("The system was not started.");

    /// <summary>As /proc/net/tcp writes an address: four bytes of the wire read as a number of this machine.</summary>
    private static string Hexadecimal(uint address) =>
        System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(address).ToString("X8", CultureInfo.InvariantCulture);
}
