using System.Globalization;

namespace EmbeddedC;

/// <summary>Settings by the kernel's names: those of the declaration, and what is no number or has no meaning here.</summary>
internal sealed class KernelNames(EmbeddedStack stack)
{
    private const string FastOpenKey = "net.ipv4.tcp_fastopen_key";
    private const string CongestionControl = "net.ipv4.tcp_congestion_control";
    private const string Cubic = "cubic";
    private const char KeySeparator = ',';
    private const int KeyWords = 4;

    /// <summary>
    /// Taken, kept and shown, because nothing follows from them in a stack that has no such thing: Linux has forgotten the first two, no
    /// packet here is of many segments, and no metrics are kept of those who were met.
    /// </summary>
    private readonly Dictionary<string, string> kept = new(StringComparer.Ordinal)
    {
        ["net.ipv4.tcp_fack"] = "0",
        ["net.ipv4.tcp_low_latency"] = "0",
        ["net.ipv4.tcp_tso_win_divisor"] = "3",
        ["net.ipv4.tcp_no_metrics_save"] = "0",
        ["net.ipv4.tcp_no_ssthresh_metrics_save"] = "1",
    };

    private string fastOpenKey = "00000000-00000000-00000000-00000000";

    /// <inheritdoc cref="Read"/>
    /// <exception cref="ArgumentException">The setting does not take the value.</exception>
    /// <exception cref="InvalidOperationException">The library fixes it.</exception>
    /// <exception cref="KeyNotFoundException">No setting, or no congestion control, is called that.</exception>
    public void Write(string name, string value)
    {
        if (name == CongestionControl)
        {
            // the declaration has compiled one in
            if (value.Trim() != Cubic)
            {
                throw new KeyNotFoundException($"This library has no congestion control that is called '{value.Trim()}', only {Cubic}.");
            }

            return;
        }

        if (name == FastOpenKey)
        {
            var keys = value.Trim().Split(KeySeparator);
            if (keys.Length > 2)
            {
                throw new ArgumentException($"{name} takes a key or two with a comma between them, not '{value}'.", nameof(value));
            }

            stack.Tcp.SetFastOpenKeys(Key(keys[0]), keys.Length == 2 ? Key(keys[1]) : null);
            fastOpenKey = value.Trim();
        }
        else if (kept.ContainsKey(name))
        {
            kept[name] = int.Parse(value, NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture)
                .ToString(CultureInfo.InvariantCulture);
        }
        else
        {
            stack.Settings.Write(name, value);
        }
    }

    /// <exception cref="KeyNotFoundException">No setting is called that.</exception>
    public string Read(string name) => name switch
    {
        FastOpenKey => fastOpenKey,
        CongestionControl => Cubic,
        _ => kept.TryGetValue(name, out var value) ? value : stack.Settings.Read(name),
    };

    /// <summary>Four words of eight hexadecimal digits, each the little-endian reading of four bytes (proc_tcp_fastopen_key).</summary>
    private static UInt128 Key(string text)
    {
        var words = text.Split('-');
        if (words.Length != KeyWords)
        {
            throw new ArgumentException($"A key is four words of hexadecimal digits with hyphens between them, not '{text}'.", nameof(text));
        }

        var key = UInt128.Zero;
        foreach (var word in words)
        {
            key = (key << 32) | System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(
                uint.Parse(word, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        }

        return key;
    }
}
