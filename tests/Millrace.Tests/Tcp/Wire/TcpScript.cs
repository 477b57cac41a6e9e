using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Millrace.Headers;
using Millrace.Memory;
using Millrace.Sockets;
using Millrace.Tcp;

namespace Millrace.Tests.Tcp;

/// <summary>
/// A conversation with one TCP, a segment a line, in the notation of packetdrill: flags, first:end(length), ack, and what the
/// test asks to see of window and options. Sequence numbers are relative to the initial one of either side.
/// </summary>
public sealed class TcpScript : IDisposable
{
    public const uint PeerIss = 4_000_000_000;
    public const ushort PeerPort = 40_000;
    public static readonly InetAddress Own = InetAddress.Parse("10.0.0.1");
    public static readonly InetAddress Peer = InetAddress.Parse("10.0.0.2");

    private readonly Queue<ReadOnlyMemory<byte>> sent = new();
    private uint ownIss;

    public TcpScript(TcpChoice? choice = null, params TestApplication[] applications)
    {
        Host = new TcpHost(Own, 42, choice, applications);
        Host.Begin(1_000_000_000);
    }

    public TcpHost Host { get; }

    public TestApplication Application => Host.Application;

    public ushort OwnPort { get; private set; } = 80;

    public TcpCounters Counters => Host.Tcp.Counters;

    /// <summary>The peer's window field on segments that name none.</summary>
    public ushort PeerWindow { get; set; } = 65_535;

    /// <summary>The peer's TSval, if it sends timestamps.</summary>
    public uint? PeerTimestamp { get; set; }

    /// <summary>Whether the peer's SYN permits selective acknowledgment.</summary>
    public bool PeerSack { get; set; }

    public uint LastTimestamp { get; private set; }

    /// <summary>Options that the peer's SYNs have besides, as bytes.</summary>
    public byte[] SynOptions { get; set; } = [];

    /// <summary>The cookie of the last SYN or SYN-ACK that was sent with the option.</summary>
    public FastOpenCookie LastCookie { get; private set; }

    /// <summary>A listener's connection with the handshake done, without options but the segment size.</summary>
    public static TcpScript Established(TcpChoice? choice = null, TestApplication? application = null, ushort window = 65_535, int mss = 1460, bool sack = false)
    {
        var script = application is null ? new TcpScript(choice) : new TcpScript(choice, application);
        script.PeerWindow = window;
        script.PeerSack = sack;
        script.Send("S", 0, mss: mss);
        script.Expect("S. 0:0(0) ack 1");
        script.Send(".", 1, 1);
        script.ExpectNothing();
        return script;
    }

    public TcpScript Open(out TcpSocketId id)
    {
        Assert.Equal(TcpConnectResult.Opening, Host.Tcp.Connect(0, new InetEndpoint(Peer, PeerPort), out id));
        OwnPort = Host.Socket(id).Local.Port;
        return this;
    }

    public Verdict Send(
        string flags, int sequence, int acknowledgment = 0, string payload = "", int? window = null, int mss = 0, int scale = -1,
        uint? echo = null, bool corrupt = false, ushort? port = null, string sack = "", byte trafficClass = 0)
    {
        Flush();
        return Inject(flags, sequence, acknowledgment, Encoding.ASCII.GetBytes(payload), window, mss, scale, echo, corrupt, port, sack: sack, trafficClass: trafficClass);
    }

    /// <summary>Sends without letting the host answer yet: several of them make one poll.</summary>
    public Verdict Inject(
        string flags, int sequence, int acknowledgment, byte[] payload, int? window = null, int mss = 0, int scale = -1,
        uint? echo = null, bool corrupt = false, ushort? port = null, int gsoSize = 0, int wirePackets = 1, int fragment = 1536, string sack = "", byte trafficClass = 0)
    {
        var options = new TcpOptions
        {
            HasTimestamps = PeerTimestamp is not null,
            TimestampValue = PeerTimestamp.GetValueOrDefault(),
            TimestampEcho = echo ?? LastTimestamp,
            MaximumSegmentSize = (ushort)mss,
            HasSackPermitted = PeerSack,
            HasWindowScale = scale >= 0,
            WindowScale = (byte)Math.Max(scale, 0),
        };
        Span<byte> written = stackalloc byte[40];
        var length = 0;
        if (flags.Contains('S') && mss > 0)
        {
            length = options.WriteSyn(written);
        }
        else if (options.HasTimestamps)
        {
            TcpOptions.WriteTimestamps(written, options.TimestampValue, options.TimestampEcho);
            length = TcpOptions.AlignedTimestampsLength;
        }

        if (sack.Length > 0)
        {
            length += WriteBlocks(written[length..], sack);
        }

        if (flags.Contains('S'))
        {
            SynOptions.CopyTo(written[length..]);
            var padded = (length + SynOptions.Length + 3) & ~3;
            written[(length + SynOptions.Length)..padded].Fill(1);
            length = padded;
        }

        var headerLength = TcpHeader.MinimumLength + length;
        var packet = new byte[TcpHost.NetworkHeaderLength + headerLength + payload.Length];
        TcpHost.WriteNetworkHeader(packet, Peer, Own, trafficClass);
        var segment = packet.AsSpan(TcpHost.NetworkHeaderLength);
        TcpHeader.Write(
            segment, port ?? PeerPort, OwnPort, new SequenceNumber(PeerIss) + sequence,
            flags.Contains('.') ? new SequenceNumber(ownIss) + acknowledgment : default,
            headerLength, ParseFlags(flags), (ushort)(window ?? PeerWindow));
        written[..length].CopyTo(segment[TcpHeader.MinimumLength..]);
        payload.CopyTo(segment[headerLength..]);
        var sum = NetworkHeader.PseudoHeaderSum(Peer, Own, IpProtocol.Tcp, segment.Length);
        TcpHeader.WriteChecksum(segment, (ushort)(InternetChecksum.Compute(segment, sum) ^ (corrupt ? 1 : 0)));
        return Host.Take(packet, gsoSize, wirePackets, fragment);
    }

    /// <summary>The segments sent until now are exactly these.</summary>
    public void Expect(params string[] lines)
    {
        Flush();
        var seen = new List<string>();
        while (sent.TryDequeue(out var packet))
        {
            seen.Add(Describe(packet.Span, lines.ElementAtOrDefault(seen.Count) ?? ""));
        }

        Assert.Equal(lines, seen);
    }

    public void ExpectNothing() => Expect();

    /// <summary>What was sent until now is not the point of the test.</summary>
    public void Forget()
    {
        Flush();
        sent.Clear();
    }

    /// <summary>Segments sent until now, which are then forgotten.</summary>
    public int Count()
    {
        Flush();
        var count = sent.Count;
        sent.Clear();
        return count;
    }

    /// <summary>Lets time pass, with every timer on its way, until so many milliseconds later.</summary>
    public void Run(long milliseconds)
    {
        var until = Host.Now + (milliseconds * 1_000_000);
        Flush();
        for (var steps = 0; Host.Tcp.NextDeadline <= until; steps++)
        {
            Assert.True(steps < 100_000, "time stands still");
            Advance(Math.Max(Host.Tcp.NextDeadline, Host.Now));
        }

        Advance(until);
    }

    private void Advance(long now)
    {
        Host.Begin(now);
        Host.Tcp.Advance(now);
        Flush();
    }

    public void Flush() => Host.End(packet =>
    {
        var segment = packet.Span[TcpHost.NetworkHeaderLength..];
        var sum = NetworkHeader.PseudoHeaderSum(Own, Peer, IpProtocol.Tcp, segment.Length);
        Assert.Equal(0xFFFF, InternetChecksum.Sum(segment, sum));
        if ((TcpHeader.Flags(segment) & TcpFlags.Syn) != 0)
        {
            ownIss = TcpHeader.Sequence(segment).Value;
        }

        ends[TcpHeader.DestinationPort(segment)] = TcpHeader.Sequence(segment).Value + (uint)(segment.Length - TcpHeader.HeaderLength(segment));

        var options = TcpOptions.Read(segment[TcpHeader.MinimumLength..TcpHeader.HeaderLength(segment)], true);
        LastTimestamp = options.HasTimestamps ? options.TimestampValue : LastTimestamp;
        if (FastOpenOption.TryRead(segment[TcpHeader.MinimumLength..TcpHeader.HeaderLength(segment)], out var fastOpen))
        {
            LastCookie = fastOpen.Cookie;
        }

        sent.Enqueue(packet);
    });

    private readonly Dictionary<(ushort, ushort), uint> initial = [];
    private readonly Dictionary<ushort, uint> ends = [];

    /// <summary>Where the segment ended that was sent last to one of several peers' ports.</summary>
    public int EndOf(ushort own, ushort peer) => (int)(ends[peer] - initial[(own, peer)]);

    /// <summary>The port of this side that the peer talks to from now on.</summary>
    public void Talk(ushort port) => OwnPort = port;

    /// <summary>Keeps the initial sequence number of one of several connections.</summary>
    public void Remember(ushort own, ushort peer) => initial[(own, peer)] = ownIss;

    public void Recall(ushort own, ushort peer) => ownIss = initial[(own, peer)];

    public TcpSocket Socket => Host.Socket();

    public int Write(string text) => Socket.Write(Encoding.ASCII.GetBytes(text));

    public int Write(int count) => Socket.Write(new byte[count]);

    public string Text => Encoding.ASCII.GetString([.. Application.Data]);

    private string Describe(ReadOnlySpan<byte> packet, string wanted)
    {
        var segment = packet[TcpHost.NetworkHeaderLength..];
        var flags = TcpHeader.Flags(segment);
        var headerLength = TcpHeader.HeaderLength(segment);
        var length = segment.Length - headerLength;
        var isBare = (flags & TcpFlags.Rst) != 0 && (flags & TcpFlags.Ack) == 0 && ownIss == 0;
        var first = isBare ? TcpHeader.Sequence(segment).Value : (uint)(TcpHeader.Sequence(segment) - new SequenceNumber(ownIss));
        var line = new StringBuilder();
        line.Append(CultureInfo.InvariantCulture, $"{PrintFlags(flags)} {(int)first}:{(int)first + length}({length})");
        if ((flags & TcpFlags.Ack) != 0)
        {
            line.Append(CultureInfo.InvariantCulture, $" ack {TcpHeader.Acknowledgment(segment) - new SequenceNumber(PeerIss)}");
        }

        if (wanted.Contains(" win ", StringComparison.Ordinal))
        {
            line.Append(CultureInfo.InvariantCulture, $" win {TcpHeader.Window(segment)}");
        }

        if (wanted.Contains('['))
        {
            line.Append(CultureInfo.InvariantCulture, $" [{packet[1]}]");
        }

        if (wanted.Contains('<'))
        {
            line.Append(" <").Append(PrintOptions(segment[TcpHeader.MinimumLength..headerLength])).Append('>');
        }

        return line.ToString();
    }

    private string PrintOptions(ReadOnlySpan<byte> options)
    {
        var text = new List<string>();
        while (!options.IsEmpty)
        {
            var length = options[0] <= 1 ? 1 : options[1];
            text.Add(options[0] switch
            {
                0 => "eol",
                1 => "nop",
                2 => string.Create(CultureInfo.InvariantCulture, $"mss {(options[2] << 8) | options[3]}"),
                3 => string.Create(CultureInfo.InvariantCulture, $"wscale {options[2]}"),
                8 => "TS",
                4 => "sackOK",
                5 => PrintBlocks(options[2..length]),
                34 => string.Create(CultureInfo.InvariantCulture, $"FO {length - 2}"),
                254 => string.Create(CultureInfo.InvariantCulture, $"FOX {length - 4}"),
                _ => string.Create(CultureInfo.InvariantCulture, $"kind {options[0]}"),
            });
            options = options[length..];
        }

        return string.Join(',', text);
    }

    private string PrintBlocks(ReadOnlySpan<byte> blocks)
    {
        var text = new StringBuilder("sack");
        for (; !blocks.IsEmpty; blocks = blocks[8..])
        {
            var start = new SequenceNumber(BinaryPrimitives.ReadUInt32BigEndian(blocks)) - new SequenceNumber(PeerIss);
            var end = new SequenceNumber(BinaryPrimitives.ReadUInt32BigEndian(blocks[4..])) - new SequenceNumber(PeerIss);
            text.Append(CultureInfo.InvariantCulture, $" {start}:{end}");
        }

        return text.ToString();
    }

    /// <summary>Writes blocks given as first:end, the way they are printed.</summary>
    private int WriteBlocks(Span<byte> options, string blocks)
    {
        var pieces = blocks.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        TcpOptions.WriteSackHeader(options, pieces.Length);
        var length = TcpOptions.AlignedSackHeaderLength;
        foreach (var piece in pieces)
        {
            var ends = piece.Split(':').Select(number => new SequenceNumber(ownIss) + int.Parse(number, CultureInfo.InvariantCulture)).ToArray();
            TcpOptions.WriteSackBlock(options[length..], ends[0], ends[1]);
            length += TcpOptions.SackBlockLength;
        }

        return length;
    }

    private static TcpFlags ParseFlags(string flags)
    {
        var parsed = TcpFlags.None;
        foreach (var letter in flags)
        {
            parsed |= letter switch
            {
                'S' => TcpFlags.Syn,
                'F' => TcpFlags.Fin,
                'R' => TcpFlags.Rst,
                'P' => TcpFlags.Psh,
                '.' => TcpFlags.Ack,
                'U' => TcpFlags.Urg,
                'E' => TcpFlags.Ece,
                'W' => TcpFlags.Cwr,
                _ => throw new ArgumentException($"'{letter}' is no flag", nameof(flags)),
            };
        }

        return parsed;
    }

    private static string PrintFlags(TcpFlags flags) =>
        ((flags & TcpFlags.Fin) != 0 ? "F" : "") + ((flags & TcpFlags.Syn) != 0 ? "S" : "") + ((flags & TcpFlags.Rst) != 0 ? "R" : "")
        + ((flags & TcpFlags.Psh) != 0 ? "P" : "") + ((flags & TcpFlags.Ece) != 0 ? "E" : "") + ((flags & TcpFlags.Cwr) != 0 ? "W" : "") + ((flags & TcpFlags.Ack) != 0 ? "." : "");

    public void Dispose() => Host.Dispose();
}
