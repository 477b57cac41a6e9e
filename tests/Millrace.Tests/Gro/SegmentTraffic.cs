namespace Millrace.Tests.Gro;

/// <summary>
/// Segments of several flows, mostly such as can be merged, each with some chance of every deviation that the rules of GRO
/// name. The same seed makes the same packets.
/// </summary>
internal sealed class SegmentTraffic(int seed, int flowCount)
{
    private readonly Random random = new(seed);
    private readonly FlowState[] flows = [.. Enumerable.Range(0, flowCount).Select(flow => new FlowState(flow, seed))];

    public TcpPacket Next()
    {
        var state = flows[random.Next(flows.Length)];
        var payload = new byte[Chance(4) ? random.Next(0, state.Mss + 40) : state.Mss];
        random.NextBytes(payload);
        var packet = new TcpPacket
        {
            Flow = state.Flow,
            Hash = state.Hash,
            Id = state.Id,
            DontFragment = state.DontFragment,
            Sequence = state.Sequence,
            Acknowledgment = state.Acknowledgment,
            Options = state.Options,
            Payload = payload,
        };
        packet = Deviate(packet, state);
        if (packet.Payload.Length < 6 && packet.Options.Length == 0 && packet.IpOptions.Length == 0)
        {
            packet = packet with { Padding = 6 - packet.Payload.Length };
        }

        state.Sequence = packet.Sequence + (uint)packet.Payload.Length;
        if (state.CountsUp)
        {
            state.Id++;
        }

        return packet;
    }

    private bool Chance(int percent) => random.Next(100) < percent;

    private TcpPacket Deviate(TcpPacket packet, FlowState state)
    {
        packet = Chance(6) ? packet with { Flags = (byte)(packet.Flags | TcpPacket.Psh) } : packet;
        packet = Chance(1) ? packet with { Flags = (byte)(packet.Flags | (1 << random.Next(8))) } : packet;
        packet = Chance(2) ? packet with { Flags = (byte)(packet.Flags | TcpPacket.Cwr) } : packet;
        packet = Chance(1) ? packet with { Sequence = packet.Sequence + (uint)random.Next(-3, 4) } : packet;
        packet = Chance(1) ? packet with { Id = (ushort)(packet.Id + random.Next(-2, 3)) } : packet;
        packet = Chance(1) ? packet with { Ttl = (byte)random.Next(60, 66) } : packet;
        packet = Chance(1) ? packet with { Tos = (byte)random.Next(4) } : packet;
        packet = Chance(1) ? packet with { Window = (ushort)random.Next(500, 503) } : packet;
        packet = Chance(1) ? packet with { DontFragment = !packet.DontFragment } : packet;
        packet = Chance(1) ? packet with { HasBadIpChecksum = true } : packet;
        packet = Chance(1) ? packet with { SourceMac = 3 } : packet;
        packet = Chance(1) ? packet with { Fragment = 0x2000 } : packet;
        packet = Chance(1) ? packet with { IpOptions = [1, 1, 1, 0] } : packet;
        if (Chance(2))
        {
            state.Acknowledgment += (uint)random.Next(3);
        }

        if (packet.Options.Length > 0 && Chance(3))
        {
            state.Options = (byte[])state.Options.Clone();
            state.Options[^1]++;
        }

        return packet;
    }

    private sealed class FlowState(int flow, int seed)
    {
        public int Flow { get; } = flow;

        /// <summary>Never 0, which would mean that there is none.</summary>
        public uint Hash { get; } = (uint)((flow * 5) + (seed % 3) + 1);

        public int Mss { get; } = (flow % 3) switch { 0 => 1400, 1 => 1, _ => 536 };

        public bool CountsUp { get; } = flow % 4 != 1;

        public bool DontFragment { get; } = flow % 5 != 3;

        public ushort Id = (ushort)(flow == 0 ? 0xFFF8 : flow * 1000);
        public uint Sequence = flow == 2 ? 0xFFFF_F000 : (uint)flow * 100_000;
        public uint Acknowledgment = 5000;
        public byte[] Options = flow % 2 == 0 ? [1, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0, 1] : [];
    }
}
