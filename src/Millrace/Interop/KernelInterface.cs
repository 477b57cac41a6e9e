using System.Buffers.Binary;
using System.Text;
using Millrace.Headers;

namespace Millrace.Interop;

/// <summary>
/// An interface of the kernel, by name, through the ioctls of netdevice(7). It belongs to the network namespace of the
/// thread that made this object, whichever thread asks later.
/// </summary>
internal sealed unsafe class KernelInterface : IDisposable
{
    private const nuint GetFlags = 0x8913;
    private const nuint SetFlags = 0x8914;
    private const nuint SetProtocolAddress = 0x8916;
    private const nuint SetNetmask = 0x891C;
    private const nuint GetMtu = 0x8921;
    private const nuint SetMtuRequest = 0x8922;
    private const nuint GetHardwareAddress = 0x8927;

    private const int NameLength = 16;
    private const int RequestLength = 40;
    private const ushort AddressFamilyInet = 2;
    private const short FlagUp = 0x1;
    private const short FlagRunning = 0x40;

    private readonly int socket;
    private readonly byte[] name = new byte[NameLength];

    public KernelInterface(string name)
    {
        if (!IsName(name))
        {
            throw new ArgumentException($"'{name}' is not the name of an interface: 1 to 15 characters, no space or slash.", nameof(name));
        }

        Encoding.ASCII.GetBytes(name, this.name);
        socket = Libc.OpenControlSocket();
        if (socket < 0)
        {
            throw new IOException($"No socket to ask the kernel about {name} with: {Libc.Describe(socket)}.");
        }
    }

    public static bool IsName(string name) =>
        name.Length is > 0 and < NameLength && name.All(c => char.IsAscii(c) && !char.IsWhiteSpace(c) && c != '/');

    /// <summary>Whether it is up and has a carrier.</summary>
    /// <returns>0, or an error as a negative number.</returns>
    public int ReadState(out bool isUp, out bool isRunning)
    {
        var request = stackalloc byte[RequestLength];
        var error = Ask(GetFlags, request);
        var flags = *(short*)(request + NameLength);
        isUp = error == 0 && (flags & FlagUp) != 0;
        isRunning = error == 0 && (flags & (FlagUp | FlagRunning)) == (FlagUp | FlagRunning);
        return error;
    }

    public int SetUp(bool up)
    {
        var request = stackalloc byte[RequestLength];
        var error = Ask(GetFlags, request);
        if (error != 0)
        {
            return error;
        }

        ref var flags = ref *(short*)(request + NameLength);
        flags = (short)(up ? flags | FlagUp : flags & ~FlagUp);
        return Libc.Control(socket, SetFlags, request);
    }

    public int ReadMtu(out int mtu)
    {
        var request = stackalloc byte[RequestLength];
        var error = Ask(GetMtu, request);
        mtu = *(int*)(request + NameLength);
        return error;
    }

    public int SetMtu(int mtu)
    {
        var request = stackalloc byte[RequestLength];
        *(int*)(request + NameLength) = mtu;
        return Ask(SetMtuRequest, request);
    }

    public int ReadAddress(out MacAddress address)
    {
        var request = stackalloc byte[RequestLength];
        var error = Ask(GetHardwareAddress, request);
        address = MacAddress.Read(new ReadOnlySpan<byte>(request + NameLength + sizeof(ushort), MacAddress.Length));
        return error;
    }

    public int SetIpv4(uint address, int prefixLength)
    {
        var request = stackalloc byte[RequestLength];
        var error = WithAddress(SetProtocolAddress, request, address);
        return error != 0 ? error : WithAddress(SetNetmask, request, prefixLength == 0 ? 0 : uint.MaxValue << (32 - prefixLength));
    }

    public void Dispose() => _ = Libc.Close(socket);

    private int WithAddress(nuint code, byte* request, uint address)
    {
        // struct sockaddr_in: family in host order, port, address in network order
        *(ushort*)(request + NameLength) = AddressFamilyInet;
        BinaryPrimitives.WriteUInt32BigEndian(new Span<byte>(request + NameLength + 4, 4), address);
        return Ask(code, request);
    }

    private int Ask(nuint code, byte* request)
    {
        name.CopyTo(new Span<byte>(request, NameLength));
        return Libc.Control(socket, code, request);
    }
}
