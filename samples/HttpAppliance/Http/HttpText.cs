using System.Buffers;
using System.Text;

namespace HttpAppliance.Http;

/// <summary>The grammar that requests and responses share (RFC 9110 §5).</summary>
internal static class HttpText
{
    private static readonly SearchValues<byte> TokenBytes =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>RFC 9110 §5.6.2.</summary>
    public static bool IsToken(ReadOnlySpan<byte> text) => !text.IsEmpty && !text.ContainsAnyExcept(TokenBytes);

    /// <summary>RFC 9110 §5.5: no control characters but the tabulator.</summary>
    public static bool IsFieldValue(ReadOnlySpan<byte> text)
    {
        foreach (var value in text)
        {
            if (value is < 0x20 and not (byte)'\t' or 0x7F)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether a list field (RFC 9110 §5.6.1) has an element, whatever its case.</summary>
    public static bool ListContains(ReadOnlySpan<byte> list, ReadOnlySpan<byte> element)
    {
        while (true)
        {
            var comma = list.IndexOf((byte)',');
            var item = comma < 0 ? list : list[..comma];
            if (Ascii.EqualsIgnoreCase(item.Trim(" \t"u8), element))
            {
                return true;
            }

            if (comma < 0)
            {
                return false;
            }

            list = list[(comma + 1)..];
        }
    }

    /// <summary>Reads a decimal number of at most 18 digits beside leading zeros, and nothing else.</summary>
    public static bool TryReadNumber(ReadOnlySpan<byte> text, out long number)
    {
        number = 0;
        var digits = text.TrimStart((byte)'0');
        if (text.IsEmpty || digits.Length > 18)
        {
            return false;
        }

        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return false;
            }

            number = number * 10 + (digit - '0');
        }

        return true;
    }

    /// <summary>The value of a hexadecimal digit, or -1.</summary>
    public static int HexDigit(byte value) => value switch
    {
        >= (byte)'0' and <= (byte)'9' => value - '0',
        >= (byte)'a' and <= (byte)'f' => value - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => value - 'A' + 10,
        _ => -1,
    };
}
