namespace Millrace.Testing.Packets;

/// <summary>TCP options as bytes, to be put one behind the other: <c>[.. TcpOption.Mss(1460), .. TcpOption.SackPermitted]</c>.</summary>
public static class TcpOption
{
    public const byte KindEndOfList = 0;
    public const byte KindNop = 1;
    public const byte KindMss = 2;
    public const byte KindWindowScale = 3;
    public const byte KindSackPermitted = 4;
    public const byte KindSack = 5;
    public const byte KindTimestamps = 8;
    public const byte KindFastOpen = 34;

    public static byte[] EndOfList => [KindEndOfList];

    public static byte[] Nop => [KindNop];

    /// <summary>RFC 2018 §2.</summary>
    public static byte[] SackPermitted => [KindSackPermitted, 2];

    /// <summary>RFC 9293 §3.7.1; in bytes.</summary>
    public static byte[] Mss(ushort value) => [KindMss, 4, (byte)(value >> 8), (byte)value];

    /// <summary>RFC 7323 §2.2; the shift count.</summary>
    public static byte[] WindowScale(byte shift) => [KindWindowScale, 3, shift];

    /// <summary>RFC 7323 §3.2.</summary>
    public static byte[] Timestamps(uint value, uint echo)
    {
        var option = new byte[10];
        option[0] = KindTimestamps;
        option[1] = 10;
        WireFormat.Put32(option, 2, value);
        WireFormat.Put32(option, 6, echo);
        return option;
    }

    /// <summary>RFC 2018 §3; left and right edges in absolute sequence numbers.</summary>
    public static byte[] Sack(params (uint Left, uint Right)[] blocks)
    {
        var option = new byte[2 + 8 * blocks.Length];
        option[0] = KindSack;
        option[1] = (byte)option.Length;
        for (var i = 0; i < blocks.Length; i++)
        {
            WireFormat.Put32(option, 2 + 8 * i, blocks[i].Left);
            WireFormat.Put32(option, 6 + 8 * i, blocks[i].Right);
        }

        return option;
    }

    /// <summary>RFC 7413 §4.1.1; an empty cookie asks for one.</summary>
    public static byte[] FastOpen(ReadOnlySpan<byte> cookie) => Raw(KindFastOpen, cookie);

    /// <summary>Where the first option of a kind starts in an option list, or -1 if there is none of that length.</summary>
    /// <param name="length">Bytes of the option, kind and length included.</param>
    public static int Find(ReadOnlySpan<byte> options, byte kind, int length)
    {
        for (var i = 0; i < options.Length && options[i] != KindEndOfList;)
        {
            if (options[i] == KindNop)
            {
                i++;
                continue;
            }

            if (i + 1 >= options.Length || options[i + 1] < 2 || i + options[i + 1] > options.Length)
            {
                break;
            }

            if (options[i] == kind)
            {
                return options[i + 1] == length ? i : -1;
            }

            i += options[i + 1];
        }

        return -1;
    }

    /// <summary>Any option of kind, length and data.</summary>
    public static byte[] Raw(byte kind, ReadOnlySpan<byte> data) => [kind, (byte)(data.Length + 2), .. data];
}
