using System.Runtime.CompilerServices;

namespace Millrace.Tcp;

/// <content>What is written and waits although the windows have room (net/ipv4/tcp_output.c, tcp_nagle_check).</content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    /// <summary>
    /// Nagle's algorithm (RFC 896) in Minshall's variant: a segment that is not full waits while another such is
    /// unacknowledged, unless a FIN goes with it.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsHeldByNagle(ref TcpConnection connection, int length) =>
        !connection.Has(TcpTraits.NoDelay)
        && !connection.Has(TcpTraits.FinQueued)
        && connection.SndNxt == connection.SndMax
        && connection.SndNxt + length == connection.WriteSequence
        && connection.SndSml > connection.SndUna

        // after 2^31 bytes in full segments the last small one would seem to lie ahead (tcp_minshall_check)
        && connection.SndSml <= connection.SndNxt;

    /// <summary>Whether the tail of what was written waits, by Nagle's algorithm or because the application has corked it.</summary>
    private bool IsHeldBack(int index, ref TcpConnection connection, int length) =>
        (connection.Has(TcpTraits.Corked | TcpTraits.MoreFollows) ? IsCorked(ref connection, length) : IsHeldByNagle(ref connection, length))
        && !IsUrgent(index, ref connection);

    private static bool IsCorked(ref TcpConnection connection, int length) =>
        !connection.Has(TcpTraits.FinQueued)
        && (connection.Pending & TcpPending.Push) == 0
        && connection.SndNxt == connection.SndMax
        && connection.SndNxt + length == connection.WriteSequence;

    public override void SetNoDelay(int index, bool value)
    {
        ref var connection = ref connections[index];
        connection.Set(TcpTraits.NoDelay, value);
        if (value && !connection.SendNext.IsNone)
        {
            // corked or not, what is there goes (TCP_NAGLE_PUSH)
            Demand(index, connection.Has(TcpTraits.Corked | TcpTraits.MoreFollows) ? TcpPending.Push : TcpPending.None);
        }
    }

    public override int WriteMore(int index, ReadOnlySpan<byte> source)
    {
        var written = Write(index, source);
        if (written > 0)
        {
            connections[index].Traits |= TcpTraits.MoreFollows;
        }

        return written;
    }

    private void SetCork(int index, ref TcpConnection connection, bool value)
    {
        connection.Set(TcpTraits.Corked, value);
        if (!value && !connection.SendNext.IsNone)
        {
            connection.Traits &= ~TcpTraits.MoreFollows;
            Demand(index, connection.Has(TcpTraits.NoDelay) ? TcpPending.Push : TcpPending.None);
        }
    }

    /// <summary>Bytes that may be written now where what is not sent is limited: beyond what the windows let go at once, and whole segments.</summary>
    private int NotSentRoom(int index, ref TcpConnection connection)
    {
        var sendable = Math.Max(Math.Min(connection.SndWnd, CongestionAllowance(ref connection)) - connection.InFlight, 0);
        var tail = TailRoom(ref connection);
        var unsent = connection.WriteSequence + tail - connection.SndMax;
        var room = sendable + NotSentLowat(index, ref connection) - unsent;
        return (int)Math.Min(tail + (room <= 0 ? 0 : (room + connection.Mss - 1) / connection.Mss * connection.Mss), int.MaxValue);
    }

    private long NotSentLowat(int index, ref TcpConnection connection) =>
        connection.Has(TcpTraits.OptionsSet) && socketOptions[index].NotSentLowat != 0 ? (uint)socketOptions[index].NotSentLowat : (uint)settings.NotSentLowat;

    private void LimitNotSent(int index, ref TcpConnection connection) =>
        connection.Set(TcpTraits.NotSentLimited, NotSentLowat(index, ref connection) < int.MaxValue);

    /// <summary>tcp_stream_memory_free.</summary>
    private bool IsBelowNotSentLowat(ref TcpConnection connection) => !connection.Has(TcpTraits.NotSentLimited)
        || connection.WriteSequence - connection.SndMax < NotSentLowat(connections.IndexOf(ref connection), ref connection);

    /// <summary>What was sent made room for a writer who waits for that: no acknowledgment will tell him.</summary>
    private void TellNotSentRoom(int index, ref TcpConnection connection)
    {
        if (connection.Has(TcpTraits.WantsWritable) && IsWritable(ref connection))
        {
            connection.WritableAt = now;
            Schedule(index, ref connection);
        }
    }
}
