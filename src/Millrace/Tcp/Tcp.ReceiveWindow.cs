using System.Numerics;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <content>The receive buffer and the window it leaves (RFC 9293 §3.8.6, net/ipv4/tcp_output.c, __tcp_select_window).</content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications>
{
    /// <summary>Payload to truesize in 256ths before anything was measured: 1200 bytes a frame of 4 KiB (TCP_DEFAULT_SCALING_RATIO).</summary>
    private const int InitialScalingRatio = (1200 << 8) / 4672;

    private const int MinimumRcvMss = 88;
    private const int MaximumUnscaledWindow = 65_535;

    private void StartReceiving(ref TcpConnection connection)
    {
        var path = network.PathMtu(connection.RemoteAddress) - connection.NetworkHeaderLength - TcpHeader.MinimumLength;
        connection.AdvertisedMss = Math.Clamp(path, settings.MinimumSegmentSize, MaximumUnscaledWindow);
        connection.RcvMss = Math.Min(connection.AdvertisedMss, DefaultMss);
        connection.ReceiveWindowScale = settings.WindowScaling
            ? (byte)Math.Clamp(BitOperations.Log2((uint)memory.Rmem.Maximum) - 15, 0, TcpOptions.MaximumWindowScale)
            : (byte)0;
        var space = Math.Min(PayloadOf(ref connection, connection.RcvBuf), MaximumUnscaledWindow);
        connection.RcvWnd = space > connection.AdvertisedMss ? space - (space % connection.AdvertisedMss) : space;
        if (settings.InitialReceiveWindow > 0)
        {
            LimitFirstWindow(ref connection);
        }
    }

    /// <summary>What is left of the window announced last: RCV.WND counted from RCV.NXT.</summary>
    private static int ReceiveWindow(ref TcpConnection connection) =>
        Math.Max(connection.RcvWup + connection.RcvWnd - connection.RcvNxt, 0);

    private static bool IsInWindow(ref TcpConnection connection, SequenceNumber sequence) =>
        sequence >= connection.RcvNxt && sequence <= connection.RcvNxt + ReceiveWindow(ref connection);

    /// <summary>Bytes of payload that will fit into so many bytes of truesize, as far as was seen.</summary>
    private int PayloadOf(ref TcpConnection connection, int truesize) => settings.AdvWinScale > 0
        ? truesize - (truesize >> settings.AdvWinScale)
        : (int)((long)truesize * connection.ScalingRatio >> 8);

    /// <summary>
    /// The window the buffer has room for: no less than a segment or a sixteenth of the whole, else none at all (the
    /// receiver's side of the silly window, RFC 9293 §3.8.6.2.2).
    /// </summary>
    private int FreeWindow(ref TcpConnection connection)
    {
        var whole = PayloadOf(ref connection, connection.RcvBuf);
        var free = PayloadOf(ref connection, Math.Max(connection.RcvBuf - connection.RmemAlloc, 0));
        var mss = Math.Min(connection.RcvMss, whole);
        var unit = 1 << connection.ReceiveWindowScale;
        if (free < whole >> 4 || free < mss || free < unit)
        {
            return 0;
        }

        if (settings.InitialReceiveWindow > 0)
        {
            free = Math.Min(free, connection.RcvSsThresh);
        }

        // after the test, or a sixteenth of a large buffer would be more than what is guaranteed and the window stay shut
        if (IsUnderPressure)
        {
            free = Math.Min(free, GuaranteedFramesToReceive * connection.AdvertisedMss);
        }

        if (connection.ReceiveWindowScale > 0)
        {
            return Math.Min((free + unit - 1) & ~(unit - 1), MaximumUnscaledWindow << connection.ReceiveWindowScale);
        }

        // without a scale, whole segments, so that the right edge does not creep
        var window = connection.RcvWnd;
        return Math.Min(window <= free - mss || window > free ? free - (free % Math.Max(mss, 1)) : window, MaximumUnscaledWindow);
    }

    /// <summary>Settles the window of a segment that is about to be sent. The right edge never moves back (RFC 9293 §3.8.6).</summary>
    /// <returns>The window field.</returns>
    private ushort SelectWindow(ref TcpConnection connection)
    {
        var before = ReceiveWindow(ref connection);
        var window = FreeWindow(ref connection);
        if (window < before)
        {
            counters.TCPWantZeroWindowAdv += window == 0 ? 1 : 0;
            var unit = 1 << connection.ReceiveWindowScale;
            window = Math.Min((before + unit - 1) & ~(unit - 1), MaximumUnscaledWindow << connection.ReceiveWindowScale);
        }

        if (window == 0 && connection.RcvWnd != 0)
        {
            counters.TCPToZeroWindowAdv++;
        }
        else if (window != 0 && connection.RcvWnd == 0)
        {
            counters.TCPFromZeroWindowAdv++;
        }

        connection.RcvWnd = window;
        connection.RcvWup = connection.RcvNxt;
        return (ushort)(window >> connection.ReceiveWindowScale);
    }

    /// <summary>The application took bytes: tells the peer if the window has at least doubled (tcp_cleanup_rbuf).</summary>
    private void OpenWindow(int index, ref TcpConnection connection)
    {
        var announced = ReceiveWindow(ref connection);
        if (2L * announced <= PayloadOf(ref connection, connection.RcvBuf))
        {
            var window = FreeWindow(ref connection);
            if (window > 0 && window >= 2L * announced)
            {
                Demand(index, TcpPending.Ack);
                return;
            }
        }

        // an acknowledgment that waits need not wait longer when everything was read and more than a segment is unacknowledged
        if (connection.DelayedAckAt != Never && connection.RcvNxt - connection.RcvWup > connection.RcvMss)
        {
            Demand(index, TcpPending.Ack);
        }
    }

    /// <summary>Learns the peer's segment size and how well its payloads fill frames (tcp_measure_rcv_mss).</summary>
    private void MeasureSegment(ref TcpConnection connection, ref TcpSegment segment)
    {
        var length = segment.Metadata.GsoSize > 0 ? segment.Metadata.GsoSize : segment.PayloadLength;
        if (length >= connection.RcvMss)
        {
            connection.RcvMss = Math.Min(length, connection.AdvertisedMss);
            var frames = (length + Arena.Stride - 1) / Arena.Stride;
            connection.ScalingRatio = Math.Clamp((length << 8) / (frames * Arena.FrameTruesize), 1, 255);
        }
    }

    /// <summary>
    /// Grows the receive buffer to twice what the application takes in a round trip, so that the window does not bound the
    /// sender (tcp_rcv_space_adjust).
    /// </summary>
    private void ModerateReceiveBuffer(ref TcpConnection connection, int count)
    {
        if (!settings.ModerateReceiveBuffer)
        {
            return;
        }

        ref var space = ref connection.Space;
        space.Draining += count;
        var rtt = Math.Max(connection.Rtt.Smoothed, 1);
        if (now - space.Since < rtt * Microsecond)
        {
            return;
        }

        if (space.Draining > space.Drained)
        {
            var window = (2L * space.Draining) + (16L * connection.AdvertisedMss);
            window += settings.ReceiveBufferGrowth == ReceiveBufferGrowth.Steps
                ? StepOf(window, space.Draining, space.Drained)
                : window * (space.Draining - space.Drained) / Math.Max(space.Drained, 1);
            space.Drained = space.Draining;
            var wanted = TruesizeOf(ref connection, window);
            if (!IsUnderPressure)
            {
                connection.RcvBuf = (int)Math.Max(connection.RcvBuf, Math.Min(wanted, memory.Rmem.Maximum));
            }
        }

        space.Draining = 0;
        space.Since = now;
    }
}
