using Millrace.Tcp;

namespace Millrace.Sockets;

/// <content>Urgent data, out of band unless SO_OOBINLINE says otherwise (net/ipv4/tcp.c, tcp_recv_urg and tcp_recvmsg_locked).</content>
internal sealed partial class BsdStream
{
    /// <summary>Bytes before the urgent one (tcp_inq).</summary>
    private int ReadableInOrder => TryGetUrgent(out var urgent) && !isUrgentInline && urgent.Mark < Readable ? urgent.Mark : Readable;

    private bool TryGetUrgent(out TcpUrgent urgent)
    {
        urgent = default;
        if (!Tcp.TryGet(id, out var socket))
        {
            return false;
        }

        if (!isUrgentInline)
        {
            Tcp.SkipMissedUrgent(socket.Index);
        }

        return socket.TryGetUrgent(out urgent);
    }

    private int ReceiveUrgent(Span<byte> destination, MessageFlags flags, TcpState state)
    {
        if (isUrgentInline || !TryGetUrgent(out var urgent) || urgent.State == TcpUrgentState.Taken)
        {
            return Fail(Errno.EINVAL);
        }

        if (urgent.State != TcpUrgentState.Received)
        {
            return isReadShut || IsPeerClosed || state == TcpState.Closed ? 0 : Fail(Errno.EAGAIN);
        }

        if ((flags & MessageFlags.Peek) == 0 && Tcp.TryGet(id, out var socket))
        {
            Tcp.TakeUrgent(socket.Index);
        }

        if (!destination.IsEmpty && (flags & MessageFlags.Truncate) == 0)
        {
            destination[0] = urgent.Value;
        }

        return Math.Min(destination.Length, 1);
    }

    /// <summary>No read goes over the mark; one that begins there leaves the urgent byte out, if it is not inline.</summary>
    /// <param name="skip">Bytes to leave out at first.</param>
    /// <returns>Bytes that can be read from there.</returns>
    private int StopAtMark(ref int skip, bool isPeek)
    {
        if (!TryGetUrgent(out var urgent) || urgent.Mark < skip || urgent.Mark >= Readable)
        {
            return Readable - skip;
        }

        if (skip < urgent.Mark)
        {
            return urgent.Mark - skip;
        }

        if (!isUrgentInline)
        {
            skip++;
            if (!isPeek && Tcp.TryGet(id, out var socket))
            {
                socket.Consume(1);
                skip = 0;
            }
        }

        return Readable - skip;
    }

    /// <summary>What was not read of a connection that has ended: the urgent byte is not in it (there is nobody left to ask for it).</summary>
    private byte[] WithoutUrgent(TcpSocket socket, byte[] bytes) =>
        !isUrgentInline && socket.TryGetUrgent(out var urgent) && (uint)urgent.Mark < (uint)bytes.Length
            ? [.. bytes.AsSpan(0, urgent.Mark), .. bytes.AsSpan(urgent.Mark + 1)]
            : bytes;
}
