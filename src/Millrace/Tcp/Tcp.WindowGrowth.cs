using Millrace.Memory;

namespace Millrace.Tcp;

/// <content>
/// How a receive window grew in Linux 3.18 (net/ipv4/tcp_input.c): it starts with a number of segments, whatever the buffer, and
/// opens as data shows that its frames are well filled. Each part is a setting, and is compiled where the setting says so.
/// </content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications>
{
    /// <summary>The segment size up to which the first window is counted in segments; above it, in the bytes of so many.</summary>
    private const int UsualMss = 1460;

    /// <summary>Payload that tells nothing of how well frames are filled (tcp_event_data_recv).</summary>
    private const int TellingPayload = 128;

    /// <summary>By so many bytes the memory of a segment is raised until its share of payload holds it (tcp_rcv_space_adjust).</summary>
    private const int TruesizeStep = 128;

    private int FirstWindowSegments(ref TcpConnection connection) => connection.AdvertisedMss > UsualMss
        ? Math.Max(UsualMss * settings.InitialReceiveWindow / connection.AdvertisedMss, 2)
        : settings.InitialReceiveWindow;

    /// <summary>The window of the SYN (tcp_select_initial_window).</summary>
    private void LimitFirstWindow(ref TcpConnection connection)
    {
        if (connection.AdvertisedMss > 1 << connection.ReceiveWindowScale)
        {
            connection.RcvWnd = Math.Min(connection.RcvWnd, FirstWindowSegments(ref connection) * connection.AdvertisedMss);
        }

        connection.RcvSsThresh = connection.RcvWnd;
    }

    /// <summary>
    /// A connection is open: its buffer is to have room for four times the first window at least, because autotuning notices a
    /// fast sender only two round trips later (tcp_fixup_rcvbuf).
    /// </summary>
    private void RaiseReceiveBuffer(ref TcpConnection connection)
    {
        if (settings.InitialReceiveWindow == 0)
        {
            return;
        }

        var room = 2L * Arena.FrameTruesize * FirstWindowSegments(ref connection) * (settings.ModerateReceiveBuffer ? 4 : 1);
        connection.RcvBuf = (int)Math.Max(connection.RcvBuf, Math.Min(room, memory.Rmem.Maximum));
    }

    /// <summary>Data that came in order, or not, opens the window further (tcp_grow_window).</summary>
    private void GrowWindow(ref TcpConnection connection, ref TcpSegment segment)
    {
        var length = segment.PayloadLength;
        if (settings.InitialReceiveWindow == 0 || length < TellingPayload || IsUnderPressure)
        {
            return;
        }

        var whole = PayloadOf(ref connection, connection.RcvBuf);
        var free = PayloadOf(ref connection, Math.Max(connection.RcvBuf - connection.RmemAlloc, 0));
        if (connection.RcvSsThresh >= whole || connection.RcvSsThresh >= free)
        {
            return;
        }

        var size = segment.Metadata.GsoSize > 0 ? segment.Metadata.GsoSize : length;
        var truesize = (length + size - 1) / size * ((size + Arena.Stride - 1) / Arena.Stride) * Arena.FrameTruesize;
        var payload = PayloadOf(ref connection, truesize);
        var more = payload <= length ? 2 * connection.AdvertisedMss : MoreForThin(ref connection, payload, length);
        if (more > 0)
        {
            connection.RcvSsThresh = Math.Min(connection.RcvSsThresh + Math.Max(more, 2 * length), whole);
            connection.Ack.Quick = Math.Max(connection.Ack.Quick, 1);
        }
    }

    /// <summary>A segment that fills its frame badly counts only while the window is so small that even such segments fit (__tcp_grow_window).</summary>
    private int MoreForThin(ref TcpConnection connection, int payload, int length)
    {
        var window = PayloadOf(ref connection, memory.Rmem.Maximum) >> 1;
        for (payload >>= 1; connection.RcvSsThresh <= window; payload >>= 1, window >>= 1)
        {
            if (payload <= length)
            {
                return 2 * connection.RcvMss;
            }
        }

        return 0;
    }

    /// <summary>What a sender that speeds up may need beside twice of what it sent.</summary>
    internal static long StepOf(long window, int drained, int before) =>
        drained < before + (before >> 2) ? 0 : drained < before + (before >> 1) ? window >> 1 : window;

    /// <summary>Bytes of truesize that a window needs, the reverse of <see cref="PayloadOf"/>.</summary>
    private long TruesizeOf(ref TcpConnection connection, long window)
    {
        if (settings.AdvWinScale == 0)
        {
            return (window << 8) / Math.Max(connection.ScalingRatio, 1);
        }

        var each = (connection.AdvertisedMss + Arena.Stride - 1) / Arena.Stride * Arena.FrameTruesize;
        while (PayloadOf(ref connection, each) < connection.AdvertisedMss)
        {
            each += TruesizeStep;
        }

        return window / connection.AdvertisedMss * each;
    }
}
