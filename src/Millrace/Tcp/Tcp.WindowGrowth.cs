using Millrace.Memory;

namespace Millrace.Tcp;

/// <content>
/// How a receive window began and its buffer grew in Linux 3.18 (net/ipv4/tcp_input.c): with a number of segments, whatever the
/// buffer, and in steps. Each part is a setting, and is compiled where the setting says so.
/// </content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    /// <summary>The segment size up to which the first window is counted in segments; above it, in the bytes of so many.</summary>
    private const int UsualMss = 1460;

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

    /// <summary>What a sender that speeds up may need beside twice of what it sent.</summary>
    internal static long StepOf(long window, int drained, int before) =>
        drained < before + (before >> 2) ? 0 : drained < before + (before >> 1) ? window >> 1 : window;

    /// <summary>Bytes of truesize that a window needs, the reverse of <see cref="PayloadOf"/>.</summary>
    private long TruesizeOf(ref TcpConnection connection, long window)
    {
        if (settings.AdvWinScale == 0)
        {
            return (window << 8) / Math.Max((int)connection.ScalingRatio, 1);
        }

        var each = (connection.AdvertisedMss + Arena.Stride - 1) / Arena.Stride * Arena.FrameTruesize;
        while (PayloadOf(ref connection, each) < connection.AdvertisedMss)
        {
            each += TruesizeStep;
        }

        return window / connection.AdvertisedMss * each;
    }
}
