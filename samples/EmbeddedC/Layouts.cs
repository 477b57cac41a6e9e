using System.Runtime.InteropServices;

namespace EmbeddedC;

// Structures of the C library on 64-bit Linux; demo.c compares their lengths with those of the C compiler.

/// <summary>struct millrace_options.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Options
{
    public nuint Length;
    public nint Address;
    public uint Mtu;
    public uint Sockets;
    public ulong Seed0;
    public ulong Seed1;
}

/// <summary>struct iovec.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Vector
{
    public nint Base;
    public nuint Length;
}

/// <summary>struct msghdr.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Message
{
    public nint Name;
    public uint NameLength;
    public nint Vectors;
    public nuint VectorCount;
    public nint Control;
    public nuint ControlLength;
    public int Flags;
}

/// <summary>struct pollfd.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollEntry
{
    public int Descriptor;
    public short Events;
    public short Returned;
}
