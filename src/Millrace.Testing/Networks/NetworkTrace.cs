using System.Globalization;
using System.Runtime.InteropServices;
using Millrace.Headers;
using Millrace.Testing.Packets;

namespace Millrace.Testing.Networks;

/// <summary>What entered the links of a network: a hash over all of it, and the last packets in words.</summary>
public sealed class NetworkTrace
{
    private const ulong Multiplier = 0x9E37_79B9_7F4A_7C15;

    private readonly (long At, string Link, byte[] Frame, string Fate)[] last = new (long, string, byte[], string)[60];
    private readonly PacketText text = new();

    internal NetworkTrace()
    {
    }

    /// <summary>Packets that entered a link.</summary>
    public long Count { get; private set; }

    /// <summary>Of the times, places, bytes and fates of all of them in their order: two runs that have the same are the same.</summary>
    public ulong Hash { get; private set; }

    /// <summary>Gets a line for each packet; null for none.</summary>
    public Action<string>? Write { get; set; }

    /// <summary>The last packets, a line each, sequence numbers relative to those of the SYNs.</summary>
    public IEnumerable<string> Last()
    {
        for (var i = Math.Max(0, Count - last.Length); i < Count; i++)
        {
            yield return Line(last[i % last.Length]);
        }
    }

    internal void Add(long now, string link, byte[] frame, string fate)
    {
        Mix((ulong)now);
        Mix(link);
        Mix(fate);
        var words = MemoryMarshal.Cast<byte, ulong>(frame);
        foreach (var word in words)
        {
            Mix(word);
        }

        foreach (var rest in frame.AsSpan(words.Length * sizeof(ulong)))
        {
            Mix(rest);
        }

        ref var place = ref last[Count++ % last.Length];
        place = (now, link, frame, fate);
        if (Write is not null)
        {
            Write(Line(place));
        }
        else if (IsSyn(frame))
        {
            // its initial sequence number is remembered for the lines that follow
            text.Describe(frame);
        }
    }

    private string Line(in (long At, string Link, byte[] Frame, string Fate) packet) =>
        string.Create(CultureInfo.InvariantCulture, $"{packet.At / 1000,12} us {packet.Link} {text.Describe(packet.Frame)}{(packet.Fate.Length == 0 ? "" : "  -- ")}{packet.Fate.TrimStart()}");

    private void Mix(string letters)
    {
        foreach (var letter in letters)
        {
            Mix(letter);
        }
    }

    private void Mix(ulong word) => Hash = (ulong.RotateLeft(Hash, 23) ^ word) * Multiplier;

    private static bool IsSyn(byte[] frame) =>
        frame.Length >= 54 && EthernetHeader.Type(frame) == EtherType.Ipv4 && frame[14] == 0x45 && frame[23] == 6 && (frame[47] & 2) != 0;
}
