using System.Globalization;
using Millrace.Testing.Packets;

namespace Millrace.Testing.Scripts;

/// <summary>Compares options: all that are written, in their order; padding only where it is written, timestamps likewise.</summary>
internal static class OptionMatcher
{
    public static void Compare(List<string> differences, PacketPattern expected, TcpSegment tcp, ScriptFlow flow, long timestampTolerance)
    {
        if (expected.AnyOptions || (expected.Options is null && tcp.Flags.HasFlag(SegmentFlags.Syn)))
        {
            return;
        }

        var wanted = expected.Options ?? [];
        var writesPadding = wanted.Any(option => option.Name is "nop" or "eol");
        var writesTimestamps = wanted.Any(option => option.Name == "TS");
        var actual = Read(tcp.Options)
            .Where(option => writesPadding || option[0] > TcpOption.KindNop)
            .Where(option => writesTimestamps || option[0] != TcpOption.KindTimestamps || expected.Options is { Count: 0 })
            .ToArray();
        var isSame = actual.Length == wanted.Count;
        for (var i = 0; isSame && i < actual.Length; i++)
        {
            isSame = Matches(wanted[i], actual[i], flow, timestampTolerance);
        }

        if (!isSame)
        {
            differences.Add($"options are <{PacketWords.Options(tcp.Options, flow)}>, not <{string.Join(", ", wanted.Select(Describe))}>");
        }
    }

    /// <summary>The options one by one, whole.</summary>
    public static IEnumerable<byte[]> Read(byte[] options)
    {
        for (var i = 0; i < options.Length;)
        {
            var length = options[i] <= TcpOption.KindNop ? 1 : i + 1 < options.Length ? Math.Clamp((int)options[i + 1], 2, options.Length - i) : 1;
            yield return options[i..(i + length)];
            if (options[i] == TcpOption.KindEndOfList)
            {
                yield break;
            }

            i += length;
        }
    }

    private static bool Matches(OptionPattern wanted, byte[] option, ScriptFlow flow, long tolerance) => (wanted.Name, option[0], option.Length) switch
    {
        ("nop", TcpOption.KindNop, _) or ("eol", TcpOption.KindEndOfList, _) or ("sackOK", TcpOption.KindSackPermitted, 2) => true,
        ("mss", TcpOption.KindMss, 4) => IsValue(wanted, 0, WireFormat.Get16(option, 2)),
        ("wscale", TcpOption.KindWindowScale, 3) => IsValue(wanted, 0, option[2]),
        ("TS", TcpOption.KindTimestamps, 10) =>
            IsNear(wanted.Values[0], WireFormat.Get32(option, 2) - (flow.FirstTimestamp ?? 0), tolerance)
            && IsValue(wanted, 1, WireFormat.Get32(option, 6)),
        ("sack", TcpOption.KindSack, var length) => wanted.Values.Count * 4 + 2 == length && wanted.Values.Select((edge, i) =>
            edge == (int)(WireFormat.Get32(option, 2 + 4 * i) - flow.PeerIss)).All(same => same),
        ("FO", TcpOption.KindFastOpen, _) => IsCookie(wanted, option.AsSpan(2), flow),
        ("FOEXP", 254, >= 4) => IsCookie(wanted, option.AsSpan(4), flow),
        ("kind", var kind, _) => kind == wanted.Values[0] && option.AsSpan(2).SequenceEqual(wanted.Bytes),
        _ => false,
    };

    private static bool IsValue(OptionPattern wanted, int index, long actual) => wanted.Values[index] is not { } value || value == actual;

    private static bool IsNear(long? wanted, uint actual, long tolerance) => wanted is not { } value || Math.Abs((int)(actual - (uint)value)) <= tolerance;

    private static bool IsCookie(OptionPattern wanted, ReadOnlySpan<byte> cookie, ScriptFlow flow) => wanted.Values switch
    {
        [null] => cookie.Length is >= 4 and <= 16,
        [OptionPattern.Last] => cookie.SequenceEqual(flow.LastCookie),
        _ => cookie.SequenceEqual(wanted.Bytes),
    };

    private static string Describe(OptionPattern option)
    {
        var values = option.Values.Select(value => value switch
        {
            null => "*",
            OptionPattern.Last => "last",
            { } number => number.ToString(CultureInfo.InvariantCulture),
        }).ToArray();
        return option.Name switch
        {
            "TS" => $"TS val {values[0]} ecr {values[1]}",
            "sack" => $"sack {string.Join(' ', values.Chunk(2).Select(pair => string.Join(':', pair)))}",
            "FO" or "FOEXP" when option.Bytes is { } cookie => $"{option.Name} {Convert.ToHexStringLower(cookie)}".TrimEnd(),
            "kind" => $"kind {values[0]} {Convert.ToHexStringLower(option.Bytes ?? [])}".TrimEnd(),
            _ => string.Join(' ', [option.Name, .. values]),
        };
    }
}
