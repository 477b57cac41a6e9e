using BenchmarkDotNet.Attributes;
using Millrace.Headers;

namespace Millrace.Benchmarks.Headers;

public class Ipv4Headers
{
    private readonly byte[] headers = HeaderBatch.Make(static (random, header) =>
    {
        var protocol = random.Next(4) switch { 0 => IpProtocol.Icmp, 1 => IpProtocol.Udp, _ => IpProtocol.Tcp };
        Ipv4Header.Write(header, 0, random.Next(20, 1500), (ushort)random.Next(65_536), Ipv4Header.DontFragment, (byte)random.Next(2, 256), protocol, (uint)random.Next(), 0x0A00_0002);
        header[11] ^= (byte)(random.Next(16) == 0 ? 1 : 0);
    });

    /// <summary>What a receiver asks of every header: version, lengths, checksum, destination, fragment, protocol.</summary>
    [Benchmark(OperationsPerInvoke = HeaderBatch.Count)]
    public int Validate()
    {
        var sum = 0;
        for (var i = 0; i < HeaderBatch.Count; i++)
        {
            var header = HeaderBatch.At(headers, i);
            if (Ipv4Header.VersionAndLength(header) == Ipv4Header.OrdinaryVersionAndLength
                && Ipv4Header.TotalLength(header) >= Ipv4Header.Length
                && Ipv4Header.IsOrdinaryChecksumRight(header)
                && Ipv4Header.Destination(header) == 0x0A00_0002
                && !Ipv4Header.IsFragment(header))
            {
                sum += (int)Ipv4Header.Protocol(header);
            }
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = HeaderBatch.Count)]
    public int VerifyChecksum()
    {
        var sum = 0;
        for (var i = 0; i < HeaderBatch.Count; i++)
        {
            sum += Ipv4Header.IsOrdinaryChecksumRight(HeaderBatch.At(headers, i)) ? 1 : 0;
        }

        return sum;
    }

    /// <summary>RFC 1624: the checksum follows a time to live that is one less.</summary>
    [Benchmark(OperationsPerInvoke = HeaderBatch.Count)]
    public byte DecrementTimeToLive()
    {
        for (var i = 0; i < HeaderBatch.Count; i++)
        {
            Ipv4Header.DecrementTimeToLive(HeaderBatch.At(headers, i));
        }

        return headers[11];
    }

    /// <summary>With its checksum.</summary>
    [Benchmark(OperationsPerInvoke = HeaderBatch.Count)]
    public byte Write()
    {
        for (var i = 0; i < HeaderBatch.Count; i++)
        {
            Ipv4Header.Write(HeaderBatch.At(headers, i), 0, 40 + i, (ushort)i, Ipv4Header.DontFragment, 64, IpProtocol.Tcp, 0x0A00_0002, (uint)i);
        }

        return headers[11];
    }
}
