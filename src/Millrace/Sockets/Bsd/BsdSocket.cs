using System.Buffers.Binary;
using Millrace.Headers;

namespace Millrace.Sockets;

/// <summary>What is behind a descriptor. Results are 0 or more, or an <see cref="Errno"/> negated.</summary>
internal abstract class BsdSocket(BsdSockets sockets)
{
    protected BsdSockets Sockets { get; } = sockets;

    /// <summary>SO_REUSEADDR.</summary>
    public bool ReusesAddress { get; set; }

    /// <summary>The address bound to; unspecified for any.</summary>
    public InetAddress LocalAddress { get; protected set; }

    /// <summary>The port bound to, 0 for none yet.</summary>
    public ushort LocalPort { get; protected set; }

    public abstract int Type { get; }

    /// <summary>An error that the next call tells (sk_err).</summary>
    protected Errno PendingError { get; set; }

    public abstract int Bind(InetEndpoint local);

    public virtual int Listen(int backlog) => Fail(Errno.EOPNOTSUPP);

    public virtual int Accept(out InetEndpoint peer)
    {
        peer = default;
        return Fail(Errno.EOPNOTSUPP);
    }

    public abstract int Connect(InetEndpoint remote);

    public abstract int Disconnect();

    public abstract int Send(ReadOnlySpan<byte> source, MessageFlags flags, InetEndpoint? remote);

    public abstract int Receive(Span<byte> destination, MessageFlags flags, out InetEndpoint source);

    public abstract int Shutdown(int how);

    public abstract void Close();

    public abstract PollEvents Ready();

    public abstract int Name(out InetEndpoint local);

    public abstract int PeerName(out InetEndpoint remote);

    public abstract int Control(int request, out int value);

    /// <param name="value">Of at least the length that the option has.</param>
    public abstract int SetOption(int level, int name, ReadOnlySpan<byte> value);

    public abstract int GetOption(int level, int name, Span<byte> value);

    /// <summary>Tells the pending error once (sock_error).</summary>
    protected int TakeError()
    {
        var error = PendingError;
        PendingError = Errno.None;
        return -(int)error;
    }

    /// <summary>Writes an option's number, as much of it as there is room for.</summary>
    protected static int Put(Span<byte> value, int number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        return Put(value, bytes);
    }

    protected static int Put(Span<byte> value, ReadOnlySpan<byte> bytes)
    {
        var count = Math.Min(value.Length, bytes.Length);
        bytes[..count].CopyTo(value);
        return count;
    }

    protected static bool TryNumber(ReadOnlySpan<byte> value, out int number)
    {
        number = value.Length < sizeof(int) ? 0 : BinaryPrimitives.ReadInt32LittleEndian(value);
        return value.Length >= sizeof(int);
    }

    protected static int Fail(Errno error) => -(int)error;
}
