using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Millrace;
using Millrace.Headers;

namespace SteeringLab.Traffic;

/// <summary>
/// The last stage of the generator: numbers the packets of each flow in the order in which the NIC gets them, retransmissions
/// too. The number lies in the identification of IPv4, which means nothing in packets that may not be fragmented (RFC 6864 §4).
/// </summary>
public struct PacketNumbers(TrafficSource source) : IEgressStage
{
    private const int IdentificationOffset = 4;
    private const int ChecksumOffset = 10;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Verdict Transmit(ref Packet packet)
    {
        Number(source.Board, packet.Data);
        return Verdict.Continue;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Number(FlowBoard board, Span<byte> frame)
    {
        if (EthernetHeader.Type(frame) != EtherType.Ipv4)
        {
            return;
        }

        var network = frame[EthernetHeader.Length..];
        if (board.FindByHeaders(network) is { } flow)
        {
            var number = flow.NextNumber();
            var checksum = BinaryPrimitives.ReadUInt16BigEndian(network[ChecksumOffset..]);
            checksum = InternetChecksum.Update(checksum, Ipv4Header.Identification(network), number);
            BinaryPrimitives.WriteUInt16BigEndian(network[IdentificationOffset..], number);
            BinaryPrimitives.WriteUInt16BigEndian(network[ChecksumOffset..], checksum);
        }
    }
}
