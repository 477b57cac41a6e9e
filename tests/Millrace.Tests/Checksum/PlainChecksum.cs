namespace Millrace.Tests.Checksum;

/// <summary>The Internet checksum as RFC 1071 §4.1 describes it, a 16-bit word at a time: the oracle of the fast ones.</summary>
internal static class PlainChecksum
{
    public static ushort Sum(ReadOnlySpan<byte> data, ushort initial = 0)
    {
        int sum = initial;
        for (var i = 0; i < data.Length; i += 2)
        {
            var low = i + 1 < data.Length ? data[i + 1] : 0;
            sum += (data[i] << 8) | low;
            if (sum > 0xFFFF)
            {
                sum = (sum & 0xFFFF) + 1;
            }
        }

        return (ushort)sum;
    }
}
