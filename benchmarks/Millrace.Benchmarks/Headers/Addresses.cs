using BenchmarkDotNet.Attributes;
using Millrace.Headers;

namespace Millrace.Benchmarks.Headers;

/// <summary>What the transports do with addresses of sixteen bytes that are IPv4's in truth.</summary>
public class Addresses
{
    private readonly byte[] headers = HeaderBatch.Make(static (random, header) =>
        Ipv4Header.Write(header, 0, random.Next(20, 1500), 0, 0, 64, random.Next(2) == 0 ? IpProtocol.Tcp : IpProtocol.Udp, 0x0A00_0000 | (uint)random.Next(4), 0x0A00_0002));

    /// <summary>The sum that checksums of TCP and UDP begin with (RFC 9293 §3.1).</summary>
    [Benchmark(OperationsPerInvoke = HeaderBatch.Count)]
    public uint PseudoHeaderSum()
    {
        var sum = 0u;
        for (var i = 0; i < HeaderBatch.Count; i++)
        {
            var header = HeaderBatch.At(headers, i);
            sum ^= NetworkHeader.PseudoHeaderSum(NetworkHeader.Source(header), NetworkHeader.Destination(header), NetworkHeader.Protocol(header), i);
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = HeaderBatch.Count)]
    public int ReadAndCompare()
    {
        var mine = InetAddress.FromIpv4(0x0A00_0002);
        var sum = 0;
        for (var i = 0; i < HeaderBatch.Count; i++)
        {
            sum += NetworkHeader.Source(HeaderBatch.At(headers, i)) == mine ? 1 : 0;
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = HeaderBatch.Count)]
    public int HashCode()
    {
        var sum = 0;
        for (var i = 0; i < HeaderBatch.Count; i++)
        {
            sum ^= NetworkHeader.Source(HeaderBatch.At(headers, i)).GetHashCode();
        }

        return sum;
    }
}
