using System.Numerics;
using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <content>The receive buffer and the window it leaves (RFC 9293 §3.8.6, net/ipv4/tcp_output.c, __tcp_select_window).</content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    /// <summary>Payload to truesize in 256ths before anything was measured: a half (TCP_DEFAULT_SCALING_RATIO since 6.7).</summary>
    private const int InitialScalingRatio = 1 << 7;

    private const int MinimumRcvMss = 88;
    private const int MaximumUnscaledWindow = 65_535;

    private void StartReceiving(ref TcpConnection connection)
    {
        var path = network.PathMtu(connection.RemoteAddress) - connection.NetworkHeaderLength - TcpHeader.MinimumLength;
        connection.AdvertisedMss = (ushort)Math.Clamp(path, settings.MinimumSegmentSize, MaximumUnscaledWindow);
        if (AskedSegment(ref connection) is > 0 and var most)
        {
            connection.AdvertisedMss = (ushort)Math.Min((int)connection.AdvertisedMss, most);
        }

        connection.RcvMss = (ushort)Math.Min((int)connection.AdvertisedMss, DefaultMss);
        StartWindow(ref connection);
    }

    /// <summary>
    /// The first window and its scale, which suits the largest buffer there may be (tcp_select_initial_window). The field of a SYN is not
    /// scaled and says no more than it can hold; the window is whole.
    /// </summary>
    private void StartWindow(ref TcpConnection connection)
    {
        var space = PayloadOf(ref connection, connection.RcvBuf);
        var asked = AskedWindowClamp(ref connection);
        var clamp = connection.Has(TcpTraits.ReceiveBufferLocked) && (asked == 0 || asked > space) ? space : asked == 0 ? int.MaxValue : asked;
        var largest = Math.Min(Math.Max(space, Math.Max(memory.Rmem.Maximum, memory.RmemMax)), clamp);
        connection.ReceiveWindowScale = settings.WindowScaling
            ? (byte)Math.Clamp(BitOperations.Log2((uint)largest | 1) - 15, 0, TcpOptions.MaximumWindowScale)
            : (byte)0;
        space = Math.Min(space, clamp);
        connection.RcvWnd = space > connection.AdvertisedMss ? space - (space % connection.AdvertisedMss) : space;
        if (settings.InitialReceiveWindow > 0)
        {
            LimitFirstWindow(ref connection);
        }

        connection.RcvSsThresh = connection.RcvWnd;
        connection.WindowClamp = Math.Min(space, MaximumUnscaledWindow << connection.ReceiveWindowScale);
    }

    /// <summary>What is left of the window announced last: RCV.WND counted from RCV.NXT.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int ReceiveWindow(ref TcpConnection connection) =>
        Math.Max(connection.RcvWup + connection.RcvWnd - connection.RcvNxt, 0);

    public override bool IsWindowShut(int index) => isUnderPressure || ReceiveWindow(ref connections[index]) <= connections[index].RcvMss;

    private static bool IsInWindow(ref TcpConnection connection, SequenceNumber sequence) =>
        sequence >= connection.RcvNxt && sequence <= connection.RcvNxt + ReceiveWindow(ref connection);

    /// <summary>Bytes of payload that will fit into so many bytes of truesize, as far as was seen.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int PayloadOf(ref TcpConnection connection, int truesize) => settings.AdvWinScale > 0
        ? truesize - (truesize >> settings.AdvWinScale)
        : (int)((long)truesize * connection.ScalingRatio >> 8);

    /// <summary>
    /// The window the buffer has room for: no less than a segment or a sixteenth of the whole, else none at all (the
    /// receiver's side of the silly window, RFC 9293 §3.8.6.2.2), and no more than the threshold.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int FreeWindow(ref TcpConnection connection)
    {
        // while half of it is free, only the threshold and the unit count
        var free = PayloadOf(ref connection, connection.RcvBuf - connection.RmemAlloc);
        return free < connection.WindowClamp >> 1 || isUnderPressure || connection.ReceiveWindowScale == 0
            ? FreeWindowAny(ref connection)
            : InUnits(ref connection, Math.Min(free, connection.RcvSsThresh));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int InUnits(ref TcpConnection connection, int window)
    {
        var unit = 1 << connection.ReceiveWindowScale;
        return Math.Min((window + unit - 1) & -unit, MaximumUnscaledWindow << connection.ReceiveWindowScale);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private int FreeWindowAny(ref TcpConnection connection)
    {
        var allowed = PayloadOf(ref connection, connection.RcvBuf);
        var whole = Math.Min(connection.WindowClamp, allowed);
        var free = PayloadOf(ref connection, Math.Max(connection.RcvBuf - connection.RmemAlloc, 0));
        var mss = Math.Min((int)connection.RcvMss, whole);
        var unit = 1 << connection.ReceiveWindowScale;
        if (free < whole >> 1)
        {
            connection.Ack.Quick = 0;
            if (isUnderPressure)
            {
                LimitWindow(ref connection);
            }

            // no more than there is, because the scale has no smaller unit
            free &= -unit;
            if (free < allowed >> 4 || free < mss)
            {
                return 0;
            }
        }

        // after the test, or a sixteenth of a large buffer would be more than what is guaranteed and the window stay shut
        if (IsOverHigh)
        {
            free = Math.Min(free, GuaranteedFramesToReceive * connection.AdvertisedMss);
        }

        free = Math.Min(free, connection.RcvSsThresh);
        if (connection.ReceiveWindowScale > 0)
        {
            return InUnits(ref connection, free);
        }

        // without a scale, whole segments, so that the right edge does not creep
        var window = connection.RcvWnd;
        if (window <= free - mss || window > free)
        {
            window = free - (free % Math.Max(mss, 1));
        }
        else if (mss == whole && free > window + (whole >> 1))
        {
            window = free;
        }

        return Math.Min(window, MaximumUnscaledWindow);
    }

    /// <summary>Settles the window of a segment that is about to be sent. The right edge never moves back (RFC 9293 §3.8.6).</summary>
    /// <returns>The window field.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ushort SelectWindow(ref TcpConnection connection)
    {
        var before = ReceiveWindow(ref connection);
        var window = FreeWindow(ref connection);
        if (window < before)
        {
            counters.TCPWantZeroWindowAdv += window == 0 ? 1 : 0;
            window = InUnits(ref connection, before);
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
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void OpenWindow(int index, ref TcpConnection connection)
    {
        var announced = ReceiveWindow(ref connection);

        // the threshold, rounded up to the unit, is the most that can be
        if (2L * announced <= Math.Min(connection.WindowClamp, (long)connection.RcvSsThresh + (1 << connection.ReceiveWindowScale)))
        {
            var window = FreeWindow(ref connection);
            if (window > 0 && window >= 2L * announced)
            {
                Demand(index, TcpPending.Ack);
                return;
            }
        }

        // an acknowledgment that waits need not wait longer when everything was read and more than a segment is unacknowledged
        if (connection.DelayedAckAt.IsSet && connection.RcvNxt - connection.RcvWup > connection.RcvMss)
        {
            Demand(index, TcpPending.Ack);
        }
    }

    /// <summary>Learns the peer's segment size and how well its payloads fill frames (tcp_measure_rcv_mss).</summary>
    /// <param name="length">Bytes of payload a segment.</param>
    private void MeasureSegment(ref TcpConnection connection, int length)
    {
        if (length >= connection.RcvMss)
        {
            if (length != connection.RcvMss && settings.AdvWinScale == 0)
            {
                MeasureRatio(ref connection, length);
            }

            connection.RcvMss = (ushort)Math.Min(length, connection.AdvertisedMss);
        }
    }

    private void MeasureRatio(ref TcpConnection connection, int length)
    {
        var frames = (length + Arena.Stride - 1) / Arena.Stride;
        var ratio = Math.Clamp((length << 8) / (frames * Arena.FrameTruesize), 1, 255);
        if (ratio != connection.ScalingRatio)
        {
            connection.ScalingRatio = (byte)ratio;
            ClampWindow(ref connection, PayloadOf(ref connection, connection.RcvBuf));
            connection.Space.Space = Math.Min(connection.Space.Space, connection.WindowClamp);
        }
    }
}
