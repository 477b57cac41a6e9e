using System.Runtime.CompilerServices;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <content>How much a send queue may hold: it grows with the congestion window unless the application has settled it.</content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    private const int MinimumSendBuffer = 2 * Arena.FrameTruesize;

    public override int SendBufferOf(int index) => connections[index].SndBuf;

    public override void SetSendBuffer(int index, int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ref var connection = ref connections[index];
        connection.Traits |= TcpTraits.SendBufferLocked;
        connection.SndBuf = Math.Max(2 * Math.Min(bytes, memory.WmemMax), MinimumSendBuffer);
        if (connection.Has(TcpTraits.WantsWritable))
        {
            // the buffer may have room now, and no acknowledgment be due that would tell
            connection.WritableAt = now;
            Schedule(index, ref connection);
        }
    }

    /// <summary>
    /// Twice the congestion window's frames (tcp_sndbuf_expand), if it is not full and there is memory for all
    /// (tcp_should_expand_sndbuf).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void GrowSendBuffer(ref TcpConnection connection)
    {
        // most have it already: the same in products, where a division would take longer than the rest
        if (connection.SndBuf >= memory.Wmem.Maximum
            || (connection.SndBuf >= 2L * settings.InitialCongestionWindow * Arena.FrameTruesize
                && (long)connection.SndBuf * connection.Mss >= 2L * Arena.FrameTruesize * ((long)connection.Congestion.Length + connection.Mss)))
        {
            return;
        }

        if (connection.Has(TcpTraits.SendBufferLocked) || isUnderPressure || arena.SocketMemory >= LowMemory
            || connection.InFlight >= connection.Congestion.Length)
        {
            return;
        }

        var segments = Math.Max(settings.InitialCongestionWindow, (connection.Congestion.Length / connection.Mss) + 1);
        var wanted = Math.Min(2L * segments * Arena.FrameTruesize, memory.Wmem.Maximum);
        connection.SndBuf = (int)Math.Max(connection.SndBuf, wanted);
    }

    /// <summary>No memory for another frame: the buffer shrinks to half of what is queued (sk_stream_moderate_sndbuf).</summary>
    private static void ModerateSendBuffer(ref TcpConnection connection)
    {
        if (!connection.Has(TcpTraits.SendBufferLocked))
        {
            connection.SndBuf = Math.Max(Math.Min(connection.SndBuf, connection.WmemQueued / 2), MinimumSendBuffer);
        }
    }

    /// <summary>Whether a writer that was cut short is told: a third of the buffer is free (sk_stream_is_writeable).</summary>
    private bool IsWritable(ref TcpConnection connection) =>
        connection.SndBuf - connection.WmemQueued >= connection.WmemQueued / 2
        && MaySend(ref connection) && arena.Available(Share.Sockets) > 0 && IsBelowNotSentLowat(ref connection);
}
