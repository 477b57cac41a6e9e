using System.Runtime.InteropServices;

namespace Millrace.Testing.Scripts.Kernel;

/// <summary>The system calls that a script makes, as they are: the sockets of .NET add calls of their own. Errors are negative.</summary>
internal static class SystemCalls
{
    public const int OpenReadWriteNonBlocking = 0x2 | 0x800 | 0x80000;
    public const short PollIn = 1;

    public static int Result(nint result) => result < 0 ? -Marshal.GetLastPInvokeError() : (int)result;

    [DllImport("libc", SetLastError = true, EntryPoint = "open")]
    public static extern int Open(byte[] path, int flags);

    [DllImport("libc", SetLastError = true, EntryPoint = "close")]
    public static extern int Close(int descriptor);

    [DllImport("libc", SetLastError = true, EntryPoint = "read")]
    public static extern nint Read(int descriptor, byte[] buffer, nint length);

    [DllImport("libc", SetLastError = true, EntryPoint = "write")]
    public static extern nint Write(int descriptor, byte[] buffer, nint length);

    [DllImport("libc", SetLastError = true, EntryPoint = "ioctl")]
    public static extern int IoControl(int descriptor, nuint request, byte[] argument);

    [DllImport("libc", SetLastError = true, EntryPoint = "ioctl")]
    public static extern int IoControl(int descriptor, nuint request, out int value);

    [DllImport("libc", SetLastError = true, EntryPoint = "ppoll")]
    public static extern int Poll(ref PollEntry entries, nuint count, ref TimeSpecification timeout, nint signals);

    [DllImport("libc", SetLastError = true, EntryPoint = "socket")]
    public static extern int Socket(int domain, int type, int protocol);

    [DllImport("libc", SetLastError = true, EntryPoint = "bind")]
    public static extern int Bind(int socket, byte[] address, int length);

    [DllImport("libc", SetLastError = true, EntryPoint = "listen")]
    public static extern int Listen(int socket, int backlog);

    [DllImport("libc", SetLastError = true, EntryPoint = "accept4")]
    public static extern int Accept(int socket, nint address, nint length, int flags);

    [DllImport("libc", SetLastError = true, EntryPoint = "connect")]
    public static extern int Connect(int socket, byte[] address, int length);

    [DllImport("libc", SetLastError = true, EntryPoint = "shutdown")]
    public static extern int Shutdown(int socket, int how);

    [DllImport("libc", SetLastError = true, EntryPoint = "recv")]
    public static extern nint Receive(int socket, byte[] buffer, nint length, int flags);

    [DllImport("libc", SetLastError = true, EntryPoint = "sendto")]
    public static extern nint Send(int socket, byte[] buffer, nint length, int flags, byte[]? address, int addressLength);

    [DllImport("libc", SetLastError = true, EntryPoint = "setsockopt")]
    public static extern int SetOption(int socket, int level, int name, int[] value, int length);

    [DllImport("libc", SetLastError = true, EntryPoint = "setsockopt")]
    public static extern int SetOption(int socket, int level, int name, byte[] value, int length);

    [DllImport("libc", SetLastError = true, EntryPoint = "getsockopt")]
    public static extern int GetOption(int socket, int level, int name, byte[] value, ref int length);

    /// <param name="which">0 for a thread, of the number that follows; 0 is the calling one.</param>
    [DllImport("libc", SetLastError = true, EntryPoint = "setpriority")]
    public static extern int SetPriority(int which, int number, int nice);

    /// <summary>struct pollfd.</summary>
    public struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    /// <summary>struct timespec.</summary>
    public struct TimeSpecification
    {
        public nint Seconds;
        public nint Nanoseconds;

        public static TimeSpecification Of(long nanoseconds) =>
            new() { Seconds = (nint)(nanoseconds / 1_000_000_000), Nanoseconds = (nint)(nanoseconds % 1_000_000_000) };
    }
}
