using BenchmarkDotNet.Attributes;
using Millrace.Headers;

namespace Millrace.Benchmarks.Headers;

/// <summary>Toeplitz's hash of a flow, which NICs have hardware for and memory wires do in software.</summary>
public class FlowHashes
{
    private readonly (InetAddress Source, InetAddress Destination, ushort Port)[] ipv4 = new (InetAddress, InetAddress, ushort)[HeaderBatch.Count];
    private readonly (InetAddress Source, InetAddress Destination, ushort Port)[] ipv6 = new (InetAddress, InetAddress, ushort)[HeaderBatch.Count];

    public FlowHashes()
    {
        var random = new Random(1);
        for (var i = 0; i < HeaderBatch.Count; i++)
        {
            ipv4[i] = (InetAddress.FromIpv4((uint)random.Next()), InetAddress.FromIpv4((uint)random.Next()), (ushort)random.Next(65_536));
            ipv6[i] = (new InetAddress((ulong)random.NextInt64(), (ulong)random.NextInt64()), new InetAddress((ulong)random.NextInt64(), (ulong)random.NextInt64()), (ushort)random.Next(65_536));
        }
    }

    [Benchmark(OperationsPerInvoke = HeaderBatch.Count)]
    public uint Ipv4Addresses()
    {
        var sum = 0u;
        foreach (var (source, destination, _) in ipv4)
        {
            sum ^= Toeplitz.Published.Hash(source, destination);
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = HeaderBatch.Count)]
    public uint Ipv4Flow() => Flows(ipv4);

    [Benchmark(OperationsPerInvoke = HeaderBatch.Count)]
    public uint Ipv6Flow() => Flows(ipv6);

    private static uint Flows((InetAddress Source, InetAddress Destination, ushort Port)[] flows)
    {
        var sum = 0u;
        foreach (var (source, destination, port) in flows)
        {
            sum ^= Toeplitz.Published.Hash(source, destination, port, 80);
        }

        return sum;
    }
}
