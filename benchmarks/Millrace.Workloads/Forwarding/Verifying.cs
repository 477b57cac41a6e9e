using System.Buffers.Binary;
using Millrace.Headers;

namespace Millrace.Workloads.Forwarding;

/// <summary>F4: header checksum and TCP checksum of every frame are verified.</summary>
internal static class Verifying
{
    private const int Batch = 64;
    private const int Network = EthernetHeader.Length;
    private const int NetworkLength = 20;
    private const int Transport = Network + NetworkLength;

    public static Reading Measure<TLength>(string variant, RunLength length)
        where TLength : struct, IFrameLength
    {
        var source = FrameSource.Make<TLength>(Write);
        using var nic = new SourceNic<TLength>(source, BufferOrder.LastInFirstOut);
        using var stack = new VerifyStack(new() { Nic = nic, Entropy = new Entropy(1, 2) });
        var loop = new PollingLoop(stack, Batch);
        var isRight = CatchesFlips(loop, source);
        var dropped = stack.Ledger.IngressDropped;
        var (wall, cpu) = loop.Measure(length);
        isRight &= stack.Ledger.IngressDropped == dropped && CatchesFlips(loop, source);
        return new Reading(variant, "ns/packet", wall, cpu, isRight, isRight ? "" : "a flipped bit passed, or a right frame did not");
    }

    /// <summary>All frames pass as they are, and none with a bit flipped at any eighth byte of the TCP segment.</summary>
    private static bool CatchesFlips(PollingLoop loop, FrameSource source)
    {
        var isRight = Drops() == 0;
        for (var at = Transport; at < source.FrameLength; at += 8)
        {
            Flip(at);
            isRight &= Drops() == FrameSource.Count;
            Flip(at);
        }

        return isRight && Drops() == 0 && loop.Stack.Ledger.IngressDue == 0;

        long Drops()
        {
            var before = loop.Stack.Ledger.IngressDropped;
            loop.Run(FrameSource.Count);
            return loop.Stack.Ledger.IngressDropped - before;
        }

        void Flip(int at)
        {
            for (var i = 0; i < FrameSource.Count; i++)
            {
                source[i][at] ^= (byte)(1 << (i & 7));
            }
        }
    }

    private static void Write(Span<byte> frame, int index)
    {
        EthernetHeader.Write(frame, TrafficAddresses.Local, TrafficAddresses.Sender, EtherType.Ipv4);
        var ip = frame[Network..];
        ip[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)ip.Length);
        ip[8] = 64;
        ip[9] = (byte)IpProtocol.Tcp;
        ip[12] = ip[16] = 10;
        ip[15] = 1;
        ip[19] = 2;
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], InternetChecksum.Compute(ip[..NetworkLength]));
        var segment = frame[Transport..];
        BinaryPrimitives.WriteUInt16BigEndian(segment, 4000);
        BinaryPrimitives.WriteUInt16BigEndian(segment[2..], 80);
        segment[12] = 0x50;
        segment[13] = 0x10;
        new Random(index).NextBytes(segment[NetworkLength..]);
        var pseudoHeader = NetworkHeader.PseudoHeaderSum(NetworkHeader.Source(ip), NetworkHeader.Destination(ip), IpProtocol.Tcp, segment.Length);
        BinaryPrimitives.WriteUInt16BigEndian(segment[16..], InternetChecksum.Compute(segment, pseudoHeader));
    }
}
