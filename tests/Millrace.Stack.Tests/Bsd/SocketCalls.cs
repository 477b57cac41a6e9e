using System.Text;
using Millrace.Sockets;

namespace Millrace.Stack.Tests.Bsd;

/// <summary>Socket calls that note what came of them, so that the same sequence can be run on two implementations and compared.</summary>
internal abstract class SocketCalls : IDisposable
{
    public const int Stream = SocketConstant.Stream;
    public const int Datagram = SocketConstant.Datagram;

    private readonly StringBuilder log = new();

    /// <summary>A line a call: what was asked and what came of it. Ports and descriptors differ, and are not in it.</summary>
    public string Log => log.ToString();

    public int Socket(int type) => type == 0 ? -1 : Create(SocketConstant.Inet, type, 0);

    public void Socket(int family, int type, int protocol) => Note($"socket {family} {type} {protocol}", Math.Min(Create(family, type, protocol), 0));

    public int Bind(int socket, ushort port = 0, bool isForeign = false) => Note(isForeign ? "bind to a foreign address" : "bind", BindTo(socket, port, isForeign));

    public int Listen(int socket, int backlog = 8) => Note($"listen {backlog}", ListenOn(socket, backlog));

    /// <returns>The descriptor, or the error; noted is only whether there was one.</returns>
    public int Accept(int socket)
    {
        var accepted = AcceptOn(socket);
        Note("accept", Math.Min(accepted, 0));
        return accepted;
    }

    public int Connect(int socket, ushort port) => Note("connect", ConnectTo(socket, port));

    public int Disconnect(int socket) => Note("disconnect", DisconnectOn(socket));

    public int Send(int socket, string text, MessageFlags flags = MessageFlags.None, ushort to = 0) =>
        Note($"send {text.Length} {flags}", SendOn(socket, Encoding.ASCII.GetBytes(text), flags, to));

    /// <summary>Notes what was received.</summary>
    public int Receive(int socket, int length = 100, MessageFlags flags = MessageFlags.None)
    {
        var bytes = new byte[length];
        var result = ReceiveOn(socket, bytes, flags);
        var text = Encoding.ASCII.GetString(bytes, 0, Math.Clamp(result, 0, length)).Replace('\0', '.');
        return Note($"recv {length} {flags} '{text}'", result);
    }

    /// <summary>Sends without a note: how much a buffer holds is no question of the sequence.</summary>
    public int SendQuietly(int socket, string text) => SendOn(socket, Encoding.ASCII.GetBytes(text), MessageFlags.None, 0);

    public int Shutdown(int socket, int how) => Note($"shutdown {how}", ShutdownOn(socket, how));

    public int Close(int socket) => Note("close", CloseOn(socket));

    public void Poll(int socket) => log.AppendLine($"poll {PollOn(socket)}");

    public void Get(int socket, int level, int name, int length = 4)
    {
        var bytes = new byte[length];
        var result = GetOn(socket, level, name, bytes);
        Note($"getsockopt {level} {name} {Convert.ToHexString(bytes)}", result);
    }

    public int Set(int socket, int level, int name, params int[] values)
    {
        var bytes = new byte[values.Length * sizeof(int)];
        Buffer.BlockCopy(values, 0, bytes, 0, bytes.Length);
        return Note($"setsockopt {level} {name} {string.Join(' ', values)}", SetOn(socket, level, name, bytes));
    }

    public void Control(int socket, int request)
    {
        var result = ControlOn(socket, request, out var value);
        Note($"ioctl {request:X} {value}", result);
    }

    public int HasPeer(int socket) => Note("getpeername", HasPeerOn(socket));

    /// <summary>The port of a socket, 0 for none.</summary>
    public abstract ushort PortOf(int socket);

    /// <summary>Lets what was caused happen.</summary>
    public abstract void Settle();

    public abstract void Dispose();

    protected abstract int Create(int family, int type, int protocol);

    protected abstract int BindTo(int socket, ushort port, bool isForeign);

    protected abstract int ListenOn(int socket, int backlog);

    protected abstract int AcceptOn(int socket);

    protected abstract int ConnectTo(int socket, ushort port);

    protected abstract int DisconnectOn(int socket);

    protected abstract int SendOn(int socket, byte[] bytes, MessageFlags flags, ushort to);

    protected abstract int ReceiveOn(int socket, byte[] bytes, MessageFlags flags);

    protected abstract int ShutdownOn(int socket, int how);

    protected abstract int CloseOn(int socket);

    protected abstract PollEvents PollOn(int socket);

    protected abstract int GetOn(int socket, int level, int name, byte[] value);

    protected abstract int SetOn(int socket, int level, int name, byte[] value);

    protected abstract int ControlOn(int socket, int request, out int value);

    protected abstract int HasPeerOn(int socket);

    private int Note(string call, int result)
    {
        log.AppendLine($"{call} = {(result < 0 ? $"-{(Errno)(-result)}" : result)}");
        return result;
    }
}
