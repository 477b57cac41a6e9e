namespace Millrace.Testing.Scripts.Kernel;

/// <summary>Reads fields of struct tcp_info by name (include/uapi/linux/tcp.h).</summary>
internal static class KernelInfo
{
    private const int Tcp = 6;
    private const int Info = 11;

    private static readonly Dictionary<string, (int Offset, int Length)> Fields = new()
    {
        ["state"] = (0, 1), ["ca_state"] = (1, 1), ["retransmits"] = (2, 1), ["probes"] = (3, 1), ["backoff"] = (4, 1), ["options"] = (5, 1),
        ["rto"] = (8, 4), ["ato"] = (12, 4), ["snd_mss"] = (16, 4), ["rcv_mss"] = (20, 4), ["unacked"] = (24, 4), ["sacked"] = (28, 4),
        ["lost"] = (32, 4), ["retrans"] = (36, 4), ["last_data_sent"] = (44, 4), ["last_data_recv"] = (52, 4), ["last_ack_recv"] = (56, 4),
        ["pmtu"] = (60, 4), ["rcv_ssthresh"] = (64, 4), ["rtt"] = (68, 4), ["rttvar"] = (72, 4), ["snd_ssthresh"] = (76, 4),
        ["snd_cwnd"] = (80, 4), ["advmss"] = (84, 4), ["reordering"] = (88, 4), ["rcv_rtt"] = (92, 4), ["rcv_space"] = (96, 4),
        ["total_retrans"] = (100, 4), ["pacing_rate"] = (104, 8), ["max_pacing_rate"] = (112, 8), ["bytes_acked"] = (120, 8),
        ["bytes_received"] = (128, 8), ["segs_out"] = (136, 4), ["segs_in"] = (140, 4), ["notsent_bytes"] = (144, 4), ["min_rtt"] = (148, 4),
        ["data_segs_in"] = (152, 4), ["data_segs_out"] = (156, 4), ["delivery_rate"] = (160, 8), ["busy_time"] = (168, 8),
        ["rwnd_limited"] = (176, 8), ["sndbuf_limited"] = (184, 8), ["delivered"] = (192, 4), ["delivered_ce"] = (196, 4),
        ["bytes_sent"] = (200, 8), ["bytes_retrans"] = (208, 8), ["dsack_dups"] = (216, 4), ["reord_seen"] = (220, 4),
        ["rcv_ooopack"] = (224, 4), ["snd_wnd"] = (228, 4), ["rcv_wnd"] = (232, 4), ["rehash"] = (236, 4), ["total_rto"] = (240, 2),
    };

    public static long Read(int descriptor, string field)
    {
        var bytes = new byte[256];
        var length = bytes.Length;
        var error = SystemCalls.Result(SystemCalls.GetOption(descriptor, Tcp, Info, bytes, ref length));
        if (error < 0)
        {
            throw new ScriptUnsupportedException($"TCP_INFO says {Errors.Describe(error)}.");
        }

        // two halves of one byte
        if (field is "snd_wscale" or "rcv_wscale")
        {
            return field[0] == 's' ? bytes[6] & 0xF : bytes[6] >> 4;
        }

        return Fields.TryGetValue(field, out var place)
            ? place.Length switch
            {
                1 => bytes[place.Offset],
                2 => BitConverter.ToUInt16(bytes, place.Offset),
                4 => BitConverter.ToUInt32(bytes, place.Offset),
                _ => BitConverter.ToInt64(bytes, place.Offset),
            }
            : throw new ScriptUnsupportedException($"struct tcp_info has no field '{field}'; there are {string.Join(", ", Fields.Keys)}");
    }
}
