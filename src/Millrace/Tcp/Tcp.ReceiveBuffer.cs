using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <content>
/// How much the receive queues may hold and how far windows may open: both grow with what comes and is read
/// (net/ipv4/tcp_input.c), unless the application has settled them.
/// </content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    private const int MinimumReceiveBuffer = Arena.FrameTruesize;

    /// <summary>Bytes of payload from which on a segment lets the window grow (tcp_event_data_recv).</summary>
    private const int LengthThatGrows = 128;

    public override int ReceiveBufferOf(int index) => connections[index].RcvBuf;

    public override void SetReceiveBuffer(int index, int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ref var connection = ref connections[index];
        connection.Traits |= TcpTraits.ReceiveBufferLocked;
        connection.RcvBuf = Math.Max(2 * Math.Min(bytes, memory.RmemMax), MinimumReceiveBuffer);
        ClampWindow(ref connection, PayloadOf(ref connection, connection.RcvBuf));
        StartWindowAnew(ref connection);
    }

    public override int SetReceiveLowat(int index, int bytes)
    {
        var isLocked = index >= 0 && connections[index].Has(TcpTraits.ReceiveBufferLocked);
        var lowat = Math.Max(Math.Min(bytes, (isLocked ? connections[index].RcvBuf : memory.Rmem.Maximum) >> 1), 1);
        if (index >= 0 && !isLocked)
        {
            // tcp_set_rcvlowat
            ref var connection = ref connections[index];
            var room = (int)Math.Min(TruesizeOf(ref connection, lowat), memory.Rmem.Maximum);
            if (room > connection.RcvBuf)
            {
                connection.RcvBuf = room;
                ClampWindow(ref connection, Math.Max(connection.WindowClamp, lowat));
            }
        }

        return lowat;
    }

    public override void SetWindowClamp(int index, int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ref var connection = ref connections[index];
        OwnOptions(index, ref connection).WindowClamp = bytes == 0 ? 0 : Math.Max(bytes, MinimumReceiveBuffer / 2);
        ClampWindow(ref connection, PayloadOf(ref connection, connection.RcvBuf));
        StartWindowAnew(ref connection);
    }

    /// <summary>What was settled before the SYN has gone is in its window.</summary>
    private void StartWindowAnew(ref TcpConnection connection)
    {
        if (connection.State == TcpState.SynSent && connection.SndMax == connection.Iss)
        {
            StartWindow(ref connection);
        }
    }

    /// <summary>The segment size is bounded before the SYN has gone.</summary>
    private void StartReceivingAnew(ref TcpConnection connection)
    {
        if (connection.State == TcpState.SynSent && connection.SndMax == connection.Iss)
        {
            StartReceiving(ref connection);
        }
    }

    /// <summary>
    /// The clamp follows the buffer (tcp_set_window_clamp). What an application asked for bounds it for good; in Linux the
    /// next change of the buffer forgets it.
    /// </summary>
    private void ClampWindow(ref TcpConnection connection, int clamp)
    {
        var asked = AskedWindowClamp(ref connection);
        clamp = asked == 0 ? clamp : Math.Min(clamp, asked);
        var isLess = clamp < connection.WindowClamp;
        connection.WindowClamp = clamp;
        connection.RcvSsThresh = isLess
            ? Math.Min(connection.RcvSsThresh, clamp)
            : Math.Max(connection.RcvSsThresh, Math.Min(connection.RcvWnd, clamp));
    }

    /// <summary>The handshake is over (tcp_init_buffer_space).</summary>
    private void StartReceiveSpace(ref TcpConnection connection)
    {
        ClampWindow(ref connection, PayloadOf(ref connection, connection.RcvBuf));
        ref var space = ref connection.Space;
        space.Since = microseconds;
        space.Copied = connection.RcvNxt - connection.Readable;
        space.Space = Math.Min(
            Math.Min(connection.RcvSsThresh, connection.RcvWnd), settings.InitialCongestionWindow * connection.AdvertisedMss);
    }

    /// <summary>Before the payload of a segment is queued.</summary>
    /// <param name="echo">TSecr of the segment; 0 if it has none, or echoes none.</param>
    private void MeasureReceiveRtt(ref TcpConnection connection, int payloadLength, uint echo)
    {
        if (connection.Has(TcpTraits.Timestamps) && echo != 0 && payloadLength >= connection.RcvMss)
        {
            connection.Space.MeasureByTimestamp(echo, (int)(TimestampNow(ref connection) - echo), connection.Readable == 0);
        }
    }

    /// <summary>
    /// The window may open further if what comes fills its frames as well as the window assumes, or would fill a larger
    /// buffer's (tcp_grow_window).
    /// </summary>
    private void GrowWindow(ref TcpConnection connection, int length, int truesize)
    {
        var free = PayloadOf(ref connection, Math.Max(connection.RcvBuf - connection.RmemAlloc, 0));

        // 3.18 only asked whether there was any room left
        var limit = settings.InitialReceiveWindow > 0 && connection.RcvSsThresh < free ? connection.WindowClamp : Math.Min(connection.WindowClamp, free);
        var room = limit - connection.RcvSsThresh;
        if (room <= 0)
        {
            return;
        }

        if (isUnderPressure)
        {
            LimitWindow(ref connection);
            return;
        }

        var payload = PayloadOf(ref connection, truesize);
        var growth = payload <= length ? 2 * connection.AdvertisedMss : GrowthOfBloated(ref connection, length, payload);
        if (growth > 0)
        {
            connection.RcvSsThresh += Math.Min(room, Math.Max(growth, 2 * length));
            connection.Ack.Quick |= 1;
        }
    }

    private int GrowthOfBloated(ref TcpConnection connection, int length, int payload)
    {
        payload >>= 1;
        for (var window = PayloadOf(ref connection, memory.Rmem.Maximum) >> 1; connection.RcvSsThresh <= window; window >>= 1)
        {
            if (payload <= length)
            {
                return 2 * connection.RcvMss;
            }

            payload >>= 1;
        }

        return 0;
    }

    /// <summary>Memory is short: windows of four segments (tcp_adjust_rcv_ssthresh).</summary>
    private static void LimitWindow(ref TcpConnection connection) =>
        connection.RcvSsThresh = Math.Min(connection.RcvSsThresh, 4 * connection.AdvertisedMss);

    /// <summary>The application took bytes: once in a round trip it is seen how many (tcp_rcv_space_adjust).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void ModerateReceiveBuffer(ref TcpConnection connection)
    {
        ref var space = ref connection.Space;
        if (space.Rtt != 0 && microseconds - space.Since >= space.Rtt >> 3)
        {
            EndRoundTrip(ref connection, ref space);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void EndRoundTrip(ref TcpConnection connection, ref ReceiveSpace space)
    {
        var taken = connection.RcvNxt - connection.Readable;
        var copied = taken - space.Copied - connection.Readable;
        if (copied > space.Space)
        {
            GrowReceiveBuffer(ref connection, copied);
        }

        space.Copied = taken;
        space.Since = microseconds;
        KeepTotals(ref connection);
    }

    /// <summary>
    /// Room for twice what was taken in a round trip, since this is one round trip late, and more while the sender is getting
    /// faster (tcp_rcvbuf_grow). Behind a gap, what is there already comes on top.
    /// </summary>
    private void GrowReceiveBuffer(ref TcpConnection connection, int copied)
    {
        ref var space = ref connection.Space;
        var before = Math.Max(space.Space, 1);
        space.Space = copied;
        if (!settings.ModerateReceiveBuffer || connection.Has(TcpTraits.ReceiveBufferLocked) || isUnderPressure)
        {
            return;
        }

        var window = 2L * copied;
        if (settings.ReceiveBufferGrowth == ReceiveBufferGrowth.Steps)
        {
            window += 16L * connection.AdvertisedMss;
            window += StepOf(window, copied, before);
        }
        else
        {
            window += window * (copied - before) / before * 2;
        }

        if (!connection.OutOfOrder.IsEmpty)
        {
            window += RangeEnd(connection.OutOfOrder.Last) - connection.RcvNxt;
        }

        var wanted = (int)Math.Min(TruesizeOf(ref connection, window), memory.Rmem.Maximum);
        if (wanted > connection.RcvBuf)
        {
            connection.RcvBuf = wanted;
            ClampWindow(ref connection, PayloadOf(ref connection, wanted));
        }
    }
}
