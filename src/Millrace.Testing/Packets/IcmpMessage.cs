namespace Millrace.Testing.Packets;

/// <summary>An ICMP message (RFC 792).</summary>
public sealed record IcmpMessage
{
    public const int HeaderLength = 8;
    public const byte EchoReply = 0;
    public const byte DestinationUnreachable = 3;
    public const byte EchoRequest = 8;
    public const byte TimeExceeded = 11;
    public const byte ParameterProblem = 12;

    public byte Type { get; init; }

    public byte Code { get; init; }

    /// <summary>The second word: identifier and sequence number of an echo, next-hop MTU of code 4, pointer of a problem.</summary>
    public uint Rest { get; init; }

    public byte[] Payload { get; init; } = [];

    /// <summary>The checksum field, if it shall not be the right one.</summary>
    public ushort? Checksum { get; init; }

    public static IcmpMessage Echo(ushort identifier, ushort sequence, byte[] payload) =>
        new() { Type = EchoRequest, Rest = (uint)identifier << 16 | sequence, Payload = payload };

    /// <summary>An error about a packet: its header and the first bytes behind it are quoted.</summary>
    /// <param name="offending">The IPv4 packet that the error is about.</param>
    public static IcmpMessage Error(byte type, byte code, uint rest, ReadOnlySpan<byte> offending)
    {
        var header = offending.Length == 0 ? 0 : (offending[0] & 0xF) * 4;
        return new() { Type = type, Code = code, Rest = rest, Payload = offending[..Math.Min(offending.Length, header + 8)].ToArray() };
    }

    public byte[] ToBytes()
    {
        var message = new byte[HeaderLength + Payload.Length];
        message[0] = Type;
        message[1] = Code;
        WireFormat.Put32(message, 4, Rest);
        Payload.CopyTo(message, HeaderLength);
        WireFormat.Put16(message, 2, Checksum ?? WireChecksum.Of(message));
        return message;
    }
}
