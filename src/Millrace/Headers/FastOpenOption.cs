using System.Buffers.Binary;

namespace Millrace.Headers;

/// <summary>
/// The Fast Open option (RFC 7413 §4.1.1), which stands on a SYN or SYN-ACK only, and its experimental form (RFC 6994) of
/// before the RFC.
/// </summary>
/// <remarks>
/// <code>
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///                                 +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///                                 |      Kind     |    Length     |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ~                   Cookie, 4 to 16 bytes, or none              ~
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// </code>
/// </remarks>
public struct FastOpenOption
{
    private const byte EndOfList = 0;
    private const byte NoOperation = 1;
    private const byte Kind = 34;
    private const byte ExperimentalKind = 254;
    private const ushort ExperimentalMagic = 0xF989;
    private const int HeaderLength = 2;
    private const int ExperimentalHeaderLength = 4;

    /// <summary>None asks for one (§4.1.1).</summary>
    public FastOpenCookie Cookie;

    /// <summary>Kind 254 with the magic number in front of the cookie.</summary>
    public bool IsExperimental;

    /// <summary>Bytes, padded to a multiple of 4.</summary>
    public readonly int WrittenLength => (UnpaddedLength + 3) & ~3;

    private readonly int UnpaddedLength => (IsExperimental ? ExperimentalHeaderLength : HeaderLength) + Cookie.Length;

    /// <summary>
    /// Looks for the option. A cookie of a length that is odd or out of bounds is taken for no option at all, as in Linux
    /// (net/ipv4/tcp_input.c, tcp_parse_fastopen_option).
    /// </summary>
    /// <param name="options">All options of a SYN.</param>
    public static bool TryRead(ReadOnlySpan<byte> options, out FastOpenOption read)
    {
        read = default;
        var found = false;
        while (options.Length > 0)
        {
            if (options[0] == NoOperation)
            {
                options = options[1..];
                continue;
            }

            if (options[0] == EndOfList || options.Length < 2 || options[1] < 2 || options[1] > options.Length)
            {
                break;
            }

            found |= TryTake(options[..options[1]], ref read);
            options = options[options[1]..];
        }

        return found;
    }

    /// <summary>Writes the option and pads it with NOPs.</summary>
    /// <returns><see cref="WrittenLength"/>.</returns>
    public readonly int Write(Span<byte> destination)
    {
        var length = UnpaddedLength;
        destination[0] = IsExperimental ? ExperimentalKind : Kind;
        destination[1] = (byte)length;
        if (IsExperimental)
        {
            BinaryPrimitives.WriteUInt16BigEndian(destination.Slice(2, 2), ExperimentalMagic);
        }

        Cookie.Write(destination[(length - Cookie.Length)..]);
        destination[length..WrittenLength].Fill(NoOperation);
        return WrittenLength;
    }

    private static bool TryTake(ReadOnlySpan<byte> option, ref FastOpenOption read)
    {
        var isExperimental = option[0] == ExperimentalKind && option.Length >= ExperimentalHeaderLength
            && BinaryPrimitives.ReadUInt16BigEndian(option.Slice(2, 2)) == ExperimentalMagic;
        if (option[0] != Kind && !isExperimental)
        {
            return false;
        }

        if (!FastOpenCookie.TryRead(option[(isExperimental ? ExperimentalHeaderLength : HeaderLength)..], out var cookie))
        {
            return false;
        }

        read.Cookie = cookie;
        read.IsExperimental = isExperimental;
        return true;
    }
}

/// <summary>A cookie of 4 to 16 bytes, or none.</summary>
public readonly record struct FastOpenCookie
{
    public const int MinimumLength = 4;
    public const int MaximumLength = 16;

    /// <summary>The bytes in network order, those that are not there zero.</summary>
    private readonly UInt128 bytes;

    private FastOpenCookie(UInt128 bytes, int length)
    {
        this.bytes = bytes;
        Length = length;
    }

    /// <summary>A cookie of 8 bytes, the length Linux gives.</summary>
    public FastOpenCookie(ulong value)
        : this(new UInt128(value, 0), sizeof(ulong))
    {
    }

    /// <summary>Bytes; 0 for none.</summary>
    public int Length { get; }

    public bool IsNone => Length == 0;

    /// <returns>False if there is no cookie of that length.</returns>
    public static bool TryRead(ReadOnlySpan<byte> source, out FastOpenCookie cookie)
    {
        cookie = default;
        if (source.IsEmpty)
        {
            return true;
        }

        if (source.Length is < MinimumLength or > MaximumLength || source.Length % 2 != 0)
        {
            return false;
        }

        UInt128 bytes = 0;
        for (var i = 0; i < MaximumLength; i++)
        {
            bytes = (bytes << 8) | (i < source.Length ? source[i] : 0u);
        }

        cookie = new FastOpenCookie(bytes, source.Length);
        return true;
    }

    /// <summary>Writes <see cref="Length"/> bytes.</summary>
    public void Write(Span<byte> destination)
    {
        for (var i = 0; i < Length; i++)
        {
            destination[i] = (byte)(bytes >> (8 * (MaximumLength - 1 - i)));
        }
    }
}
