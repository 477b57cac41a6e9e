using Millrace.Testing.Packets;

namespace Millrace.Testing.Scripts;

/// <summary>A connection as the script names it: four addresses of packets, and what relative numbers count from.</summary>
internal sealed class ScriptFlow(string name, uint peerAddress, ushort peerPort, uint stackAddress, ushort stackPort)
{
    public const string DefaultName = "";

    /// <summary>192.0.2.1, of TEST-NET-1 (RFC 5737).</summary>
    public const uint StackAddress = 0xC000_0201;

    /// <summary>192.0.2.2</summary>
    public const uint PeerAddress = 0xC000_0202;

    public const ushort DefaultStackPort = 80;
    public const ushort DefaultPeerPort = 40_000;

    public string Name { get; } = name;

    public uint Peer { get; } = peerAddress;

    public ushort PeerPort { get; } = peerPort;

    public uint Stack { get; } = stackAddress;

    /// <summary>Of a connection that the stack opens it is learnt from its SYN.</summary>
    public ushort StackPort { get; set; } = stackPort;

    public bool IsPortLearnt { get; set; }

    public uint PeerIss { get; set; }

    /// <summary>The stack's initial sequence number, learnt from its first SYN; before that, anything.</summary>
    public uint StackIss { get; set; } = 0x5000_0000;

    public bool IsIssLearnt { get; set; }

    /// <summary>The stack's first timestamp, from which its others count.</summary>
    public uint? FirstTimestamp { get; set; }

    public uint LastTimestamp { get; set; }

    /// <summary>The window field of an inbound packet that names none.</summary>
    public ushort LastWindow { get; set; } = ushort.MaxValue;

    public byte[] LastCookie { get; set; } = [];

    /// <summary>A fresh one for a run: what is learnt belongs to the run.</summary>
    public ScriptFlow Copy(uint peerIss) => new(Name, Peer, PeerPort, Stack, StackPort) { PeerIss = peerIss };

    public bool Sends(Dissection packet) => packet is { Ip: { } ip, Tcp: { } tcp }
        && ip.Source == Stack && ip.Destination == Peer && tcp.SourcePort == StackPort && tcp.DestinationPort == PeerPort;

    /// <summary>Learns what a packet of the stack says first.</summary>
    public void Learn(TcpSegment tcp)
    {
        if (tcp.Flags.HasFlag(SegmentFlags.Syn) && !IsIssLearnt)
        {
            StackIss = tcp.Sequence;
            IsIssLearnt = true;
        }

        var timestamps = TcpOption.Find(tcp.Options, TcpOption.KindTimestamps, 10);
        if (timestamps >= 0)
        {
            LastTimestamp = WireFormat.Get32(tcp.Options, timestamps + 2);
            FirstTimestamp ??= LastTimestamp;
        }

        for (var length = 6; length <= 18; length++)
        {
            var cookie = TcpOption.Find(tcp.Options, TcpOption.KindFastOpen, length);
            if (cookie >= 0)
            {
                LastCookie = tcp.Options[(cookie + 2)..(cookie + length)];
            }
        }
    }
}
