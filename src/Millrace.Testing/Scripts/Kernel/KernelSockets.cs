using Millrace.Testing.Packets;

namespace Millrace.Testing.Scripts.Kernel;

/// <summary>Makes the calls of a script as system calls.</summary>
internal sealed class KernelSockets : IDisposable
{
    private const int FamilyInet = 2;
    private const int StreamNonBlocking = 1 | 0x800 | 0x80000;
    private const int NoSignal = 0x4000;

    private readonly HashSet<int> open = [];

    public long Call(SocketCall call)
    {
        var descriptor = call.Descriptor;
        switch (call.Name)
        {
            case "socket":
                return OpenSocket();
            case "accept":
                return Opened(SystemCalls.Accept(descriptor, 0, 0, StreamNonBlocking & ~1));
            case "bind":
                return SystemCalls.Result(SystemCalls.Bind(descriptor, Address(0, call.Port), 16));
            case "listen":
                return SystemCalls.Result(SystemCalls.Listen(descriptor, call.Number));
            case "connect":
                return SystemCalls.Result(SystemCalls.Connect(descriptor, Address(call.Address, call.Port), 16));
            case "recv":
                return SystemCalls.Result(SystemCalls.Receive(descriptor, call.Buffer, call.Buffer.Length, call.Number));
            case "send":
                return SystemCalls.Result(SystemCalls.Send(descriptor, call.Buffer, call.Buffer.Length, call.Number | NoSignal, null, 0));
            case "sendto":
                return SystemCalls.Result(SystemCalls.Send(
                    descriptor, call.Buffer, call.Buffer.Length, call.Number | NoSignal, Address(call.Address, call.Port), 16));
            case "shutdown":
                return SystemCalls.Result(SystemCalls.Shutdown(descriptor, call.Number));
            case "close":
                open.Remove(descriptor);
                return SystemCalls.Result(SystemCalls.Close(descriptor));
            case "ioctl":
                var error = SystemCalls.Result(SystemCalls.IoControl(descriptor, (nuint)call.Number, out var value));
                return error < 0 ? error : value;
            case "setsockopt":
                var (level, name) = Option(call);
                return SystemCalls.Result(SystemCalls.SetOption(descriptor, level, name, call.Values, call.Values.Length * sizeof(int)));
            case "getsockopt":
                return Read(call);
            case "poll":
                return Poll(descriptor);
            default:
                throw new ScriptUnsupportedException($"The kernel's driver has no call '{call.Name}'.");
        }
    }

    public void Dispose()
    {
        foreach (var descriptor in open)
        {
            _ = SystemCalls.Close(descriptor);
        }
    }

    private static long Read(SocketCall call)
    {
        var (level, name) = Option(call);
        var value = new byte[8];
        var length = sizeof(int);
        var error = SystemCalls.Result(SystemCalls.GetOption(call.Descriptor, level, name, value, ref length));
        return error < 0 ? error : BitConverter.ToInt32(value);
    }

    private static long Poll(int descriptor)
    {
        const short All = 0x1 | 0x2 | 0x4 | 0x2000;
        var entry = new SystemCalls.PollEntry { Descriptor = descriptor, Events = All };
        var timeout = default(SystemCalls.TimeSpecification);
        var result = SystemCalls.Result(SystemCalls.Poll(ref entry, 1, ref timeout, 0));
        return result < 0 ? result : (ushort)entry.Returned;
    }

    private static (int Level, int Name) Option(SocketCall call) => SocketCalls.Options.TryGetValue(call.Option, out var option)
        ? option
        : throw new ScriptUnsupportedException($"'{call.Option}' is no option that is known here; there are {string.Join(", ", SocketCalls.Options.Keys)}");

    /// <summary>With the congestion control of the kernel's source, not of who has set up this machine; what is accepted inherits it.</summary>
    private int OpenSocket()
    {
        const int LevelTcp = 6;
        const int CongestionControl = 13;
        var descriptor = Opened(SystemCalls.Socket(FamilyInet, StreamNonBlocking, 0));
        var error = SystemCalls.Result(SystemCalls.SetOption(descriptor, LevelTcp, CongestionControl, "cubic"u8.ToArray(), 5));
        return error == 0 ? descriptor : throw new ScriptUnsupportedException($"The kernel has no congestion control 'cubic': {Errors.Describe(error)}.");
    }

    private int Opened(int descriptor)
    {
        descriptor = SystemCalls.Result(descriptor);
        if (descriptor >= 0)
        {
            open.Add(descriptor);
        }

        return descriptor;
    }

    /// <summary>struct sockaddr_in.</summary>
    private static byte[] Address(uint address, ushort port)
    {
        var bytes = new byte[16];
        BitConverter.TryWriteBytes(bytes, (ushort)FamilyInet);
        WireFormat.Put16(bytes, 2, port);
        WireFormat.Put32(bytes, 4, address);
        return bytes;
    }
}
