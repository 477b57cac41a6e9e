using Millrace.Interop;

namespace Millrace.Nics;

/// <summary>Opens and sets up a TAP, and says in one sentence why it cannot.</summary>
internal static class TapOpening
{
    public static (TapDevice[] Devices, string Name) Open(TapOptions options)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new NicException("A TAP needs Linux; elsewhere use a MemoryWire, or a PcapNic.");
        }

        if (!KernelInterface.IsName(options.Name))
        {
            throw new ArgumentException($"'{options.Name}' is not the name of an interface: 1 to 15 characters, no space or slash.", nameof(options));
        }

        var flags = (ushort)(TapDevice.FlagTap | TapDevice.FlagNoPacketInformation | TapDevice.FlagVnetHeader
            | (options.Queues > 1 ? TapDevice.FlagMultiQueue : 0));
        var devices = new List<TapDevice>();
        var name = options.Name;
        try
        {
            while (devices.Count < options.Queues)
            {
                var error = TapDevice.Open(ref name, flags, options.RingSize, out var device, out var step);
                if (error != 0)
                {
                    throw Refusal(-error, step, name);
                }

                devices.Add(device!);
                Offload(device!, options, name);
            }
        }
        catch
        {
            devices.ForEach(device => device.Dispose());
            throw;
        }

        return ([.. devices], name);
    }

    public static void Configure(KernelInterface kernel, TapOptions options, string name, (uint Address, int PrefixLength)? address)
    {
        if (options.Mtu is { } mtu)
        {
            Require(kernel.SetMtu(mtu), $"the MTU {mtu} of {name}");
        }

        if (address is { } own)
        {
            Require(kernel.SetIpv4(own.Address, own.PrefixLength), $"the address {options.KernelAddress} of {name}");
        }

        if (options.BringUp)
        {
            Require(kernel.ReadState(out var isUp, out _), $"the state of {name}");
            if (!isUp)
            {
                Require(kernel.SetUp(true), $"{name} up");
            }
        }
    }

    private static void Offload(TapDevice device, TapOptions options, string name)
    {
        uint offloads = 0;
        if ((options.Features & NicFeatures.ReceiveChecksum) != 0)
        {
            offloads |= TapDevice.OffloadChecksum;
            if (options.LargeReceive && (options.Features & NicFeatures.TcpSegmentation) != 0)
            {
                offloads |= TapDevice.OffloadTcp4 | TapDevice.OffloadTcpEcn;
            }
        }

        Require(device.Offload(offloads), $"the offloads of {name}");
    }

    private static void Require(int error, string what)
    {
        if (error == 0)
        {
            return;
        }

        var remedy = -error is Errno.NotPermitted or Errno.AccessDenied
            ? " It needs CAP_NET_ADMIN: run as root, or set the interface up beforehand with ip(8) and leave TapOptions.KernelAddress and Mtu unset."
            : string.Empty;
        throw new NicException($"The kernel does not set {what}: {Libc.Describe(error)}.{remedy}");
    }

    private static NicException Refusal(int error, string step, string name) => new((step, error) switch
    {
        ("/dev/net/tun", Errno.NoEntry or Errno.NoDevice or Errno.NoDeviceOrAddress) =>
            "There is no /dev/net/tun: load the module (modprobe tun), or hand the device into the container (--device /dev/net/tun).",
        ("/dev/net/tun", Errno.NotPermitted or Errno.AccessDenied) =>
            "/dev/net/tun may not be opened: run as root, or give this user read and write access to it.",
        ("TUNSETIFF", Errno.NotPermitted or Errno.AccessDenied) =>
            $"The TAP {name} may not be made: it needs CAP_NET_ADMIN, or an interface made for this user beforehand (ip tuntap add dev {name} mode tap user USER).",
        ("TUNSETIFF", Errno.Busy) =>
            $"The TAP {name} is in use by another process: choose another name, or tap%d for one that is free.",
        ("TUNSETIFF", Errno.Invalid) =>
            $"{name} exists and is of another kind (TUN, or single-queue against multi-queue): choose another name, or delete it (ip link del {name}).",
        _ => $"The TAP {name} cannot be opened: {step} says {Libc.Describe(error)}.",
    });
}
