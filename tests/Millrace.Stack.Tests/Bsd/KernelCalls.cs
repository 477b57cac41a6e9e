using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Millrace.Sockets;

namespace Millrace.Stack.Tests.Bsd;

/// <summary>The same calls on the kernel, over its loopback.</summary>
internal sealed partial class KernelCalls : SocketCalls
{
    private const int NonBlocking = 0x800;
    private const short AllEvents = 0x1 | 0x2 | 0x4 | 0x40 | 0x100 | 0x2000;

    private readonly HashSet<int> open = [];

    public override ushort PortOf(int socket)
    {
        var address = new byte[16];
        var length = address.Length;
        GetSockName(socket, address, ref length);
        return BinaryPrimitives.ReadUInt16BigEndian(address.AsSpan(2));
    }

    public override void Settle() => Thread.Sleep(60);

    public override void Dispose()
    {
        foreach (var socket in open)
        {
            CloseFile(socket);
        }
    }

    protected override int Create(int family, int type, int protocol) => Opened(SystemSocket(family, type | NonBlocking, protocol));

    protected override int BindTo(int socket, ushort port, bool isForeign) =>
        Result(SystemBind(socket, Address(port, isForeign ? (byte[])[198, 51, 100, 7] : [127, 0, 0, 1]), 16));

    protected override int ListenOn(int socket, int backlog) => Result(SystemListen(socket, backlog));

    protected override int AcceptOn(int socket) => Opened(SystemAccept(socket, 0, 0, NonBlocking));

    protected override int ConnectTo(int socket, ushort port) => Result(SystemConnect(socket, Address(port, [127, 0, 0, 1]), 16));

    protected override int DisconnectOn(int socket) => Result(SystemConnect(socket, new byte[16], 16));

    protected override int SendOn(int socket, byte[] bytes, MessageFlags flags, ushort to) => Result((int)(to == 0
        ? SystemSend(socket, bytes, bytes.Length, (int)(flags | MessageFlags.NoSignal))
        : SystemSendTo(socket, bytes, bytes.Length, (int)(flags | MessageFlags.NoSignal), Address(to, [127, 0, 0, 1]), 16)));

    protected override int ReceiveOn(int socket, byte[] bytes, MessageFlags flags) => Result((int)SystemReceive(socket, bytes, bytes.Length, (int)flags));

    protected override int ShutdownOn(int socket, int how) => Result(SystemShutdown(socket, how));

    protected override int CloseOn(int socket)
    {
        open.Remove(socket);
        return Result(CloseFile(socket));
    }

    protected override PollEvents PollOn(int socket)
    {
        var entry = new PollEntry { Descriptor = socket, Events = AllEvents };
        return SystemPoll(ref entry, 1, 0) < 0 ? PollEvents.Invalid : (PollEvents)entry.Returned;
    }

    protected override int GetOn(int socket, int level, int name, byte[] value)
    {
        var length = value.Length;
        return Result(SystemGetOption(socket, level, name, value, ref length));
    }

    protected override int SetOn(int socket, int level, int name, byte[] value) => Result(SystemSetOption(socket, level, name, value, value.Length));

    protected override int ControlOn(int socket, int request, out int value)
    {
        value = 0;
        return Result(SystemControl(socket, (nuint)request, ref value));
    }

    protected override int HasPeerOn(int socket)
    {
        var address = new byte[16];
        var length = address.Length;
        return Result(GetPeerName(socket, address, ref length));
    }

    private static byte[] Address(ushort port, byte[] address) => [2, 0, (byte)(port >> 8), (byte)port, .. address, 0, 0, 0, 0, 0, 0, 0, 0];

    private static int Result(int result) => result < 0 ? -Marshal.GetLastPInvokeError() : result;

    private int Opened(int descriptor)
    {
        if (descriptor >= 0)
        {
            open.Add(descriptor);
        }

        return Result(descriptor);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

#pragma warning disable SYSLIB1054 // generated marshalling would need raw memory allowed in the tests
    [DllImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static extern int SystemSocket(int family, int type, int protocol);

    [DllImport("libc", EntryPoint = "bind", SetLastError = true)]
    private static extern int SystemBind(int socket, byte[] address, int length);

    [DllImport("libc", EntryPoint = "listen", SetLastError = true)]
    private static extern int SystemListen(int socket, int backlog);

    [DllImport("libc", EntryPoint = "accept4", SetLastError = true)]
    private static extern int SystemAccept(int socket, nint address, nint length, int flags);

    [DllImport("libc", EntryPoint = "connect", SetLastError = true)]
    private static extern int SystemConnect(int socket, byte[] address, int length);

    [DllImport("libc", EntryPoint = "send", SetLastError = true)]
    private static extern nint SystemSend(int socket, byte[] bytes, nint length, int flags);

    [DllImport("libc", EntryPoint = "sendto", SetLastError = true)]
    private static extern nint SystemSendTo(int socket, byte[] bytes, nint length, int flags, byte[] address, int addressLength);

    [DllImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static extern nint SystemReceive(int socket, byte[] bytes, nint length, int flags);

    [DllImport("libc", EntryPoint = "shutdown", SetLastError = true)]
    private static extern int SystemShutdown(int socket, int how);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    private static extern int CloseFile(int socket);

    [DllImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static extern int SystemPoll(ref PollEntry entry, nuint count, int timeout);

    [DllImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    private static extern int SystemGetOption(int socket, int level, int name, byte[] value, ref int length);

    [DllImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    private static extern int SystemSetOption(int socket, int level, int name, byte[] value, int length);

    [DllImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static extern int SystemControl(int socket, nuint request, ref int value);

    [DllImport("libc", EntryPoint = "getsockname", SetLastError = true)]
    private static extern int GetSockName(int socket, byte[] address, ref int length);

    [DllImport("libc", EntryPoint = "getpeername", SetLastError = true)]
    private static extern int GetPeerName(int socket, byte[] address, ref int length);
#pragma warning restore SYSLIB1054
}
