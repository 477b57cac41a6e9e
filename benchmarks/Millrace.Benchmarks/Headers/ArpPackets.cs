using BenchmarkDotNet.Attributes;
using Millrace.Headers;

namespace Millrace.Benchmarks.Headers;

public class ArpPackets
{
    private static readonly MacAddress Local = MacAddress.Parse("02:00:00:00:00:02");

    // one in eight is of another kind of network
    private readonly byte[] packets = HeaderBatch.Make((random, packet) =>
    {
        ArpHeader.Write(packet, random.Next(2) == 0 ? ArpOpcode.Request : ArpOpcode.Reply, new MacAddress((ulong)random.NextInt64(1L << 48)), (uint)random.Next(), Local, 0x0A00_0002);
        packet[0] = (byte)(random.Next(8) == 0 ? 1 : 0);
    });

    [Benchmark(OperationsPerInvoke = HeaderBatch.Count)]
    public ulong Read()
    {
        var sum = 0UL;
        for (var i = 0; i < HeaderBatch.Count; i++)
        {
            var packet = HeaderBatch.At(packets, i);
            if (ArpHeader.IsIpv4OverEthernet(packet) && ArpHeader.TargetProtocol(packet) == 0x0A00_0002)
            {
                sum += ArpHeader.SenderHardware(packet).Value + ArpHeader.SenderProtocol(packet) + (ulong)ArpHeader.Opcode(packet);
            }
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = HeaderBatch.Count)]
    public byte Write()
    {
        for (var i = 0; i < HeaderBatch.Count; i++)
        {
            ArpHeader.Write(HeaderBatch.At(packets, i), ArpOpcode.Reply, Local, 0x0A00_0002, new MacAddress((ulong)i), (uint)i);
        }

        return packets[0];
    }
}
