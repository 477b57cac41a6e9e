namespace Millrace.Testing.Scripts;

/// <summary>
/// A stack under test: packets of IPv4 in and out, socket calls that never wait, and a time that goes on only in
/// <see cref="Run"/>. Times are nanoseconds since the system was made.
/// </summary>
public interface IScriptSystem : IDisposable
{
    /// <summary><c>millrace</c> or <c>kernel</c>; the name that marks of scripts use.</summary>
    string Name { get; }

    long Now { get; }

    /// <summary>How much earlier and later than after the given time something may happen that a script expects then.</summary>
    (long Early, long Late) Tolerance(long duration);

    /// <summary>Sets a sysctl or a setting of the declaration, before <see cref="Start"/>.</summary>
    /// <exception cref="ScriptUnsupportedException">It has no such setting, or cannot take the value.</exception>
    void Set(string name, string value);

    /// <summary>Makes the stack with one interface of the given MTU and the address 192.0.2.1/24.</summary>
    void Start(int mtu);

    /// <summary>Lets a packet arrive.</summary>
    void Inject(ReadOnlySpan<byte> packet);

    /// <summary>Takes the next packet that the stack has sent, if there is one.</summary>
    bool TryTake(out TakenPacket packet);

    /// <summary>Lets time go on until there is a packet, or something else may have happened, at most to the given time.</summary>
    void Run(long until);

    /// <summary>A call on a non-blocking socket.</summary>
    /// <returns>What the call returns: a negative error of Linux if it fails.</returns>
    /// <exception cref="ScriptUnsupportedException">The system has no such call or option.</exception>
    long Call(SocketCall call);

    /// <summary>The state of a connection in the names of the kernel, CLOSED if there is none.</summary>
    string StateOf(uint local, ushort localPort, uint remote, ushort remotePort);

    /// <summary>A field of struct tcp_info.</summary>
    /// <exception cref="ScriptUnsupportedException">There is no such field.</exception>
    long InfoOf(int descriptor, string field);

    /// <summary>A counter of /proc/net/snmp or /proc/net/netstat.</summary>
    /// <exception cref="ScriptUnsupportedException">There is no such counter.</exception>
    long Counter(string name);

    /// <summary>Whatever can be checked when the script is over: accounts that must balance.</summary>
    void Check();
}

/// <summary>A packet of IPv4 and when it was sent.</summary>
public readonly record struct TakenPacket(byte[] Bytes, long At);

/// <summary>A socket call with its arguments; those that the call has not are 0 or empty.</summary>
public sealed record SocketCall(string Name, int Descriptor)
{
    /// <summary>What is written, or where to read to.</summary>
    public byte[] Buffer { get; init; } = [];

    /// <summary>MSG_ flags, how to shut down, a backlog, an ioctl.</summary>
    public int Number { get; init; }

    public uint Address { get; init; }

    public ushort Port { get; init; }

    /// <summary>An option by name, such as TCP_NODELAY.</summary>
    public string Option { get; init; } = string.Empty;

    /// <summary>One value, or the two of SO_LINGER.</summary>
    public int[] Values { get; init; } = [];
}
