using System.Text;
using Millrace.Interop;

namespace Millrace.Testing.Scripts.Kernel;

/// <summary>A TUN: packets of IP that the kernel routes to the interface are read here, and what is written arrives at the kernel.</summary>
internal sealed class TunInterface : IDisposable
{
    private const nuint SetInterface = 0x4004_54CA;
    private const short FlagTunWithoutInformation = 0x1 | 0x1000;
    private const string Name = "script0";

    private readonly int descriptor;
    private readonly byte[] buffer = new byte[65_536];

    /// <summary>Makes it in the network namespace of the calling thread.</summary>
    public TunInterface(uint address, int prefixLength, int mtu)
    {
        descriptor = SystemCalls.Result(SystemCalls.Open("/dev/net/tun\0"u8.ToArray(), SystemCalls.OpenReadWriteNonBlocking));
        Require(descriptor, "/dev/net/tun");
        var request = new byte[40];
        Encoding.ASCII.GetBytes(Name, request);
        BitConverter.TryWriteBytes(request.AsSpan(16), FlagTunWithoutInformation);
        Require(SystemCalls.Result(SystemCalls.IoControl(descriptor, SetInterface, request)), "TUNSETIFF");
        using var kernel = new KernelInterface(Name);
        Require(kernel.SetMtu(mtu), "the MTU");
        Require(kernel.SetIpv4(address, prefixLength), "the address");
        Require(kernel.SetUp(true), "up");
    }

    /// <summary>The next packet, or null if there is none.</summary>
    public byte[]? Read()
    {
        var length = SystemCalls.Result(SystemCalls.Read(descriptor, buffer, buffer.Length));
        return length > 0 ? buffer[..length] : null;
    }

    public void Write(byte[] packet) => Require(SystemCalls.Result(SystemCalls.Write(descriptor, packet, packet.Length)), "a packet");

    /// <summary>Sleeps until there is a packet, at most so long.</summary>
    public void Wait(long nanoseconds)
    {
        var entry = new SystemCalls.PollEntry { Descriptor = descriptor, Events = SystemCalls.PollIn };
        var timeout = SystemCalls.TimeSpecification.Of(Math.Max(0, nanoseconds));
        _ = SystemCalls.Poll(ref entry, 1, ref timeout, 0);
    }

    public void Dispose() => _ = SystemCalls.Close(descriptor);

    private static void Require(int result, string what)
    {
        if (result < 0)
        {
            throw new IOException($"The kernel does not take {what} of the TUN {Name}: {Libc.Describe(result)}.");
        }
    }
}
