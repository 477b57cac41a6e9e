using Millrace.Headers;
using Millrace.Ip;

namespace Millrace.Workloads.Forwarding;

/// <summary>F2's routes and destinations, by the rule of benchmarks/WORKLOADS.md, and the plainest search for the longest prefix.</summary>
internal sealed class RouterTraffic
{
    public const int Count = 65_536;
    public const int Gateways = 16;

    private readonly Dictionary<(uint Network, int PrefixLength), int> gateways = [];
    private ulong state = 0x9E37_79B9_7F4A_7C15;

    /// <param name="gateway">The address of a gateway, as a host number.</param>
    /// <param name="networkInterface">The interface it is behind.</param>
    public RouterTraffic(int count, Func<int, uint> gateway, byte networkInterface)
    {
        Routes = new Ipv4Route[count];
        for (var i = 0; i < count;)
        {
            var (network, prefixLength) = count == 1 ? (0u, (byte)0) : DrawPrefix();
            if ((count == 1 || IsRoutable(network)) && gateways.TryAdd((network, prefixLength), i % Gateways))
            {
                Routes[i] = new Ipv4Route(network, prefixLength, gateway(i % Gateways), networkInterface);
                i++;
            }
        }

        for (var i = 0; i < Count;)
        {
            var drawn = Draw();
            var route = Routes[drawn % (ulong)count];
            var address = route.Network | ((uint)drawn & ~Mask(route.PrefixLength));
            if (count > 1 || IsRoutable(address))
            {
                Destinations[i++] = address;
            }
        }
    }

    public Ipv4Route[] Routes { get; }

    public uint[] Destinations { get; } = new uint[Count];

    /// <summary>The number of the gateway that an address is to go to: each length is tried, longest first.</summary>
    public int Search(uint address)
    {
        for (var length = 32; length >= 0; length--)
        {
            if (gateways.TryGetValue((address & Mask(length), length), out var gateway))
            {
                return gateway;
            }
        }

        return -1;
    }

    private (uint Network, byte PrefixLength) DrawPrefix()
    {
        var drawn = Draw();
        var length = ((drawn & 0xFFFF) % 1000) switch
        {
            < 5 => 8 + (int)((drawn >> 16) & 7),
            < 110 => 16,
            < 330 => 17 + (int)((drawn >> 16) % 5),
            < 550 => 22 + (int)((drawn >> 16) & 1),
            _ => 24,
        };
        return ((uint)(drawn >> 32) & Mask(length), (byte)length);
    }

    private ulong Draw()
    {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        return state * 0x2545_F491_4F6C_DD1D;
    }

    private static bool IsRoutable(uint address) => address >> 24 is not 0 and not 10 and not 127 and < 224;

    private static uint Mask(int prefixLength) => prefixLength == 0 ? 0 : uint.MaxValue << (32 - prefixLength);
}
