using System.Runtime.InteropServices;

namespace Millrace.Interop;

/// <summary>
/// Zeroed memory of which only what is written takes any: address space is reserved, and the kernel gives it pages as they are
/// touched, huge ones where it has them. Begins on a boundary of 2 MiB.
/// </summary>
internal sealed unsafe class ReservedPages : IDisposable
{
    private const nuint HugePageLength = 2 << 20;

    private readonly nuint reserved;
    private readonly bool isMapped;
    private void* start;

    public ReservedPages(long length)
    {
        reserved = (nuint)length + HugePageLength;
        start = OperatingSystem.IsLinux() ? Libc.ReservePages(reserved) : null;
        isMapped = start != null;
        if (!isMapped)
        {
            start = NativeMemory.AllocZeroed(reserved);
        }

        Address = (byte*)(((nuint)start + HugePageLength - 1) & ~(HugePageLength - 1));
        if (isMapped && (nuint)length >= HugePageLength)
        {
            Libc.AdviseHugePages(Address, (nuint)length);
        }
    }

    public byte* Address { get; private set; }

    public void Dispose()
    {
        if (start != null)
        {
            if (isMapped)
            {
                Libc.ReleasePages(start, reserved);
            }
            else
            {
                NativeMemory.Free(start);
            }
        }

        start = null;
        Address = null;
        GC.SuppressFinalize(this);
    }

    ~ReservedPages() => Dispose();
}
