using System.Runtime.InteropServices;

namespace Millrace.Interop;

/// <summary>
/// The system calls of Linux that NICs need; DllImport, because the code that LibraryImport generates is outside of this
/// folder and so would need raw memory allowed there. All arguments are blittable. None of them suppresses the GC transition: every one may block. Calls return
/// what the kernel does, a negative number of <see cref="Errno"/> in case of an error.
/// </summary>
internal static unsafe class Libc
{
    public const int OpenReadWrite = 0x2;
    public const int OpenNonBlocking = 0x800;
    public const int OpenCloseOnExec = 0x80000;
    public const short PollIn = 0x1;
    public const short PollOut = 0x4;
    public const short PollError = 0x8 | 0x10 | 0x20;

    private const int AddressFamilyInet = 2;
    private const int SocketDatagram = 2;
    private const int EventNonBlocking = OpenNonBlocking;
    private const int InterestAdd = 1;
    private const int InterestRemove = 2;
    private const int CloneNewNetwork = 0x4000_0000;
    private const int ProtectReadWrite = 0x1 | 0x2;
    private const int MapPrivateAnonymousNoReserve = 0x2 | 0x20 | 0x4000;
    private const int AdviceHugePage = 14;

    /// <param name="path">UTF-8, ended by a zero byte.</param>
    public static int Open(ReadOnlySpan<byte> path, int flags)
    {
        fixed (byte* first = path)
        {
            var descriptor = OpenFile(first, flags);
            return descriptor < 0 ? -Marshal.GetLastPInvokeError() : descriptor;
        }
    }

    public static int OpenControlSocket()
    {
        var descriptor = OpenSocket(AddressFamilyInet, SocketDatagram | OpenCloseOnExec, 0);
        return descriptor < 0 ? -Marshal.GetLastPInvokeError() : descriptor;
    }

    public static int OpenEvent()
    {
        var descriptor = EventDescriptor(0, EventNonBlocking | OpenCloseOnExec);
        return descriptor < 0 ? -Marshal.GetLastPInvokeError() : descriptor;
    }

    public static int Control(int descriptor, nuint request, void* argument) =>
        IoControl(descriptor, request, argument) < 0 ? -Marshal.GetLastPInvokeError() : 0;

    public static int ReadVector(int descriptor, IoVector* vectors, int count)
    {
        var length = ReadV(descriptor, vectors, count);
        return length < 0 ? -Marshal.GetLastPInvokeError() : (int)length;
    }

    public static int WriteVector(int descriptor, IoVector* vectors, int count)
    {
        var length = WriteV(descriptor, vectors, count);
        return length < 0 ? -Marshal.GetLastPInvokeError() : (int)length;
    }

    /// <param name="timeout">Negative waits for ever.</param>
    public static int Poll(Span<PollDescriptor> descriptors, TimeSpan timeout)
    {
        TimeSpecification time;
        time.Seconds = (nint)(timeout.Ticks / TimeSpan.TicksPerSecond);
        time.Nanoseconds = (nint)(timeout.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick);
        fixed (PollDescriptor* first = descriptors)
        {
            var ready = PPoll(first, (nuint)descriptors.Length, timeout < TimeSpan.Zero ? null : &time, null);
            return ready < 0 ? -Marshal.GetLastPInvokeError() : ready;
        }
    }

    /// <summary>Makes an epoll(7) that tells whether a descriptor has something to read.</summary>
    public static int OpenInterest(int descriptor)
    {
        var interest = EPollCreate(OpenCloseOnExec);
        if (interest < 0)
        {
            return -Marshal.GetLastPInvokeError();
        }

        var error = SetInterest(interest, descriptor, true);
        if (error < 0)
        {
            _ = Close(interest);
            return error;
        }

        return interest;
    }

    /// <summary>Says whether it tells so from now on, also to a thread that waits for it already.</summary>
    /// <remarks>Taken out and put in, not modified: errors of a descriptor are told as long as it is in.</remarks>
    public static int SetInterest(int interest, int descriptor, bool wanted)
    {
        // struct epoll_event is packed on x64 and not elsewhere; both have the events first
        var change = stackalloc uint[4];
        change[0] = (uint)PollIn;
        change[1] = change[2] = change[3] = 0;
        return EPollControl(interest, wanted ? InterestAdd : InterestRemove, descriptor, change) < 0 ? -Marshal.GetLastPInvokeError() : 0;
    }

    public static void SignalEvent(int descriptor)
    {
        ulong one = 1;
        // EAGAIN says that the counter is at its maximum: the event is signalled all the more
        _ = Write(descriptor, &one, sizeof(ulong));
    }

    public static void ClearEvent(int descriptor)
    {
        ulong count;
        // EAGAIN says that it was not signalled
        _ = Read(descriptor, &count, sizeof(ulong));
    }

    /// <summary>Gives the calling thread a network namespace of its own; threads and processes it starts inherit it.</summary>
    public static int UnshareNetwork() => Unshare(CloneNewNetwork) < 0 ? -Marshal.GetLastPInvokeError() : 0;

    /// <summary>Address space that takes memory as it is written (mmap with MAP_NORESERVE); null if the kernel gives none.</summary>
    public static void* ReservePages(nuint length)
    {
        var start = Map(null, length, ProtectReadWrite, MapPrivateAnonymousNoReserve, -1, 0);
        return start == (void*)-1 ? null : start;
    }

    public static void ReleasePages(void* start, nuint length) => _ = Unmap(start, length);

    /// <summary>Asks for huge pages; where there are none it stays as it was.</summary>
    public static void AdviseHugePages(void* start, nuint length) => _ = Advise(start, length, AdviceHugePage);

    public static string Describe(int error) => Marshal.GetPInvokeErrorMessage(Math.Abs(error));

    [DllImport("libc", EntryPoint = "close")]
    public static extern int Close(int descriptor);

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    private static extern int OpenFile(byte* path, int flags);

    [DllImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static extern int OpenSocket(int domain, int type, int protocol);

    [DllImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static extern int EventDescriptor(uint initial, int flags);

    [DllImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static extern int IoControl(int descriptor, nuint request, void* argument);

    [DllImport("libc", EntryPoint = "readv", SetLastError = true)]
    private static extern nint ReadV(int descriptor, IoVector* vectors, int count);

    [DllImport("libc", EntryPoint = "writev", SetLastError = true)]
    private static extern nint WriteV(int descriptor, IoVector* vectors, int count);

    [DllImport("libc", EntryPoint = "read")]
    private static extern nint Read(int descriptor, void* buffer, nuint length);

    [DllImport("libc", EntryPoint = "write")]
    private static extern nint Write(int descriptor, void* buffer, nuint length);

    [DllImport("libc", EntryPoint = "ppoll", SetLastError = true)]
    private static extern int PPoll(PollDescriptor* descriptors, nuint count, TimeSpecification* timeout, void* signals);

    [DllImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static extern int EPollCreate(int flags);

    [DllImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static extern int EPollControl(int interest, int operation, int descriptor, void* change);

    [DllImport("libc", EntryPoint = "mmap")]
    private static extern void* Map(void* address, nuint length, int protection, int flags, int descriptor, nint offset);

    [DllImport("libc", EntryPoint = "munmap")]
    private static extern int Unmap(void* address, nuint length);

    [DllImport("libc", EntryPoint = "madvise")]
    private static extern int Advise(void* address, nuint length, int advice);

    [DllImport("libc", EntryPoint = "unshare", SetLastError = true)]
    private static extern int Unshare(int flags);

    private struct TimeSpecification
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}

/// <summary>struct iovec.</summary>
internal unsafe struct IoVector
{
    public void* Address;
    public nuint Length;
}

/// <summary>struct pollfd.</summary>
internal struct PollDescriptor
{
    public int Descriptor;
    public short Events;
    public short Returned;
}

/// <summary>Error numbers of Linux (asm-generic/errno-base.h and errno.h) that something here decides by.</summary>
internal static class Errno
{
    public const int NotPermitted = 1;
    public const int NoEntry = 2;
    public const int Interrupted = 4;
    public const int InputOutput = 5;
    public const int NoDeviceOrAddress = 6;
    public const int TryAgain = 11;
    public const int AccessDenied = 13;
    public const int BadAddress = 14;
    public const int Busy = 16;
    public const int NoDevice = 19;
    public const int Invalid = 22;
    public const int NoBufferSpace = 105;
}
