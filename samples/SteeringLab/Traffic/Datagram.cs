using System.Buffers.Binary;

namespace SteeringLab.Traffic;

/// <summary>The payload of the datagrams: their number, and bytes that follow from flow and number.</summary>
internal static class Datagram
{
    public const int Length = 512;

    private const int NumberLength = sizeof(long);

    public static void Write(Span<byte> payload, int flow, long number)
    {
        BinaryPrimitives.WriteInt64BigEndian(payload, number);
        StreamPattern.At(flow, number * Length, Length - NumberLength).CopyTo(payload[NumberLength..]);
    }

    public static bool IsRight(ReadOnlySpan<byte> payload, int flow) =>
        payload.Length == Length
        && StreamPattern.IsRight(payload[NumberLength..], flow, BinaryPrimitives.ReadInt64BigEndian(payload) * Length);
}
